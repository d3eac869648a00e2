//! Faults do over HTTP what their names say.

use std::time::{Duration, Instant};

use reqwest::Method;
use sandbox::{Fault, FaultKind, GitLab};

use crate::support::{Api, gitlab, held, sonarqube};

const MEMBERS: &str = "/api/v4/projects/7/members/all?per_page=2";

async fn five() -> (GitLab, Api) {
    let (gitlab, api) = gitlab().await;
    gitlab.change(|world| {
        world.add_group(10, "acme");
        world.add_project(7, "acme/shop");
        for id in 1..=5 {
            world.add_user(id, &format!("user{id}"));
            world.add_member(sandbox::gitlab::Place::Project(7), id, 30);
        }
    });
    (gitlab, api)
}

fn ids(reply: &crate::support::Reply) -> Vec<u64> {
    reply.json().as_array().unwrap().iter().map(|row| row["id"].as_u64().unwrap()).collect()
}

#[tokio::test]
async fn the_chosen_requests_are_struck_and_no_other() {
    let (gitlab, api) = five().await;
    gitlab.faults().add(Fault::on("GET", "/members/all").nth(2).times(2).then(FaultKind::Status(502)));
    assert_eq!(api.get("/api/v4/projects/7").await.status, 200);
    for status in [200, 502, 502, 200] {
        assert_eq!(api.get(MEMBERS).await.status, status);
    }
    let statuses: Vec<Option<u16>> = gitlab.requests().iter().map(|request| request.status).collect();
    assert_eq!(statuses, [200, 200, 502, 502, 200].map(Some));
    assert_eq!(gitlab.faults().struck(), 2);
}

#[tokio::test]
async fn answers_can_be_replaced() {
    let (gitlab, api) = five().await;
    let faults = gitlab.faults();
    faults.add(Fault::on("GET", "/members").then(FaultKind::TooManyRequests { retry_after: Some(7) }));
    faults.add(Fault::on("GET", "/members").nth(2).then(FaultKind::Html));
    faults.add(Fault::on("GET", "/members").nth(3).then(FaultKind::Redirect("/users/sign_in".to_owned())));
    let limited = api.get(MEMBERS).await;
    assert_eq!((limited.status, limited.header("retry-after")), (429, Some("7")));
    let html = api.get(MEMBERS).await;
    assert_eq!(html.status, 200);
    assert!(html.header("content-type").unwrap().starts_with("text/html"));
    let redirect = api.get(MEMBERS).await;
    assert_eq!((redirect.status, redirect.header("location")), (302, Some("/users/sign_in")));
    assert_eq!(api.get(MEMBERS).await.status, 200);
}

#[tokio::test]
async fn connections_break_with_and_without_a_head() {
    let (gitlab, api) = five().await;
    gitlab.faults().add(Fault::on("GET", "/members").then(FaultKind::CutBody));
    gitlab.faults().add(Fault::on("GET", "/members").nth(2).then(FaultKind::ConnectionReset));
    let cut = api.request(Method::GET, MEMBERS).bearer_auth("glpat-admin").send().await.unwrap();
    assert_eq!(cut.status().as_u16(), 200);
    let promised = cut.content_length().unwrap();
    assert!(promised > 100);
    assert!(cut.bytes().await.is_err(), "half of the body is missing");
    assert!(api.try_send(api.request(Method::GET, MEMBERS)).await.is_err(), "no answer at all");
    assert_eq!(api.get(MEMBERS).await.status, 200);
}

#[tokio::test]
async fn lists_can_be_empty_repeated_skipped_and_shrunk() {
    let (gitlab, api) = five().await;
    let strike = |nth, kind| gitlab.faults().add(Fault::on("GET", "/members").nth(nth).then(kind));
    strike(1, FaultKind::EmptyList);
    strike(2, FaultKind::RepeatPage);
    strike(3, FaultKind::SkipPage);
    strike(4, FaultKind::ShrinkingTotal);
    let empty = api.get(MEMBERS).await;
    assert_eq!((empty.text.as_str(), empty.header("x-total")), ("[]", Some("0")));
    let second = format!("{MEMBERS}&page=2");
    let repeated = api.get(&second).await;
    assert_eq!((ids(&repeated), repeated.header("x-page")), (vec![1, 2], Some("2")));
    let skipped = api.get(&second).await;
    assert_eq!((ids(&skipped), skipped.header("x-next-page")), (vec![5], Some("3")));
    let shrunk = api.get(&second).await;
    assert_eq!((ids(&shrunk), shrunk.header("x-total")), (vec![3, 4], Some("4")));
}

#[tokio::test]
async fn sonarqube_lists_are_spoilt_in_their_own_form() {
    let (sonarqube, api) = sonarqube().await;
    let strike =
        |nth, kind| sonarqube.faults().add(Fault::on("GET", "/permissions/users").nth(nth).then(kind));
    strike(1, FaultKind::EmptyList);
    strike(2, FaultKind::RepeatPage);
    let path = "/api/permissions/users?projectKey=private&ps=2&p=2";
    let empty = api.get(path).await.json();
    assert_eq!((&empty["users"], &empty["paging"]["total"]), (&serde_json::json!([]), &serde_json::json!(0)));
    let repeated = api.get(path).await.json();
    let first = api.get("/api/permissions/users?projectKey=private&ps=2&p=1").await.json();
    assert_eq!(repeated["users"], first["users"]);
    assert_eq!(repeated["paging"]["pageIndex"], 2);
}

const GRANT: [(&str, &str); 3] = [("projectKey", "private"), ("login", "jane"), ("permission", "scan")];

#[tokio::test]
async fn a_fault_strikes_before_the_effect_or_after_it() {
    let (sonarqube, api) = sonarqube().await;
    sonarqube.faults().add(Fault::on("POST", "add_user").then(FaultKind::Status(503)));
    assert_eq!(api.post("/api/permissions/add_user", &GRANT).await.status, 503);
    assert!(held(&sonarqube, "private", "jane").is_empty());
    sonarqube.faults().add(Fault::on("POST", "add_user").after_effect().then(FaultKind::Status(503)));
    assert_eq!(api.post("/api/permissions/add_user", &GRANT).await.status, 503);
    assert_eq!(held(&sonarqube, "private", "jane"), ["scan"]);
}

#[tokio::test]
async fn a_gate_holds_the_request_until_it_is_released() {
    let (sonarqube, api) = sonarqube().await;
    let gate = sonarqube.faults().hold("POST", "add_user", 1);
    let call = api.post("/api/permissions/add_user", &GRANT);
    let watch = async {
        gate.arrived().await;
        assert!(held(&sonarqube, "private", "jane").is_empty());
        assert_eq!(sonarqube.requests().last().unwrap().status, None);
        gate.release();
    };
    let (reply, ()) = tokio::join!(call, watch);
    assert_eq!(reply.status, 204);
    assert_eq!(held(&sonarqube, "private", "jane"), ["scan"]);
}

#[tokio::test]
async fn an_answer_held_has_taken_effect_and_a_dropped_gate_opens() {
    let (sonarqube, api) = sonarqube().await;
    let gate = sonarqube.faults().hold_any_answer(2);
    assert_eq!(api.get("/api/system/status").await.status, 200);
    let call = api.post("/api/permissions/add_user", &GRANT);
    let watch = async {
        gate.arrived().await;
        assert_eq!(held(&sonarqube, "private", "jane"), ["scan"]);
        drop(gate);
    };
    assert_eq!(tokio::join!(call, watch).0.status, 204);
}

#[tokio::test]
async fn delays_pass_and_overlapping_writes_show() {
    let (sonarqube, api) = sonarqube().await;
    sonarqube.faults().add(Fault::on("*", "").then(FaultKind::Delay(Duration::from_millis(30))));
    let before = Instant::now();
    assert_eq!(api.get("/api/system/status").await.status, 200);
    assert!(before.elapsed() >= Duration::from_millis(30));

    sonarqube.world().write_delay = Duration::from_millis(30);
    let other = [("projectKey", "private"), ("login", "omar"), ("permission", "scan")];
    let path = "/api/permissions/add_user";
    tokio::join!(api.post(path, &GRANT), api.post(path, &other));
    api.post("/api/permissions/remove_user", &other).await;
    let writes = sonarqube.writes();
    assert!(writes[0].overlaps(&writes[1]));
    assert!(!writes[1].overlaps(&writes[2]));
    assert_eq!(writes[2].project.as_deref(), Some("private"));
}

#[tokio::test]
async fn a_dropped_server_refuses_connections_and_its_world_can_start_again() {
    let (gitlab, api) = five().await;
    let address = gitlab.url().trim_start_matches("http://").parse().unwrap();
    let _gate = gitlab.faults().hold("GET", "/members", 1);
    let (held, world) = tokio::join!(api.try_send(api.request(Method::GET, MEMBERS)), async {
        while gitlab.requests().is_empty() {
            tokio::task::yield_now().await;
        }
        gitlab.stop().await
    });
    assert!(held.is_err(), "cut off while it was held");
    assert!(api.try_send(api.request(Method::GET, MEMBERS)).await.is_err());
    let _again = GitLab::serve(address, world).await.unwrap();
    assert_eq!(api.get(MEMBERS).await.status, 200);
}
