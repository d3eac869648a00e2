//! Triggers that are accepted: by which forms of a token, and which of them become one task.

use futures::future::join_all;
use proto::{TaskId, subject};
use sandbox::gitlab::JobStatus;

use crate::stage::{BLOG, RUNNER, SHOP, Stage};

#[tokio::test]
async fn a_token_is_taken_by_header_by_bearer_or_by_body() {
    let stage = Stage::start().await;
    let token = stage.job(SHOP);
    let bearer = format!("Bearer {token}");
    let body = format!("{{\"job_token\": \"{token}\"}}");
    let json = ("content-type", "application/json");
    let first = stage.post(&[("JOB-TOKEN", &token)], "").await.task();
    for (headers, body) in [
        (vec![("Authorization", bearer.as_str())], ""),
        (vec![("authorization", bearer.as_str()), json], body.as_str()),
        (vec![json], body.as_str()),
        (vec![], body.as_str()),
        (vec![("JOB-TOKEN", token.as_str())], "whatever curl sends along"),
    ] {
        assert_eq!(stage.post(&headers, body).await.task(), first, "{headers:?} {body}");
    }
}

#[tokio::test]
async fn a_token_of_several_kilobytes_is_taken_in_every_form() {
    let stage = Stage::start().await;
    let token = format!("glcbt-{}", "eyJhbGciOiJSUzI1NiJ9.".repeat(300));
    stage.gitlab.world().start_job_with(SHOP, RUNNER, &token);
    let (bearer, body) = (format!("Bearer {token}"), format!("{{\"job_token\":\"{token}\"}}"));
    let first = stage.trigger(&token).await.task();
    assert_eq!(stage.post(&[("authorization", &bearer)], "").await.task(), first);
    assert_eq!(stage.post(&[], &body).await.task(), first);
}

#[tokio::test]
async fn a_job_that_waits_for_its_runner_or_is_being_cancelled_may_call() {
    let stage = Stage::start().await;
    for status in [JobStatus::Pending, JobStatus::Canceling] {
        let token = stage.job(SHOP);
        stage.gitlab.world().set_job_status(&token, status);
        stage.trigger(&token).await.task();
    }
}

#[tokio::test]
async fn an_accepted_trigger_is_told_where_to_look() {
    let stage = Stage::start().await;
    let answer = stage.trigger(&stage.job(SHOP)).await;
    let id = answer.task();
    assert_eq!(answer.header("location"), Some(format!("/task/{id}").as_str()));
    assert_eq!(answer.header("content-type"), Some("application/json"));
    assert_eq!(
        answer.body,
        serde_json::json!({
            "id": id,
            "message": "The synchronisation of project 7 was added to the queue",
            "project": 7,
            "joined": false,
        })
    );
    assert!(stage.has_task(SHOP).await);
}

#[tokio::test]
async fn a_trigger_joins_the_task_that_waits() {
    let stage = Stage::start().await;
    let first = stage.trigger(&stage.job(SHOP)).await.task();
    let second = stage.trigger(&stage.job(SHOP)).await;
    assert_eq!((second.task(), &second.body["joined"]), (first, &true.into()));
    assert_eq!(second.body["message"], "The synchronisation of project 7 joined the task that waits");
    let other = stage.trigger(&stage.job(BLOG)).await;
    assert_ne!(other.task(), first);
    assert_eq!(other.body["joined"], false);
    assert_eq!(stage.count(subject::TASKS).await, 2);
}

#[tokio::test]
async fn a_trigger_does_not_join_a_task_that_reads_gitlab_already() {
    let stage = Stage::start().await;
    let (token, gate) = (stage.job(SHOP), stage.gitlab.faults().hold("GET", "/projects/7", 1));
    let first = stage.trigger(&token).await.task();
    let _sonarqube = stage.work().await;
    gate.arrived().await;
    let second = stage.trigger(&token).await;
    assert_ne!(second.task(), first);
    assert_eq!(second.body["joined"], false);
    gate.release();
    for task in [first, second.task()] {
        assert_eq!(stage.ended(task, &token).await["state"], "finished");
    }
}

#[tokio::test]
async fn triggers_at_the_same_moment_are_one_task() {
    let stage = Stage::start().await;
    let token = stage.job(SHOP);
    let answers = join_all((0..20).map(|_| stage.trigger(&token))).await;
    let tasks: Vec<TaskId> = answers.iter().map(super::caller::Answer::task).collect();
    assert!(tasks.iter().all(|task| *task == tasks[0]), "{tasks:?}");
    let joined = answers.iter().filter(|answer| answer.body["joined"] == true).count();
    assert_eq!(joined, 19);
    assert_eq!(stage.count(subject::TASKS).await, 1);
}
