//! The hooks' API: who may, what is shown, what is tested, looked up and sent again.

use reqwest::Method;
use sandbox::GitLab;
use sandbox::gitlab::{HookOwner, Place, Ref, level};
use serde_json::{Value, json};

use crate::receiver::{Receiver, deliveries};
use crate::support::{Api, gitlab};

const PLACES: [&str; 3] = ["/api/v4/hooks", "/api/v4/groups/10/hooks", "/api/v4/projects/7/hooks"];
const SIGNING: &str = "whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";

async fn ground() -> (GitLab, Api) {
    let (gitlab, api) = gitlab().await;
    gitlab.change(|world| {
        world.add_group(10, "acme");
        world.add_project(7, "acme/shop");
    });
    (gitlab, api)
}

/// The API for a person with this level in the group, whose token has these scopes.
fn person(gitlab: &GitLab, id: u64, level: u16, scopes: &[&str]) -> Api {
    let token = format!("glpat-{id}");
    gitlab.change(|world| {
        world.add_user(id, &format!("user{id}"));
        world.add_member(Place::Group(10), id, level);
        world.add_token(&token, id, scopes);
    });
    Api::new(gitlab.url(), &token)
}

#[tokio::test]
async fn hooks_are_added_listed_changed_and_removed() {
    let (_gitlab, api) = ground().await;
    for place in PLACES {
        let wanted = json!({ "url": "http://127.0.0.1:9/a", "name": "ours", "token": "secret",
            "signing_token": SIGNING, "push_events": false, "tag_push_events": true,
            "enable_ssl_verification": false });
        let made = api.json(Method::POST, place, &wanted).await;
        assert_eq!(made.status, 201, "{place}");
        assert!(!made.text.contains("secret") && !made.text.contains("whsec_"), "{}", made.text);
        let made = made.json();
        for (field, value) in [
            ("name", json!("ours")),
            ("push_events", json!(false)),
            ("token_present", json!(true)),
            ("tag_push_events", json!(true)),
            ("enable_ssl_verification", json!(false)),
            ("signing_token_present", json!(true)),
            ("alert_status", json!("executable")),
            ("disabled_until", Value::Null),
        ] {
            assert_eq!(made[field], value, "{place} {field}");
        }
        assert_eq!(made.get("member_events").is_some(), place.contains("groups"), "{place}");
        let one = format!("{place}/{}", made["id"]);
        assert_eq!(api.get(&one).await.json(), made);
        let kept = api.json(Method::PUT, &one, &json!({ "push_events": true })).await.json();
        assert_eq!((&kept["push_events"], &kept["token_present"]), (&json!(true), &json!(true)));
        let moved = api.json(Method::PUT, &one, &json!({ "url": "http://127.0.0.1:9/b" })).await.json();
        assert_eq!((&moved["token_present"], &moved["signing_token_present"]), (&json!(false), &json!(true)));
        let moved = json!({ "url": "http://127.0.0.1:9/c", "token": "new" });
        assert_eq!(api.json(Method::PUT, &one, &moved).await.json()["token_present"], true);
        assert_eq!(api.get(place).await.json().as_array().unwrap().len(), 1);
        assert_eq!(api.json(Method::DELETE, &one, &Value::Null).await.status, 204);
        assert_eq!(api.get(&one).await.status, 404);
    }
}

#[tokio::test]
async fn hooks_come_in_pages_and_each_place_has_its_own() {
    let (gitlab, api) = ground().await;
    gitlab.change(|world| {
        for n in 0..25 {
            world.add_hook(HookOwner::Project(7), &format!("http://127.0.0.1:9/{n}"));
        }
        world.add_hook(HookOwner::Group(10), "http://127.0.0.1:9/");
    });
    let page = api.get("/api/v4/projects/7/hooks?page=2").await;
    assert_eq!((page.header("x-total"), page.json().as_array().unwrap().len()), (Some("25"), 5));
    let other = api.get("/api/v4/groups/10/hooks").await.json()[0]["id"].clone();
    assert_eq!(api.get(&format!("/api/v4/projects/7/hooks/{other}")).await.status, 404);
}

#[tokio::test]
async fn each_place_takes_its_own_role() {
    let (gitlab, _) = ground().await;
    let (owner, maintainer) =
        (person(&gitlab, 201, level::OWNER, &["api"]), person(&gitlab, 202, level::MAINTAINER, &["api"]));
    let developer = person(&gitlab, 203, level::DEVELOPER, &["api"]);
    for (api, expected) in
        [(owner, [403, 200, 200]), (maintainer, [403, 403, 200]), (developer, [403, 403, 403])]
    {
        for (place, status) in PLACES.iter().zip(expected) {
            assert_eq!(api.get(place).await.status, status, "{place}");
        }
    }
}

#[tokio::test]
async fn writing_takes_the_scope_api_and_reading_one_of_two() {
    let (gitlab, _) = ground().await;
    let reader = person(&gitlab, 204, level::OWNER, &["read_api"]);
    let form = [("url", "http://127.0.0.1:9/")];
    let refused = reader.post("/api/v4/projects/7/hooks", &form).await;
    assert_eq!((refused.status, &refused.json()["error"]), (403, &json!("insufficient_scope")));
    assert_eq!(refused.json()["scope"], "api");
    assert_eq!(reader.get("/api/v4/projects/7/hooks").await.status, 200);
    let nobody = person(&gitlab, 205, level::OWNER, &[]);
    let refused = nobody.get("/api/v4/projects/7/hooks").await;
    assert_eq!((refused.status, &refused.json()["scope"]), (403, &json!("api read_api")));
    assert_eq!(nobody.get("/api/v4/personal_access_tokens/self").await.json()["scopes"], json!([]));
    assert!(gitlab.world().hooks.by_id.is_empty());
}

#[tokio::test]
async fn groups_have_hooks_with_premium_alone() {
    let (gitlab, api) = ground().await;
    gitlab.world().premium = false;
    assert_eq!(api.get(PLACES[1]).await.status, 403);
    assert_eq!(api.get(PLACES[2]).await.status, 200);
    gitlab.world().version = "18.6.0".to_owned();
    let unknown = api.get(PLACES[1]).await;
    assert_eq!((unknown.status, unknown.json()), (404, json!({ "error": "404 Not Found" })));
}

#[tokio::test]
async fn addresses_and_signing_tokens_are_checked() {
    let (gitlab, api) = ground().await;
    let post = async |body: Value| api.json(Method::POST, PLACES[0], &body).await;
    assert_eq!(post(json!({})).await.json(), json!({ "error": "url is missing" }));
    assert_eq!(post(json!({ "url": "ftp://x" })).await.status, 422);
    let short = json!({ "url": "http://127.0.0.1:9/", "signing_token": "whsec_c2hvcnQ=" });
    assert_eq!(post(short).await.status, 422);
    gitlab.world().hooks.take_signing_tokens = false;
    let ignored = post(json!({ "url": "http://127.0.0.1:9/", "signing_token": SIGNING })).await;
    assert_eq!((ignored.status, &ignored.json()["signing_token_present"]), (201, &json!(false)));
}

#[tokio::test]
async fn the_test_of_a_system_hook_names_a_project_that_need_not_be() {
    let (gitlab, api) = ground().await;
    let receiver = Receiver::start().await;
    let hook = receiver.hook(&gitlab, HookOwner::Instance);
    assert_eq!(api.post(&format!("/api/v4/hooks/{}", hook.id), &[]).await.status, 201);
    let received = receiver.received();
    assert_eq!(received[0].header("x-gitlab-event"), Some("System Hook"));
    let body = received[0].json();
    assert_eq!((&body["event_name"], &body["project_id"]), (&json!("project_create"), &json!(1)));
    assert!(!gitlab.world().projects.contains_key(&1));
}

#[tokio::test]
async fn a_hook_is_tested_by_kind_of_event_five_times_a_minute() {
    let (gitlab, api) = ground().await;
    let receiver = Receiver::start().await;
    let path = |hook: u64, of: &str, trigger: &str| format!("/api/v4/{of}/hooks/{hook}/test/{trigger}");
    let hook = receiver.hook(&gitlab, HookOwner::Project(7)).id;
    for (trigger, header) in [("push_events", "Push Hook"), ("releases_events", "Release Hook")] {
        let answer = api.post(&path(hook, "projects/7", trigger), &[]).await;
        assert_eq!((answer.status, answer.json()), (201, json!({ "message": "201 Created" })));
        assert_eq!(receiver.received().last().unwrap().header("x-gitlab-event"), Some(header));
    }
    assert_eq!(api.post(&path(hook, "projects/7", "member_events"), &[]).await.status, 400);
    let of_group = receiver.hook(&gitlab, HookOwner::Group(10)).id;
    assert_eq!(api.post(&path(of_group, "groups/10", "issues_events"), &[]).await.status, 201);
    receiver.answer_with(500);
    assert_eq!(api.post(&path(hook, "projects/7", "push_events"), &[]).await.status, 422);
    assert_eq!(api.post(&path(hook, "projects/7", "push_events"), &[]).await.status, 422);
    assert_eq!(api.post(&path(hook, "projects/7", "push_events"), &[]).await.status, 429);
    gitlab.world().reset_rate_limit();
    receiver.answer_with(200);
    assert_eq!(api.post(&path(hook, "projects/7", "push_events"), &[]).await.status, 201);
}

#[tokio::test]
async fn what_failed_is_found_in_the_history_and_sent_again_with_the_same_key() {
    let (gitlab, api) = ground().await;
    let receiver = Receiver::start().await;
    let hook = receiver.hook(&gitlab, HookOwner::Project(7)).id;
    gitlab.change(|world| {
        world.add_user(101, "ann");
        world.hooks.by_id.get_mut(&hook).unwrap().token = Some("secret".to_owned());
    });
    for (status, branch) in [(200, "one"), (503, "two")] {
        receiver.answer_with(status);
        gitlab.change(|world| world.push(7, 101, &[Ref::Branch(branch)]));
        deliveries(&gitlab).await;
    }
    let events = format!("/api/v4/projects/7/hooks/{hook}/events");
    let all = api.get(&events).await;
    assert!(!all.text.contains("secret") && all.text.contains("[REDACTED]"));
    assert_eq!(all.json()[0]["request_data"]["ref"], "refs/heads/two", "the newest first");
    let failed = api.get(&format!("{events}?status=server_failure")).await.json();
    assert_eq!(failed.as_array().unwrap().len(), 1);
    assert_eq!((&failed[0]["response_status"], &failed[0]["trigger"]), (&json!("503"), &json!("push_hooks")));
    receiver.answer_with(200);
    let resend = format!("{events}/{}/resend", failed[0]["id"]);
    assert_eq!(api.post(&resend, &[]).await.json(), json!({ "response_status": 200 }));
    let keys: Vec<_> =
        receiver.received().iter().map(|one| one.header("idempotency-key").unwrap().to_owned()).collect();
    assert_eq!((keys.len(), &keys[1]), (3, &keys[2]));
    assert_eq!(api.get(&format!("{events}?status=server_failure")).await.json(), json!([]));
    for expected in [201, 201, 201, 201, 429] {
        assert_eq!(api.post(&resend, &[]).await.status, expected);
    }
    assert_eq!(api.get(&format!("/api/v4/hooks/{hook}/events")).await.status, 404, "none for system hooks");
}
