//! `POST /projects/{id}/restore`: paused first, then asked of an applier.

use proto::{
    Action, TaskId,
    live::{PutBack, PuttingBack},
    subject,
};
use reqwest::Method;
use runtime::live::{Refusal, serve};
use serde_json::{Value, json};

use crate::{
    caller::Answer,
    staff::Staffed,
    stage::{BLOG, until},
};

const PATH: &str = "/projects/7/restore";

/// An applier that knows one task, and is busy with the project `acme/blog`. It answers as the task that it is given.
pub(crate) async fn puts_back(staffed: &Staffed, known: TaskId) -> tokio::task::JoinHandle<()> {
    let answer = move |PutBack { project, before, .. }: PutBack| async move {
        match (project.0, before) {
            (BLOG, _) => Err(Refusal::new(409, "a sync is being written at this moment: try again")),
            (_, before) if before == known => Ok(PuttingBack { task: known }),
            _ => Err(Refusal::new(404, format!("the audit has no task {before} any more"))),
        }
    };
    let serving = tokio::spawn(serve(answer, staffed.stage.runtime.clone()));
    until("an applier that answers", async || {
        let client = staffed.stage.runtime.jetstream.context().client();
        let (project, by) = (proto::ProjectId(BLOG), String::new());
        let question = PutBack { project, before: known, by };
        let asked = runtime::live::ask(&client, &question, crate::stage::PATIENCE).await;
        matches!(asked, Err(runtime::live::AskError::Refused { .. })).then_some(())
    })
    .await;
    serving
}

async fn restore(staffed: &Staffed, path: &str, before: TaskId) -> Answer {
    let body = json!({ "before": before }).to_string();
    Answer::of(staffed.operator(Method::POST, path).body(body)).await
}

async fn paused(staffed: &Staffed, path: &str) -> Value {
    staffed.see(path).await.body["paused"].clone()
}

#[tokio::test]
async fn a_project_is_paused_and_then_put_back() {
    let staffed = Staffed::start().await;
    staffed.is_for_operators(Method::POST, PATH).await;
    let before = TaskId::new();
    let _applier = puts_back(&staffed, before).await;
    let accepted = restore(&staffed, PATH, before).await;
    assert_eq!(accepted.task(), before, "as the applier said");
    assert_eq!(accepted.header("location"), Some(format!("/task/{before}").as_str()));
    let reason = format!("restored to before task {before}: resume when GitLab is right again");
    let pause = paused(&staffed, "/projects/7").await;
    assert_eq!((&pause["by"], &pause["reason"]), (&"omar".into(), &reason.clone().into()));
    let told = [Action::Pause { reason: Some(reason) }, Action::Restore { before }];
    assert_eq!(staffed.actions().await, told.map(|action| (Some(7), action, "omar".to_owned())));
}

#[tokio::test]
async fn what_the_applier_refuses_is_passed_on_and_the_pause_stays() {
    let staffed = Staffed::start().await;
    let known = TaskId::new();
    let _applier = puts_back(&staffed, known).await;
    let unknown = restore(&staffed, PATH, TaskId::new()).await;
    unknown.is_problem(404, "the audit has no task");
    unknown.is_problem(404, "the project stays paused");
    let busy = restore(&staffed, "/projects/8/restore", known).await;
    busy.is_problem(409, "a sync is being written at this moment: try again; the project stays paused");
    for path in ["/projects/7", "/projects/8"] {
        assert!(paused(&staffed, path).await["by"] == "omar", "{path}");
    }
}

#[tokio::test]
async fn without_an_applier_it_is_asked_for_again() {
    let staffed = Staffed::start().await;
    let refused = restore(&staffed, PATH, TaskId::new()).await;
    refused.is_problem(503, "the project stays paused");
    assert!(refused.header("retry-after").is_some());
}

#[tokio::test]
async fn nothing_is_asked_of_the_applier_that_cannot_be_told() {
    let staffed = Staffed::start().await;
    let known = TaskId::new();
    let _applier = puts_back(&staffed, known).await;
    staffed.stage.runtime.jetstream.context().delete_stream(subject::EVENTS).await.unwrap();
    restore(&staffed, PATH, known).await.is_problem(503, "the audit cannot be written");
    staffed.see("/projects/7").await.is_problem(404, "never had a task");
}

#[tokio::test]
async fn a_task_is_named_by_its_id() {
    let staffed = Staffed::start().await;
    for body in ["", "{}", r#"{"before": "yesterday"}"#] {
        let request = staffed.operator(Method::POST, PATH).body(body);
        Answer::of(request).await.is_problem(400, "is not JSON of the form {\"before\"");
    }
    assert!(staffed.actions().await.is_empty());
}
