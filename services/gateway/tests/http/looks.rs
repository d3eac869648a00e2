//! `GET /task/{id}`: the caller's own tasks, from the queue to the end, and nothing else.

use proto::TaskId;

use crate::stage::{BLOG, SHOP, Stage};

#[tokio::test]
async fn a_job_sees_a_task_of_its_project_queued_running_and_ended() {
    let stage = Stage::start().await;
    let (token, gate) = (stage.job(SHOP), stage.gitlab.faults().hold("GET", "/projects/7", 1));
    let id = stage.trigger(&token).await.task();

    let queued = stage.look(id, &token).await;
    assert_eq!((queued.status, queued.header("content-type")), (200, Some("application/json")));
    let body = &queued.body;
    assert_eq!((&body["state"], &body["id"]), (&"queued".into(), &id.to_string().into()));
    assert_eq!((&body["project"], &body["job"]), (&7.into(), &7.into()));
    assert_eq!(body["cause"]["kind"], "job");
    assert!(body["stages"]["queued"].is_string() && body["stages"]["reading"].is_null(), "{body}");
    assert!(body["outcome"].is_null() && body["ended_at"].is_null(), "{body}");

    let _sonarqube = stage.work().await;
    gate.arrived().await;
    let body = stage.in_state(id, &token, &["started"]).await;
    assert!(body["stages"]["reading"].is_string() && body["stages"]["planned"].is_null(), "{body}");
    gate.release();

    let body = stage.ended(id, &token).await;
    assert_eq!((&body["state"], &body["outcome"]["verdict"]), (&"finished".into(), &"skipped".into()));
    assert!(body["ended_at"].is_string() && body["ended_at"] == body["stages"]["ended"], "{body}");
    assert!(body["reason"].as_str().unwrap().contains("acme/shop"), "{body}");
}

#[tokio::test]
async fn any_job_of_the_project_may_look_and_no_job_of_another() {
    let stage = Stage::start().await;
    let id = stage.trigger(&stage.job(SHOP)).await.task();
    assert_eq!(stage.look(id, &stage.job(SHOP)).await.status, 200);
    let stranger = stage.look(id, &stage.job(BLOG)).await;
    stranger.is_problem(404, &id.to_string());
    // A task that is there and one that is not answer alike.
    let unknown = TaskId::new();
    let nothing = stage.look(unknown, &stage.job(BLOG)).await;
    nothing.is_problem(404, &unknown.to_string());
    let text = |body: &serde_json::Value, id: TaskId| body.to_string().replace(&id.to_string(), "");
    assert_eq!(text(&stranger.body, id), text(&nothing.body, unknown));
}

#[tokio::test]
async fn a_look_needs_an_id_and_the_token_of_a_running_job() {
    let stage = Stage::start().await;
    let token = stage.job(SHOP);
    let id = stage.trigger(&token).await.task();
    stage.look("shop", &token).await.is_problem(400, "no UUID");
    stage.look("7", &token).await.is_problem(400, "no UUID");
    stage.look("%ff", &token).await.is_problem(400, "");
    stage.get(&format!("/task/{id}")).await.is_problem(401, "no job token");
    stage.look(id, "glcbt-unknown").await.is_problem(401, "its job has ended");
    let other = stage.job(SHOP);
    stage.gitlab.world().end_job(&token);
    stage.look(id, &token).await.is_problem(401, "its job has ended");
    assert_eq!(stage.look(id, &other).await.status, 200);
}
