//! GitLab's verdict on a job token holds for a moment: a pipeline that asks again and again does not ask GitLab.

use std::time::Duration;

use futures::future::join_all;
use gateway::caller;
use sandbox::{Fault, FaultKind};

use crate::stage::{SHOP, Stage, until};

const LONG: Duration = Duration::from_secs(3600);

async fn stage(verdict_ttl: Duration) -> Stage {
    Stage::with_callers(caller::Config { verdict_ttl, ..caller::Config::default() }).await
}

fn asked(stage: &Stage) -> usize {
    stage.gitlab.requests().iter().filter(|request| request.path == "/api/v4/job").count()
}

#[tokio::test]
async fn twenty_posts_of_a_job_are_one_call_to_gitlab() {
    let stage = stage(LONG).await;
    let token = stage.job(SHOP);
    for _ in 0..20 {
        stage.trigger(&token).await.task();
    }
    assert_eq!(asked(&stage), 1);
    // Each token has a verdict of its own.
    stage.trigger(&stage.job(SHOP)).await.task();
    assert_eq!(asked(&stage), 2);
}

#[tokio::test]
async fn posts_at_the_same_moment_wait_for_one_call() {
    let stage = stage(LONG).await;
    let token = stage.job(SHOP);
    let slow = FaultKind::Delay(Duration::from_millis(500));
    stage.gitlab.faults().add(Fault::on("GET", "/api/v4/job").always().then(slow));
    let answers = join_all((0..20).map(|_| stage.trigger(&token))).await;
    assert!(answers.iter().all(|answer| answer.status == 202));
    assert_eq!(asked(&stage), 1);
}

#[tokio::test]
async fn a_refusal_holds_too() {
    let stage = stage(LONG).await;
    for _ in 0..20 {
        stage.trigger("glcbt-unknown").await.is_problem(401, "its job has ended");
    }
    assert_eq!(asked(&stage), 1);
}

#[tokio::test]
async fn no_verdict_is_not_kept() {
    let stage = stage(LONG).await;
    let token = stage.job(SHOP);
    for kind in [FaultKind::Status(500), FaultKind::TooManyRequests { retry_after: None }, FaultKind::Html] {
        stage.gitlab.faults().add(Fault::on("GET", "/api/v4/job").then(kind));
        let answer = stage.trigger(&token).await;
        answer.is_problem(503, "GitLab gave no verdict");
        assert_eq!(answer.body["type"], "urn:guassp:problem:no-verdict");
        assert!(answer.header("retry-after").is_some());
        stage.gitlab.faults().clear();
    }
    stage.trigger(&token).await.task();
    assert_eq!(asked(&stage), 4);
}

#[tokio::test]
async fn a_verdict_ends_after_its_time() {
    let stage = stage(Duration::from_millis(100)).await;
    let token = stage.job(SHOP);
    stage.trigger(&token).await.task();
    stage.gitlab.world().end_job(&token);
    let refused = async || (stage.trigger(&token).await.status == 401).then_some(());
    until("a new verdict", refused).await;
    assert!(asked(&stage) >= 2);
}

#[tokio::test]
async fn a_caller_that_goes_away_takes_no_verdict_from_the_others() {
    let stage = stage(LONG).await;
    let (token, gate) = (stage.job(SHOP), stage.gitlab.faults().hold("GET", "/api/v4/job", 1));
    let first = tokio::time::timeout(PATIENCE_OF_THE_FIRST, stage.trigger(&token));
    let (gone, ()) = tokio::join!(first, gate.arrived());
    assert!(gone.is_err(), "it hung up while GitLab thought");
    stage.trigger(&token).await.task();
}

const PATIENCE_OF_THE_FIRST: Duration = Duration::from_millis(500);
