//! The verdict on job tokens and access tokens.

use reqwest::Method;
use sandbox::gitlab::{JobStatus, Place, TokenState, UserState, level};
use serde_json::json;

use crate::support::{Api, gitlab};

fn job(gitlab: &sandbox::GitLab) -> String {
    let mut world = gitlab.world();
    world.add_group(10, "acme");
    world.add_project(7, "acme/shop");
    world.add_user(101, "ann");
    world.start_job(7, 101)
}

#[tokio::test]
async fn a_job_token_is_good_in_three_places_until_its_job_ends() {
    let (gitlab, _) = gitlab().await;
    let token = job(&gitlab);
    let url = format!("{}/api/v4/job", gitlab.url());
    let client = reqwest::Client::new();
    for request in [
        client.get(&url).header("JOB-TOKEN", &token),
        client.get(&url).bearer_auth(&token),
        client.get(&url).query(&[("job_token", &token)]),
    ] {
        let body: serde_json::Value = request.send().await.unwrap().json().await.unwrap();
        assert_eq!(body["pipeline"]["project_id"], 7);
        assert_eq!(body["project"], json!({ "ci_job_token_scope_enabled": false }));
        assert_eq!(body["user"]["username"], "ann");
    }
    let api = Api::new(gitlab.url(), &token);
    gitlab.world().set_job_status(&token, JobStatus::Canceling);
    assert_eq!(api.get("/api/v4/job").await.status, 200);
    gitlab.world().end_job(&token);
    let ended = api.get("/api/v4/job").await;
    assert_eq!((ended.status, ended.json()), (401, json!({ "message": "401 Unauthorized" })));
}

#[tokio::test]
async fn refusals_of_a_job_token() {
    let (gitlab, admin) = gitlab().await;
    let token = job(&gitlab);
    assert_eq!(admin.get("/api/v4/job").await.json(), json!({ "message": "404 Job Not Found" }));
    let api = Api::new(gitlab.url(), &token);
    assert_eq!(api.get("/api/v4/projects/7").await.status, 401, "a job token is no access token");
    gitlab.world().set_state(101, UserState::Blocked);
    assert_eq!(api.get("/api/v4/job").await.status, 403);
    gitlab.world().projects.clear();
    assert_eq!(api.get("/api/v4/job").await.status, 401);
}

#[tokio::test]
async fn revoked_expired_and_narrow_tokens_are_refused() {
    let (gitlab, api) = gitlab().await;
    job(&gitlab);
    assert_eq!(api.get("/api/v4/projects/7").await.status, 200);
    for state in [TokenState::Revoked, TokenState::Expired] {
        gitlab.world().set_token_state("glpat-admin", state);
        let reply = api.get("/api/v4/projects/7").await;
        assert_eq!((reply.status, &reply.json()["error"]), (401, &json!("invalid_token")));
    }
    gitlab.world().add_token("glpat-user", 101, &["read_user"]);
    let narrow = Api::new(gitlab.url(), "glpat-user");
    let reply = narrow.get("/api/v4/projects/7").await;
    assert_eq!((reply.status, &reply.json()["error"]), (403, &json!("insufficient_scope")));
    assert_eq!(
        narrow.get("/api/v4/personal_access_tokens/self").await.json()["scopes"],
        json!(["read_user"])
    );
    for (path, status) in [("projects/7", 404), ("projects", 401), ("user", 401)] {
        let bare = reqwest::get(format!("{}/api/v4/{path}", gitlab.url())).await.unwrap();
        assert_eq!(bare.status().as_u16(), status, "{path}: to nobody a private project is not there");
    }
}

#[tokio::test]
async fn a_group_token_sees_its_group_alone() {
    let (gitlab, _) = gitlab().await;
    job(&gitlab);
    gitlab.change(|world| {
        world.add_group(20, "other");
        world.add_project(8, "other/secret");
        world.add_group_token("glpat-group", 10);
    });
    let api = Api::new(gitlab.url(), "glpat-group");
    assert_eq!(api.get("/api/v4/projects/7").await.status, 200);
    assert_eq!(api.get("/api/v4/projects/acme%2Fshop").await.json()["id"], 7);
    assert_eq!(api.get("/api/v4/projects/8").await.json(), json!({ "message": "404 Project Not Found" }));
    assert_eq!(api.get("/api/v4/groups/20").await.status, 404);
}

#[tokio::test]
async fn memberships_change_over_the_api_for_maintainers_with_scope_api() {
    let (gitlab, api) = gitlab().await;
    job(&gitlab);
    let body = json!({ "user_id": 101, "access_level": 30 });
    let path = "/api/v4/projects/7/members";
    assert_eq!(api.json(Method::POST, path, &body).await.json()["access_level"], 30);
    assert_eq!(api.json(Method::POST, path, &body).await.status, 409);
    let one = format!("{path}/101");
    assert_eq!(api.json(Method::PUT, &one, &json!({ "access_level": 40 })).await.status, 200);
    assert_eq!(gitlab.world().effective(7)[&101], level::MAINTAINER);
    gitlab.world().add_token("glpat-read", 101, &["read_api"]);
    let reader = Api::new(gitlab.url(), "glpat-read");
    assert_eq!(reader.json(Method::DELETE, &one, &json!({})).await.status, 403);
    assert_eq!(api.json(Method::DELETE, &one, &json!({})).await.status, 204);
    assert!(gitlab.world().effective(7).is_empty());
    let actions: Vec<&str> = gitlab.writes().iter().map(|write| write.action).collect();
    assert_eq!(actions, ["add_member", "update_member", "remove_member"]);
    let added = api.post("/api/v4/groups/10/members", &[("user_id", "101"), ("access_level", "50")]).await;
    assert_eq!(added.status, 201);
    assert_eq!(gitlab.world().memberships[0].place, Place::Group(10));
}
