//! Questions and answers, and what is said where there is none.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use async_nats::Client;
use futures::future::join_all;
use jiff::Timestamp;
use proto::{
    Cause, Person, Plan, PlanOrder, PlannedProject, ProjectId, TaskId, UserId,
    live::{Compare, Compared, Look, Looked, Question},
};
use runtime::live::{AskError, Refusal, ask, serve};
use tokio::sync::Barrier;

use crate::stage::{AT_ONCE, Stage, at_once, position};

fn question() -> Compare {
    let order = PlanOrder { task: position(1, 1), attempt: 1 };
    let project = PlannedProject { id: ProjectId(7), path: "acme/shop".to_owned(), visibility: None };
    let plan = Plan {
        task: TaskId::new(),
        cause: Cause::Reconcile,
        order,
        read_at: Timestamp::UNIX_EPOCH,
        project,
        members: Vec::new(),
        left_out: Vec::new(),
        unseen: Vec::new(),
        restore: None,
    };
    Compare { plan }
}

/// An answer of so many people with names that cannot be compressed.
fn answer(people: u64) -> Compared {
    let person = |id| Person { id: UserId(id), username: TaskId::new().to_string() };
    Compared {
        skipped: None,
        projects: Vec::new(),
        pending: (0..people).map(person).collect(),
        held: Vec::new(),
    }
}

fn client(stage: &Stage) -> Client {
    stage.context().client()
}

/// Asks until somebody is there to answer.
async fn asked<Q: Question>(stage: &Stage, question: &Q) -> Result<Q::Answer, AskError> {
    let client = client(stage);
    let heard = async {
        loop {
            match ask(&client, question, AT_ONCE).await {
                Err(AskError::Nobody(_)) => tokio::task::yield_now().await,
                heard => return heard,
            }
        }
    };
    at_once("somebody who answers", heard).await
}

#[tokio::test]
async fn a_question_is_answered_by_one_of_those_who_can() {
    let stage = Stage::start().await;
    let answers = Arc::new(AtomicUsize::new(0));
    for runtime in [stage.runtime.clone(), stage.another().await] {
        let (answers, life) = (answers.clone(), runtime.lifecycle.clone());
        life.spawn(serve(
            move |asked: Compare| {
                answers.fetch_add(1, Ordering::Relaxed);
                let echo = Compared { skipped: Some(asked.plan.project.path), ..answer(0) };
                async move { Ok(echo) }
            },
            runtime,
        ));
    }
    let heard = asked(&stage, &question()).await.unwrap();
    assert_eq!(heard.skipped, Some(question().plan.project.path));
    assert_eq!(answers.load(Ordering::Relaxed), 1);
}

#[tokio::test]
async fn nobody_there_is_said_at_once() {
    let stage = Stage::start().await;
    let heard = ask(&client(&stage), &question(), AT_ONCE).await;
    assert!(matches!(heard, Err(AskError::Nobody("guassp.live.compare"))), "{heard:?}");
}

#[tokio::test]
async fn a_refusal_comes_with_its_reason() {
    let stage = Stage::start().await;
    let refuse = |_: Look| async { Err::<Looked, _>(Refusal::new(404, "no such\r\nproject")) };
    stage.runtime.lifecycle.spawn(serve(refuse, stage.runtime.clone()));
    let look = Look { project: "acme/shop".to_owned(), paths: None };
    let heard = asked(&stage, &look).await.unwrap_err();
    assert!(matches!(heard, AskError::Refused { code: 404, .. }), "{heard:?}");
    assert_eq!(heard.to_string(), "no such  project");
}

#[tokio::test]
async fn an_answer_that_no_message_can_hold_is_refused_with_the_mend() {
    let stage = Stage::start().await;
    let many = |_: Compare| async { Ok(answer(200_000)) };
    stage.runtime.lifecycle.spawn(serve(many, stage.runtime.clone()));
    let heard = asked(&stage, &question()).await.unwrap_err();
    assert!(matches!(heard, AskError::Refused { code: 413, .. }), "{heard:?}");
    assert!(heard.to_string().contains("raise max_payload"), "{heard}");
}

#[tokio::test]
async fn silence_ends_when_patience_does() {
    let stage = Stage::start().await;
    let silent = |_: Compare| std::future::pending::<Result<Compared, Refusal>>();
    stage.runtime.lifecycle.spawn(serve(silent, stage.runtime.clone()));
    let client = client(&stage);
    let patience = Duration::from_millis(200);
    let heard = async {
        loop {
            match ask(&client, &question(), patience).await {
                Err(AskError::Nobody(_)) => tokio::task::yield_now().await,
                heard => return heard,
            }
        }
    };
    let heard = at_once("an end of patience", heard).await;
    assert!(matches!(heard, Err(AskError::TooLate(..))), "{heard:?}");
}

/// Four at a time: fewer would wait for each other here for ever.
#[tokio::test]
async fn a_crowd_is_answered_four_at_a_time() {
    let stage = Stage::start().await;
    let (busy, most) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let four = Arc::new(Barrier::new(4));
    let counted = {
        let (busy, most, four) = (busy.clone(), most.clone(), four.clone());
        move |_: Compare| {
            let (busy, most, four) = (busy.clone(), most.clone(), four.clone());
            async move {
                most.fetch_max(busy.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
                four.wait().await;
                busy.fetch_sub(1, Ordering::SeqCst);
                Ok(answer(1))
            }
        }
    };
    stage.runtime.lifecycle.spawn(serve(counted, stage.runtime.clone()));
    let question = question();
    let crowd = join_all((0..40).map(|_| asked(&stage, &question)));
    let heard = at_once("forty answers", crowd).await;
    assert!(heard.into_iter().all(|heard| heard.is_ok()));
    assert_eq!(most.load(Ordering::SeqCst), 4);
}
