//! Asking for all projects, of a gateway that is not always well.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
    time::Duration,
};

use axum::{
    Json, Router,
    extract::{Path, State},
    http::StatusCode,
    response::{IntoResponse, Response},
    routing::{get, post},
};
use runtime::http::Limits;
use serde_json::{Value, json};

use super::*;
use crate::settings::Endpoint;

/// Projects 1 to 4, whose tasks are called by their numbers.
#[derive(Default)]
struct Fake {
    /// How often each project was asked for, and each task looked at.
    seen: Mutex<BTreeMap<String, u32>>,
}

impl Fake {
    /// The first two tries of everything end badly, each in its way.
    fn trouble(&self, what: String) -> Option<Response> {
        let mut seen = self.seen.lock().unwrap();
        let count = seen.entry(what).or_default();
        *count += 1;
        let status = match count {
            1 => StatusCode::TOO_MANY_REQUESTS,
            2 => StatusCode::SERVICE_UNAVAILABLE,
            _ => return None,
        };
        Some((status, [("retry-after", "0")]).into_response())
    }
}

fn id(project: u64) -> String {
    format!("0199b6a0-0000-7000-8000-00000000000{project}")
}

async fn projects() -> Json<Value> {
    let row =
        |id: u64| json!({ "id": id, "pending": { "count": 0, "people": [] }, "sonarqube_missing": false });
    Json(json!({ "items": (1..=4).map(row).collect::<Vec<_>>(), "next": null }))
}

async fn ask(State(fake): State<Arc<Fake>>, Path(project): Path<u64>) -> Response {
    match (fake.trouble(format!("project {project}")), project) {
        (Some(trouble), _) => trouble,
        (None, 3) => {
            (StatusCode::NOT_FOUND, Json(json!({ "detail": "GitLab has no such project" }))).into_response()
        }
        (None, _) => {
            Json(json!({ "id": id(project), "project": project, "message": "accepted" })).into_response()
        }
    }
}

/// The record of project 2 is gone; project 4 has failed.
async fn task(State(fake): State<Arc<Fake>>, Path(task): Path<String>) -> Response {
    let project: u64 = task[task.len() - 1..].parse().unwrap();
    let state = if project == 4 { "failed" } else { "finished" };
    match (fake.trouble(format!("task {project}")), project) {
        (Some(trouble), _) => trouble,
        (None, 2) => StatusCode::NOT_FOUND.into_response(),
        (None, _) => {
            let (summary, outcome, revision) = ("as told", Value::Null, 1);
            Json(json!({ "id": task, "project": project, "state": state, "summary": summary, "outcome": outcome,
                "revision": revision }))
            .into_response()
        }
    }
}

async fn gateway() -> (Arc<Fake>, Gateway) {
    let fake = Arc::new(Fake::default());
    let router = Router::new()
        .route("/projects", get(projects))
        .route("/task_manual/{project}", post(ask))
        .route("/task/{task}", get(task))
        .with_state(fake.clone());
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap()).parse().unwrap();
    #[expect(clippy::disallowed_methods, reason = "the fake lives as long as the test")]
    tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
    let second = Duration::from_secs(30);
    let limits = Limits { connect_timeout: second, timeout: second, max_answer_bytes: 1 << 20 };
    (fake, Gateway::at(Endpoint { url, token: None, limits }).unwrap())
}

fn arguments(wait: bool) -> Arguments {
    Arguments { projects: Vec::new(), all: true, wait, output: Output::Json }
}

#[tokio::test]
async fn outages_are_waited_for_and_what_fails_keeps_no_other_back() {
    let (fake, gateway) = gateway().await;
    let failed = run(&gateway, &arguments(true)).await.unwrap_err().to_string();
    assert_eq!(failed, "2 of 4 projects failed; the reasons are above");
    let seen = fake.seen.lock().unwrap().clone();
    let asked = (1..=4).map(|project| (format!("project {project}"), 3));
    let followed = [1, 2, 4].map(|project| (format!("task {project}"), 3));
    assert_eq!(seen, asked.chain(followed).collect());
}

#[tokio::test]
async fn a_project_that_is_refused_is_told_and_a_record_that_is_gone_has_ended() {
    let (_, gateway) = gateway().await;
    let mut asked = Vec::new();
    for project in 1..=4 {
        let result = gateway.ask_for(project, is_outage).await;
        asked.push(Asked::of(ProjectId(project), result).unwrap());
    }
    let told = serde_json::to_value(&asked).unwrap();
    assert_eq!(told[2]["project"], 3);
    assert!(told[2]["reason"].as_str().unwrap().contains("GitLab has no such project"), "{told}");
    let ended = follow(&gateway, asked, Output::Json).await.unwrap();
    let well: Vec<bool> = ended.iter().map(|one| one.judge().is_ok()).collect();
    assert_eq!(well, [true, true, false, false]);
    assert!(matches!(ended[1], Asked::Accepted(_)), "{ended:?}");
}
