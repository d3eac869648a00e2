//! Issues: made, found again by what their description says, changed, closed and commented on.

use reqwest::Method;
use sandbox::GitLab;
use sandbox::gitlab::{Place, level};
use serde_json::{Value, json};

use crate::support::{Api, Reply};

async fn stage(role: u16, scopes: &[&str]) -> (GitLab, Api) {
    let gitlab = GitLab::start().await.unwrap();
    gitlab.change(|world| {
        world.add_project(7, "acme/ops");
        world.add_user(9, "reporter");
        world.add_member(Place::Project(7), 9, role);
        world.add_token("token", 9, scopes);
    });
    let api = Api::new(gitlab.url(), "token");
    (gitlab, api)
}

async fn send(api: &Api, method: Method, path: &str, body: Value) -> Reply {
    let path = format!("/api/v4/projects/acme%2Fops/issues{path}");
    api.try_send(api.request(method, &path).json(&body)).await.unwrap()
}

#[tokio::test]
async fn an_issue_is_found_by_its_description_changed_and_closed() {
    let (gitlab, api) = stage(level::REPORTER, &["api"]).await;
    let body = json!({ "title": "down", "description": "why\n<!-- mark:1 -->", "labels": "ops,red" });
    let made = send(&api, Method::POST, "", body).await;
    assert_eq!((made.status, &made.json()["iid"], &made.json()["state"]), (201, &1.into(), &"opened".into()));
    send(&api, Method::POST, "", json!({ "title": "mark:1" })).await;

    let found =
        api.get("/api/v4/projects/7/issues?search=%3C%21--+mark%3A1+--%3E&in=description&state=all").await;
    assert_eq!(found.json().as_array().unwrap().len(), 1, "a title is no description");
    let closed = send(&api, Method::PUT, "/1", json!({ "state_event": "close", "title": "mended" })).await;
    assert_eq!((&closed.json()["state"], &closed.json()["title"]), (&"closed".into(), &"mended".into()));
    assert_eq!(send(&api, Method::POST, "/1/notes", json!({ "body": "done" })).await.status, 201);
    let issue = gitlab.world().issue(7, 1).unwrap().clone();
    assert_eq!((issue.open, issue.labels.len(), issue.notes), (false, 2, vec!["done".to_owned()]));
    let open = api.get("/api/v4/projects/7/issues?state=opened").await;
    assert_eq!(open.json().as_array().unwrap().len(), 1);
    assert_eq!(send(&api, Method::PUT, "/9", json!({ "title": "x" })).await.status, 404);
}

#[tokio::test]
async fn it_takes_a_role_and_the_scope_api() {
    let (_gitlab, api) = stage(level::REPORTER, &["read_api"]).await;
    assert_eq!(send(&api, Method::POST, "", json!({ "title": "x" })).await.status, 403);
    let (_gitlab, api) = stage(level::GUEST, &["api"]).await;
    assert_eq!(send(&api, Method::POST, "", json!({ "title": "x" })).await.status, 201);
    assert_eq!(send(&api, Method::PUT, "/1", json!({ "title": "y" })).await.status, 403);
}
