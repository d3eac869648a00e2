//! `GET /task/{id}?wait=`: whoever waits hears of a change at once, and of nothing in time.

use std::time::{Duration, Instant};

use serde_json::Value;

use crate::{
    caller::Answer,
    stage::{Given, SHOP, Stage, roomy},
};

async fn wait(stage: &Stage, token: &str, id: proto::TaskId, query: &str) -> Answer {
    let request = stage.request(reqwest::Method::GET, &format!("/task/{id}?{query}"));
    Answer::of(request.header("job-token", token)).await
}

#[tokio::test]
async fn whoever_waits_is_answered_when_the_task_ends() {
    let stage = Stage::start().await;
    let (token, gate) = (stage.job(SHOP), stage.gitlab.faults().hold("GET", "/projects/7", 1));
    let id = stage.trigger(&token).await.task();
    let _sonarqube = stage.work().await;
    gate.arrived().await;
    let (answer, ()) = tokio::join!(wait(&stage, &token, id, "wait=60"), async {
        // Not before: the task is held.
        stage.in_state(id, &token, &["started"]).await;
        gate.release();
    });
    assert_eq!((answer.status, &answer.body["state"]), (200, &"finished".into()));
    assert_eq!(wait(&stage, &token, id, "wait=60").await.body["state"], "finished", "at once");
}

#[tokio::test]
async fn whoever_knows_a_revision_is_answered_at_the_next_change() {
    let stage = Stage::start().await;
    let (token, gate) = (stage.job(SHOP), stage.gitlab.faults().hold("GET", "/projects/7", 1));
    let id = stage.trigger(&token).await.task();
    let queued = stage.look(id, &token).await.body;
    let revision = queued["revision"].as_u64().unwrap();
    let after = format!("wait=60&after={revision}");
    let (answer, _sonarqube) = tokio::join!(wait(&stage, &token, id, &after), stage.work());
    assert_eq!(answer.body["state"], "started");
    assert!(answer.body["revision"].as_u64().unwrap() > revision);
    gate.release();
    let known = wait(&stage, &token, id, "wait=60&after=0").await;
    assert_eq!(known.status, 200, "a change that is past already");
}

#[tokio::test]
async fn nobody_waits_longer_than_asked() {
    let stage = Stage::start().await;
    let token = stage.job(SHOP);
    let id = stage.trigger(&token).await.task();
    let begun = Instant::now();
    let answer = wait(&stage, &token, id, "wait=1").await;
    assert_eq!((answer.status, &answer.body["state"]), (200, &"queued".into()));
    assert!(begun.elapsed() >= Duration::from_secs(1));
    for wrong in ["wait=61", "wait=-1", "wait=soon", "after=x", "until=5"] {
        assert_eq!(wait(&stage, &token, id, wrong).await.status, 400, "{wrong}");
    }
    let unknown = wait(&stage, &token, proto::TaskId::new(), "wait=60").await;
    unknown.is_problem(404, "there is no task");
}

#[tokio::test]
async fn whoever_waits_is_answered_when_the_gateway_stops() {
    let stage = Stage::start().await;
    let token = stage.job(SHOP);
    let id = stage.trigger(&token).await.task();
    let (answer, ()) = tokio::join!(wait(&stage, &token, id, "wait=60"), async {
        stage.until_watched(1).await;
        stage.runtime.lifecycle.stop();
    });
    assert_eq!((answer.status, &answer.body["state"]), (200, &"queued".into()));
}

#[tokio::test]
async fn those_who_wait_are_limited_and_hinder_nobody() {
    let guard = gateway::guard::Limits { concurrency: 3, watchers: 3, ..roomy() };
    let stage = Stage::with(Given { guard, ..Given::default() }).await;
    let token = stage.job(SHOP);
    let id = stage.trigger(&token).await.task();
    let (answers, ()) =
        tokio::join!(futures::future::join_all((0..3).map(|_| wait(&stage, &token, id, "wait=60"))), async {
            stage.until_watched(3).await;
            assert_eq!(stage.look(id, &token).await.status, 200, "who does not wait is served");
            wait(&stage, &token, id, "wait=60").await.is_problem(503, "ask without waiting");
            stage.runtime.lifecycle.stop();
        });
    assert!(answers.iter().all(|answer| answer.status == 200), "{answers:?}");
}

#[tokio::test]
async fn a_hundred_jobs_wait_and_each_hears_of_its_own_task() {
    let stage = Stage::start().await;
    let jobs: Vec<String> = (1000..1100)
        .map(|project| {
            stage.gitlab.world().add_project(project, &format!("acme/p{project}"));
            stage.job(project)
        })
        .collect();
    let ends = jobs.iter().map(|job| async {
        let id = stage.trigger(job).await.task();
        loop {
            let body: Value = wait(&stage, job, id, "wait=60").await.body;
            assert_eq!(body["id"], id.to_string());
            if body["state"] == "finished" {
                return;
            }
        }
    });
    let (_sonarqube, _) = tokio::join!(stage.work(), futures::future::join_all(ends));
}
