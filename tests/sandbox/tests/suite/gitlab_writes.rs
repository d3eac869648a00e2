//! What a demo changes through GitLab's own API, and that hooks hear of it as of every change.

use std::process::Stdio;
use std::time::Duration;

use reqwest::Method;
use sandbox::GitLab;
use sandbox::gitlab::{HookOwner, Place, UserState, level};
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::Command;

use crate::receiver::{Receiver, heard};
use crate::support::{Api, gitlab};

async fn ground() -> (GitLab, Api, Receiver) {
    let (gitlab, api) = gitlab().await;
    gitlab.change(|world| {
        world.add_group(10, "acme");
        world.add_group(20, "partners");
        world.add_project(7, "acme/shop");
        world.add_user(101, "ann");
        world.add_member(Place::Project(7), 101, level::MAINTAINER);
        world.add_token("glpat-ann", 101, &["api"]);
    });
    (gitlab, api, Receiver::start().await)
}

#[tokio::test]
async fn projects_are_made_moved_and_deleted() {
    let (gitlab, api, receiver) = ground().await;
    let hook = receiver.hook(&gitlab, HookOwner::Instance);
    let wanted = json!({ "path": "cart", "namespace_id": 10, "visibility": "internal" });
    let made = api.json(Method::POST, "/api/v4/projects", &wanted).await;
    assert_eq!((made.status, &made.json()["path_with_namespace"]), (201, &json!("acme/cart")));
    assert_eq!(api.json(Method::POST, "/api/v4/projects", &wanted).await.status, 400, "taken");
    let cart = format!("/api/v4/projects/{}", made.json()["id"]);
    let call = async |method: Method, rest: &str, body: Value| {
        api.json(method, &format!("{cart}{rest}"), &body).await
    };
    assert_eq!(call(Method::PUT, "", json!({ "path": "basket", "visibility": "public" })).await.status, 200);
    let moved = call(Method::PUT, "/transfer", json!({ "namespace": "partners" })).await.json();
    assert_eq!(
        (&moved["path_with_namespace"], &moved["visibility"]),
        (&json!("partners/basket"), &json!("public"))
    );
    assert_eq!(call(Method::POST, "/archive", Value::Null).await.json()["archived"], true);
    assert_eq!(call(Method::POST, "/unarchive", Value::Null).await.json()["archived"], false);
    let at_once = json!({ "permanently_remove": true });
    assert_eq!(call(Method::DELETE, "", at_once.clone()).await.status, 400, "not marked yet");
    assert_eq!(call(Method::DELETE, "", Value::Null).await.status, 202);
    assert!(api.get(&cart).await.json()["marked_for_deletion_on"].is_string());
    assert_eq!(call(Method::DELETE, "", Value::Null).await.status, 400, "marked already");
    assert_eq!(call(Method::DELETE, "", at_once).await.status, 202);
    assert_eq!(api.get(&cart).await.status, 404);
    let names = "project_create project_update project_update project_rename project_transfer project_update \
        project_update project_update project_destroy";
    assert_eq!(heard(&gitlab, &hook).await.join(" "), names);
}

#[tokio::test]
async fn groups_are_made_moved_and_deleted() {
    let (gitlab, api, receiver) = ground().await;
    let hook = receiver.hook(&gitlab, HookOwner::Instance);
    let call = async |method: Method, path: &str, body: Value| {
        api.json(method, &format!("/api/v4/groups{path}"), &body).await
    };
    let made = call(Method::POST, "", json!({ "path": "team", "parent_id": 10 })).await;
    assert_eq!((made.status, &made.json()["full_path"]), (201, &json!("acme/team")));
    let team = format!("/{}", made.json()["id"]);
    let settings = json!({ "path": "crew", "visibility": "internal", "share_with_group_lock": true });
    let changed = call(Method::PUT, &team, settings).await.json();
    assert_eq!(
        (&changed["full_path"], &changed["share_with_group_lock"]),
        (&json!("acme/crew"), &json!(true))
    );
    let moved = call(Method::POST, &format!("{team}/transfer"), json!({ "group_id": 20 })).await.json();
    assert_eq!((&moved["full_path"], &moved["visibility"]), (&json!("partners/crew"), &json!("internal")));
    let top = call(Method::POST, &format!("{team}/transfer"), json!({})).await.json();
    assert_eq!(top["full_path"], "crew");
    assert_eq!(call(Method::DELETE, &team, Value::Null).await.status, 202);
    let names = ["group_create", "user_add_to_group", "group_rename", "group_destroy"];
    assert_eq!(heard(&gitlab, &hook).await, names, "nothing of the transfers and the settings");
}

#[tokio::test]
async fn people_are_blocked_renamed_and_deleted_by_administrators() {
    let (gitlab, api, receiver) = ground().await;
    let hook = receiver.hook(&gitlab, HookOwner::Instance);
    let ann = Api::new(gitlab.url(), "glpat-ann");
    assert_eq!(ann.post("/api/v4/users/101/block", &[]).await.status, 403);
    assert_eq!(api.post("/api/v4/users/999/block", &[]).await.status, 404);
    for (call, state) in [
        ("block", UserState::Blocked),
        ("unblock", UserState::Active),
        ("deactivate", UserState::Deactivated),
        ("activate", UserState::Active),
        ("ban", UserState::Banned),
        ("unban", UserState::Active),
    ] {
        assert_eq!(api.post(&format!("/api/v4/users/101/{call}"), &[]).await.status, 201);
        assert_eq!(gitlab.world().users[&101].state, state, "{call}");
    }
    let renamed = api.json(Method::PUT, "/api/v4/users/101", &json!({ "username": "anna" })).await.json();
    assert_eq!(renamed["username"], "anna");
    assert_eq!(api.json(Method::DELETE, "/api/v4/users/101", &Value::Null).await.status, 204);
    assert_eq!(heard(&gitlab, &hook).await, ["user_rename", "user_remove_from_team", "user_destroy"]);
}

#[tokio::test]
async fn a_maintainer_renames_a_project_and_does_not_move_it() {
    let (gitlab, _, _) = ground().await;
    let ann = Api::new(gitlab.url(), "glpat-ann");
    let put = async |path: &str, body: Value| ann.json(Method::PUT, path, &body).await.status;
    assert_eq!(put("/api/v4/projects/7", json!({ "path": "store" })).await, 200);
    assert_eq!(put("/api/v4/projects/7/transfer", json!({ "namespace": "partners" })).await, 403);
    assert_eq!(put("/api/v4/groups/10", json!({ "path": "apex" })).await, 403);
}

#[tokio::test]
async fn the_binary_has_a_hook_from_the_start() {
    let receiver = Receiver::start().await;
    let free = "127.0.0.1:0";
    let mut sandbox = Command::new(env!("CARGO_BIN_EXE_sandbox"))
        .args(["--gitlab", free, "--sonarqube", free, "--hooks", &receiver.url, "--hook-token", "secret"])
        .stdout(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(sandbox.stdout.take().unwrap()).lines();
    let summary: Value = serde_json::from_str(&lines.next_line().await.unwrap().unwrap()).unwrap();
    let text = |pointer: &str| summary.pointer(pointer).and_then(Value::as_str).unwrap();
    let api = Api::new(text("/gitlab/url"), text("/gitlab/token"));
    assert_eq!(api.get("/api/v4/hooks").await.json()[0]["push_events"], true);
    assert_eq!(api.json(Method::DELETE, "/api/v4/projects/7/members/103", &Value::Null).await.status, 204);
    let received = async {
        let mut pause = tokio::time::interval(Duration::from_millis(10));
        while receiver.received().is_empty() {
            pause.tick().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), received).await.unwrap();
    let received = &receiver.received()[0];
    assert_eq!(received.header("x-gitlab-token"), Some("secret"));
    assert_eq!(received.json()["event_name"], "user_remove_from_team");
}
