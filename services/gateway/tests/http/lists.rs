//! `GET /tasks`: counted, filtered, and in pages that nothing shifts.

use proto::TaskId;
use serde_json::{Value, json};

use crate::{
    staff::Staffed,
    stage::{BLOG, SHOP},
};

/// Ten projects with a task each, in the order of their acceptance.
async fn ten_tasks(staffed: &Staffed) -> Vec<TaskId> {
    let mut tasks = Vec::new();
    for project in 20..30 {
        staffed.stage.gitlab.world().add_project(project, &format!("acme/p{project}"));
        tasks.push(staffed.stage.trigger(&staffed.stage.job(project)).await.task());
    }
    tasks
}

fn ids(items: &Value) -> Vec<TaskId> {
    items.as_array().unwrap().iter().map(|item| item["id"].as_str().unwrap().parse().unwrap()).collect()
}

#[tokio::test]
async fn tasks_are_for_people() {
    let staffed = Staffed::start().await;
    staffed.is_for_people("/tasks").await;
    staffed.is_for_people("/projects").await;
    staffed.is_for_people("/projects/7").await;
    staffed.is_for_people("/dead").await;
    staffed.is_for_people("/events").await;
}

#[tokio::test]
async fn queued_tasks_are_listed_and_counted_as_the_older_tool_did() {
    let staffed = Staffed::start().await;
    let empty = staffed.until_seen("/tasks", |body| body["tasks"].is_array()).await.body;
    for counter in ["queued", "started", "deferred", "finished", "failed", "canceled", "scheduled"] {
        assert_eq!(empty[format!("{counter}_tasks")], 0, "{counter}");
    }
    assert_eq!((&empty["tasks"], &empty["items"], &empty["next"]), (&json!([]), &json!([]), &Value::Null));

    let tasks = ten_tasks(&staffed).await;
    let body = staffed.until_seen("/tasks", |body| body["queued_tasks"] == 10).await.body;
    assert_eq!(body["tasks"], serde_json::to_value(&tasks).unwrap());
    assert_eq!(ids(&body["items"]), tasks.into_iter().rev().collect::<Vec<_>>());
}

#[tokio::test]
async fn ended_tasks_stay_listed() {
    let staffed = Staffed::start().await;
    let _sonarqube = staffed.stage.work().await;
    let job = staffed.stage.job(SHOP);
    let id = staffed.stage.trigger(&job).await.task();
    staffed.stage.ended(id, &job).await;
    let body = staffed.until_seen("/tasks", |body| body["finished_tasks"] == 1).await.body;
    assert_eq!((&body["tasks"], ids(&body["items"])), (&json!([]), vec![id]));
    assert_eq!(body["items"][0]["state"], "finished");
}

#[tokio::test]
async fn tasks_are_found_by_state_project_cause_and_time() {
    let staffed = Staffed::start().await;
    let shop = staffed.stage.trigger(&staffed.stage.job(SHOP)).await.task();
    let blog = staffed.order(reqwest::Method::POST, "/task_manual/8").await.task();
    let all = staffed.until_seen("/tasks", |body| body["queued_tasks"] == 2).await.body;
    let since = all["items"][0]["stages"]["queued"].as_str().unwrap().to_owned();
    for (query, found) in [
        ("state=queued", vec![blog, shop]),
        ("state=failed", vec![]),
        ("project=7", vec![shop]),
        ("project=9", vec![]),
        ("cause=manual", vec![blog]),
        ("cause=job&project=8", vec![]),
        ("cause=hook", vec![]),
        ("cause=signed_in", vec![]),
        (&format!("since={since}"), vec![blog]),
        ("since=2001-01-01T00:00:00Z&cause=job", vec![shop]),
    ] {
        let body = staffed.see(&format!("/tasks?{query}")).await.body;
        assert_eq!(ids(&body["items"]), found, "{query}");
        assert_eq!(body["queued_tasks"], 2, "the counters are of all tasks");
    }
    let _ = BLOG;
}

#[tokio::test]
async fn pages_are_not_shifted_by_what_is_accepted_meanwhile() {
    let staffed = Staffed::start().await;
    let tasks = ten_tasks(&staffed).await;
    staffed.until_seen("/tasks", |body| body["queued_tasks"] == 10).await;
    let (mut seen, mut path) = (Vec::new(), "/tasks?limit=4".to_owned());
    loop {
        let page = staffed.see(&path).await.body;
        seen.extend(ids(&page["items"]));
        // Somebody posts between two pages.
        staffed.stage.trigger(&staffed.stage.job(SHOP)).await.task();
        staffed.until_seen("/tasks", |body| body["queued_tasks"] == 11).await;
        let Some(next) = page["next"].as_str() else { break };
        path = format!("/tasks?limit=4&after={next}");
    }
    assert_eq!(seen, tasks.into_iter().rev().collect::<Vec<_>>());
}

#[tokio::test]
async fn a_filter_that_says_nothing_sensible_is_named() {
    let staffed = Staffed::start().await;
    for (query, detail) in [
        ("state=quued", "unknown variant `quued`"),
        ("sate=queued", "unknown field `sate`"),
        ("limit=0", "limit is a number from 1 to 100"),
        ("limit=101", "limit is a number from 1 to 100"),
        ("since=yesterday", "since"),
        ("after=7", "after"),
        ("cause=weather", "unknown variant `weather`"),
        ("project=-1", "project"),
    ] {
        staffed.see(&format!("/tasks?{query}")).await.is_problem(400, detail);
    }
}
