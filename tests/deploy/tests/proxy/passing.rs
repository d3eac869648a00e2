//! Posts, looks, long polls and events, through both variants.

use std::time::{Duration, Instant};

use e2e::{Scene, Settings, Target, TaskView, wait};
use proto::TaskState;
use reqwest::{Client, Response};
use sandbox::{Fault, FaultKind};
use serde_json::Value;

use super::{address, nginx};
use crate::{gateway::Gateway, nginx::Site};

async fn post(url: &str, token: &str) -> Response {
    Client::new().post(format!("{url}/task")).header("JOB-TOKEN", token).send().await.expect("an answer")
}

async fn look(url: &str, token: &str) -> Response {
    Client::new().get(url).header("JOB-TOKEN", token).send().await.expect("an answer")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_task_is_found_where_location_says_in_both_variants() {
    let scene = Scene::start(&Target::Model).await;
    let nginx = nginx(&scene).await;
    for (host, prefix) in [(&nginx.own, ""), (&nginx.beside, "/api/guassp")] {
        let token = scene.job(&scene.project("shop").await);
        let answer = post(&format!("{host}{prefix}"), &token).await;
        assert_eq!(answer.status(), 202);
        let location = answer.headers()["location"].to_str().expect("text").to_owned();
        let task: Value = answer.json().await.expect("JSON");
        assert_eq!(location, format!("{prefix}/task/{}", task["id"].as_str().expect("an id")));
        assert_eq!(look(&format!("{host}{location}"), &token).await.status(), 200);
    }
    let sonarqube = look(&format!("{}/api/system/status", nginx.beside), "any").await;
    let status: Value = sonarqube.json().await.expect("JSON");
    assert_eq!(status["status"], "UP", "SonarQube is where it was");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_refusal_reaches_the_caller_as_guassp_wrote_it() {
    let scene = Scene::start(&Target::Model).await;
    let nginx = nginx(&scene).await;
    for url in [nginx.own.clone(), format!("{}/api/guassp", nginx.beside)] {
        let answer = post(&url, "glcbt-of-nobody").await;
        assert_eq!(answer.status(), 401);
        assert_eq!(answer.headers()["content-type"], "application/problem+json");
        assert_eq!(answer.headers()["server"], "nginx", "no version");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_long_poll_is_answered_when_the_task_has_ended() {
    let scene = Scene::start(&Target::Model).await;
    let nginx = nginx(&scene).await;
    for url in [nginx.own.clone(), format!("{}/api/guassp", nginx.beside)] {
        let project = scene.project("shop").await;
        let (reporter, token) = (scene.person("reporter").await, scene.job(&project));
        scene.join(&project, &reporter, 20);
        let members = format!("/projects/{}/members", project.id);
        let slow = Fault::on("GET", &members).then(FaultKind::Delay(Duration::from_secs(3)));
        scene.gitlab.faults().add(slow);
        let id = scene.post_at(&url, &token).await;
        let task: TaskView =
            look(&format!("{url}/task/{id}?wait=60"), &token).await.json().await.expect("a task");
        assert_eq!(task.state, TaskState::Finished, "one look, after the end");
    }
}

/// nginx gives an upstream a minute by default, exactly the longest wait.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_longest_poll_is_not_cut() {
    let settings = Settings { call_timeout: Duration::from_secs(300), ..Settings::default() };
    let scene = Scene::with(&Target::Model, settings).await;
    let nginx = nginx(&scene).await;
    let project = scene.project("shop").await;
    let token = scene.job(&project);
    let members = format!("/projects/{}/members", project.id);
    let reading = scene.gitlab.faults().hold("GET", &members, 1);
    let id = scene.post_at(&nginx.own, &token).await;
    wait::at(&reading).await;
    let begun = Instant::now();
    let answer = look(&format!("{}/task/{id}?wait=60", nginx.own), &token).await;
    assert_eq!(answer.status(), 200);
    assert!(begun.elapsed() > Duration::from_secs(55), "{:?}", begun.elapsed());
    let task: TaskView = answer.json().await.expect("a task");
    assert_eq!(task.state, TaskState::Started);
    reading.release();
}

/// The stream stays open, so what arrives was not kept back until its end or until a buffer was full.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_event_is_passed_on_as_it_comes() {
    let scene = Scene::start(&Target::Model).await;
    let project = scene.project("shop").await;
    let settings = [("GUASSP_GATEWAY__ALLOW__VIEWER", "127.0.0.0/8")];
    let gateway = Gateway::started(&scene, &settings).await;
    let gateways = [gateway.address(); 2];
    let nginx = Site::new(gateways, address(scene.model().url())).start().await;
    for url in [nginx.own.clone(), format!("{}/api/guassp", nginx.beside)] {
        let stream = Client::new().get(format!("{url}/events")).send().await;
        let mut stream = stream.and_then(Response::error_for_status).expect("a stream");
        assert_eq!(stream.headers()["content-type"], "text/event-stream");
        let id = scene.sync(&project).await.id.to_string();
        let mut received = String::new();
        while !received.contains(&id) {
            let chunk = tokio::time::timeout(wait::PATIENCE, stream.chunk()).await.expect("an event in time");
            let chunk = chunk.expect("no cut").expect("the stream goes on");
            received += &String::from_utf8_lossy(&chunk);
        }
    }
}
