//! `POST /webhooks/sonarqube`: who is believed, and what follows from an analysis.

use aws_lc_rs::hmac;
use data_encoding::HEXLOWER;
use jiff::Timestamp;
use proto::{CatalogEntry, ProjectId, subject};
use reqwest::{Method, RequestBuilder};
use serde_json::{Value, json};

use crate::{
    caller::Answer,
    directory::place,
    staff::Staffed,
    stage::{BLOG, SHOP, SONARQUBE_SECRET, Stage},
};

const HEADER: &str = "X-Sonar-Webhook-HMAC-SHA256";

fn signature(secret: &str, body: &str) -> String {
    let key = hmac::Key::new(hmac::HMAC_SHA256, secret.as_bytes());
    HEXLOWER.encode(hmac::sign(&key, body.as_bytes()).as_ref())
}

/// The body, as SonarQube sends it.
pub(crate) fn signed(stage: &Stage, body: &str) -> RequestBuilder {
    let request = stage.request(Method::POST, "/webhooks/sonarqube").body(body.to_owned());
    request.header(HEADER, signature(SONARQUBE_SECRET, body))
}

/// An analysis of the project has ended.
async fn analysed(stage: &Stage, key: &str) -> Answer {
    let body = json!({
        "serverUrl": "https://sonarqube.example.com", "taskId": "AXe", "status": "SUCCESS",
        "analysedAt": "2026-11-22T10:00:00+0000", "revision": "0ff3ae198f8601a2", "properties": {},
        "project": { "key": key, "name": "Shop", "url": "https://sonarqube.example.com/dashboard?id=shop" },
        "branch": { "name": "main", "type": "BRANCH", "isMain": true },
        "qualityGate": { "name": "Sonar way", "status": "OK", "conditions": [] },
    });
    Answer::of(signed(stage, &body.to_string())).await
}

async fn known(stage: &Stage, project: u64, key: &str) {
    let entry =
        CatalogEntry { keys: vec![key.to_owned()], by_name: false, path: None, at: Timestamp::UNIX_EPOCH };
    stage.runtime.jetstream.catalog.note(ProjectId(project), Some(entry)).await.unwrap();
}

#[tokio::test]
async fn only_what_is_signed_with_the_secret_is_read() {
    let stage = Stage::start().await;
    let post = |body: &str, signature: Option<String>| {
        let request = stage.request(Method::POST, "/webhooks/sonarqube").body(body.to_owned());
        Answer::of(match signature {
            Some(signature) => request.header(HEADER, signature),
            None => request,
        })
    };
    let body = r#"{"project": {"key": "shop"}}"#;
    post(body, None).await.is_problem(401, "no signature");
    post("no JSON", None).await.is_problem(401, "no signature");
    for wrong in [
        "",
        "shop",
        "00",
        &"0".repeat(64),
        &signature("another secret", body),
        &signature(SONARQUBE_SECRET, "{}"),
    ] {
        post(body, Some(wrong.to_owned())).await.is_problem(401, "the signature is wrong");
    }
    let twice = signed(&stage, body).header(HEADER, signature(SONARQUBE_SECRET, body));
    Answer::of(twice).await.is_problem(401, "no signature");
    Answer::of(signed(&stage, "no JSON")).await.is_problem(400, "no analysis of SonarQube");
    let upper = signature(SONARQUBE_SECRET, "{}").to_uppercase();
    assert_eq!(post("{}", Some(upper)).await.status, 202);
    assert_eq!(stage.count(subject::TASKS).await, 0);
}

#[tokio::test]
async fn of_a_project_that_is_known_nothing_follows() {
    let stage = Stage::start().await;
    known(&stage, SHOP, "shop").await;
    let answer = analysed(&stage, "shop").await;
    assert_eq!(
        (answer.status, &answer.body["project"], &answer.body["task"]),
        (202, &SHOP.into(), &Value::Null)
    );
    assert_eq!(stage.count(subject::TASKS).await, 0);
}

#[tokio::test]
async fn one_that_is_not_known_cannot_be_looked_for_while_no_applier_runs() {
    let stage = Stage::start().await;
    analysed(&stage, "shop").await.is_problem(503, "no resolver or no applier runs");
}

#[tokio::test]
async fn the_first_analysis_of_a_bound_project_is_followed_by_its_sync_and_the_second_is_not() {
    let stage = Stage::start().await;
    let sonarqube = stage.work().await;
    let catalog = &stage.runtime.jetstream.catalog;
    crate::stage::until("the catalogue", async || catalog.is_complete().await.unwrap().then_some(())).await;
    {
        let mut world = sonarqube.world();
        let setting = world.add_setting("gitlab", "https://gitlab.example.com/api/v4");
        world.add_project("shop-key", sandbox::sonarqube::Visibility::Private);
        world.bind("shop-key", &setting, SHOP);
    }
    let first = analysed(&stage, "shop-key").await;
    assert_eq!((first.status, &first.body["project"]), (202, &SHOP.into()), "{:?}", first.body);
    let task = first.body["task"].as_str().unwrap().parse().unwrap();
    let ended = stage.ended(task, &stage.job(SHOP)).await;
    assert_eq!(ended["cause"]["kind"], "appeared");
    assert_eq!(catalog.owner("shop-key").await.unwrap(), Some(ProjectId(SHOP)));
    assert_eq!(analysed(&stage, "shop-key").await.body["task"], Value::Null);
    let nobodys = analysed(&stage, "unknown").await;
    assert_eq!((nobodys.status, &nobodys.body["project"]), (202, &Value::Null));
}

#[tokio::test]
async fn what_is_nobodys_is_looked_for_once_and_everything_is_listed_once_for_several() {
    let stage = Stage::start().await;
    let sonarqube = stage.work().await;
    let catalog = &stage.runtime.jetstream.catalog;
    crate::stage::until("the catalogue", async || catalog.is_complete().await.unwrap().then_some(())).await;
    sonarqube.world().add_setting("gitlab", "https://gitlab.example.com/api/v4");
    let listed = || {
        let requests = sonarqube.requests();
        requests
            .iter()
            .filter(|request| {
                request.path.ends_with("/project-bindings") && !request.query.contains("repository=")
            })
            .count()
    };
    let asked = |key: &str| {
        let requests = sonarqube.requests();
        requests.iter().filter(|request| request.query.contains(&format!("projects={key}"))).count()
    };
    let before = listed();
    for key in ["foreign-1", "foreign-2", "foreign-3", "foreign-1"] {
        assert_eq!(analysed(&stage, key).await.body["project"], Value::Null);
    }
    assert_eq!((listed() - before, asked("foreign-1"), asked("foreign-2")), (1, 1, 1));
}

#[tokio::test]
async fn where_only_the_name_is_left_the_project_of_that_path_is_synchronised() {
    let staffed = Staffed::start().await;
    let stage = &staffed.stage;
    place(stage).await;
    staffed.until_seen("/directory/projects/8", |body| body["path"] == "acme/web/blog").await;
    let sonarqube = stage.work().await;
    {
        let mut world = sonarqube.world();
        world.add_project("blog-key", sandbox::sonarqube::Visibility::Private);
        "acme/web/blog".clone_into(&mut world.projects.get_mut("blog-key").unwrap().name);
    }
    let answer = analysed(stage, "blog-key").await;
    assert_eq!((answer.status, &answer.body["project"]), (202, &BLOG.into()), "{:?}", answer.body);
    assert!(answer.body["task"].is_string());
}

#[tokio::test]
async fn what_only_a_name_leads_to_is_found_by_the_next_listing_and_asked_for_once() {
    let staffed = Staffed::start().await;
    let stage = &staffed.stage;
    place(stage).await;
    let sonarqube = stage.work().await;
    {
        let mut world = sonarqube.world();
        for (key, name) in [("blog-key", "acme/web/blog"), ("other", "acme/web/Blog"), ("third", "not/there")]
        {
            world.add_project(key, sandbox::sonarqube::Visibility::Private);
            name.clone_into(&mut world.projects.get_mut(key).unwrap().name);
        }
    }
    let jetstream = &stage.runtime.jetstream;
    jetstream.catalog.list_again(Timestamp::UNIX_EPOCH).await.unwrap();
    let begun = async || jetstream.projects.started(ProjectId(BLOG)).await.unwrap();
    let task = crate::stage::until("its first task", begun).await.task;
    let ended = stage.ended(task, &stage.job(BLOG)).await;
    assert_eq!(ended["cause"]["kind"], "appeared");
    assert_eq!(jetstream.projects.started(ProjectId(SHOP)).await.unwrap(), None);
}

#[tokio::test]
async fn what_sonarqube_has_is_listed_though_it_never_had_a_task() {
    let staffed = Staffed::start().await;
    known(&staffed.stage, SHOP, "shop").await;
    let listed =
        staffed.until_seen("/projects?synced=false", |body| body["items"][0]["id"] == SHOP).await.body;
    assert_eq!(
        (&listed["items"][0]["newest"], &listed["items"][0]["last_success"]),
        (&Value::Null, &Value::Null)
    );
    assert_eq!(staffed.see("/projects?synced=true").await.body["items"], json!([]));
    assert_eq!(staffed.see("/projects?in_sonarqube=true").await.body["items"][0]["id"], SHOP);
    assert_eq!(staffed.see("/projects?in_sonarqube=false").await.body["items"], json!([]));
    assert_eq!(staffed.see("/projects/7").await.status, 200);
}
