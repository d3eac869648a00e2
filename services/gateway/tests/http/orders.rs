//! What operators order: a sync, an end, a pause; each told in the audit with the name of the token.

use proto::{Action, TaskId};
use reqwest::Method;

use crate::{caller::Answer, staff::Staffed, stage::SHOP};

#[tokio::test]
async fn an_operator_asks_for_a_sync_of_any_project() {
    let staffed = Staffed::start().await;
    staffed.is_for_operators(Method::POST, "/task_manual/7").await;
    assert!(!staffed.stage.has_task(SHOP).await);
    let accepted = staffed.order(Method::POST, "/task_manual/7").await;
    let (id, location) = (accepted.task(), accepted.header("location").unwrap().to_owned());
    assert_eq!(location, format!("/task/{id}"));
    let again = staffed.order(Method::POST, "/task_manual/7").await;
    assert_eq!((again.task(), &again.body["joined"]), (id, &true.into()));
    let shown = staffed.see(&location).await.body;
    assert_eq!((&shown["cause"]["kind"], &shown["cause"]["by"]), (&"manual".into(), &"omar".into()));
    let told = (Some(7), Action::Sync, "omar".to_owned());
    assert_eq!(staffed.actions().await, [told.clone(), told]);
    for wrong in ["0", "-7", "acme%2Fshop", "18446744073709551616"] {
        let path = format!("/task_manual/{wrong}");
        staffed.order(Method::POST, &path).await.is_problem(400, "GitLab's numeric id");
    }
}

#[tokio::test]
async fn a_canceled_task_is_not_worked_on_and_joined_by_nobody() {
    let staffed = Staffed::start().await;
    let token = staffed.stage.job(SHOP);
    let id = staffed.stage.trigger(&token).await.task();
    let path = format!("/task/{id}");
    staffed.is_for_operators(Method::DELETE, &path).await;
    let canceled = staffed.order(Method::DELETE, &path).await;
    assert_eq!((canceled.status, &canceled.body["state"]), (200, &"DELETED".into()));
    assert_eq!(staffed.order(Method::DELETE, &path).await.status, 200, "as good as before");
    let shown = staffed.stage.look(id, &token).await.body;
    assert_eq!((&shown["state"], &shown["reason"]), (&"canceled".into(), &"canceled by omar".into()));

    let next = staffed.stage.trigger(&token).await;
    assert!(next.task() != id && next.body["joined"] == false, "{:?}", next.body);
    let _sonarqube = staffed.stage.work().await;
    staffed.stage.ended(next.task(), &token).await;
    assert_eq!(staffed.stage.look(id, &token).await.body["state"], "canceled");
    let told = (Some(7), Action::Cancel { task: id }, "omar".to_owned());
    assert_eq!(staffed.actions().await, [told.clone(), told]);
}

#[tokio::test]
async fn a_canceled_task_stays_canceled_when_its_record_has_expired() {
    let staffed = Staffed::start().await;
    let token = staffed.stage.job(SHOP);
    let id = staffed.stage.trigger(&token).await.task();
    assert_eq!(staffed.order(Method::DELETE, &format!("/task/{id}")).await.status, 200);
    let context = staffed.stage.runtime.jetstream.context();
    let records = context.get_key_value(proto::subject::TASK_RECORDS).await.unwrap();
    records.purge(proto::subject::record_key(id)).await.unwrap();
    let next = staffed.stage.trigger(&token).await;
    assert!(next.task() != id && next.body["joined"] == false, "{:?}", next.body);
    let _sonarqube = staffed.stage.work().await;
    staffed.stage.ended(next.task(), &token).await;
    // Its message was delivered behind the next one's: nothing was read for it.
    let shown = staffed.stage.look(id, &token).await.body;
    assert!(shown["stages"]["reading"].is_null() && shown["plan"].is_null(), "{shown}");
}

#[tokio::test]
async fn what_runs_or_has_ended_is_canceled_no_more() {
    let staffed = Staffed::start().await;
    let (token, gate) =
        (staffed.stage.job(SHOP), staffed.stage.gitlab.faults().hold("GET", "/projects/7", 1));
    let id = staffed.stage.trigger(&token).await.task();
    let _sonarqube = staffed.stage.work().await;
    gate.arrived().await;
    staffed.stage.in_state(id, &token, &["started"]).await;
    let path = format!("/task/{id}");
    staffed.order(Method::DELETE, &path).await.is_problem(409, "the task is started");
    gate.release();
    staffed.stage.ended(id, &token).await;
    staffed.order(Method::DELETE, &path).await.is_problem(409, "the task is finished");
    let unknown = format!("/task/{}", TaskId::new());
    staffed.order(Method::DELETE, &unknown).await.is_problem(404, "there is no task");
    staffed.order(Method::DELETE, "/task/7").await.is_problem(400, "no UUID");
}

#[tokio::test]
async fn a_paused_project_takes_triggers_and_goes_on_when_it_is_resumed() {
    let staffed = Staffed::start().await;
    for path in ["/projects/7/pause", "/projects/7/resume", "/pause", "/resume"] {
        staffed.is_for_operators(Method::POST, path).await;
    }
    let pause = staffed.operator(Method::POST, "/projects/7/pause").body(r#"{"reason": "migration"}"#);
    let paused = Answer::of(pause).await;
    assert_eq!((paused.status, &paused.body["paused"]["by"]), (200, &"omar".into()), "{:?}", paused.body);
    let _sonarqube = staffed.stage.work().await;
    let token = staffed.stage.job(SHOP);
    let id = staffed.stage.trigger(&token).await.task();
    let waiting = staffed.stage.in_state(id, &token, &["deferred"]).await;
    assert_eq!(waiting["reason"], "paused by omar: migration");
    let shown = staffed.see("/projects/7").await.body;
    assert_eq!(
        (&shown["paused"]["reason"], &shown["newest"]["task"]),
        (&"migration".into(), &id.to_string().into())
    );
    assert!(shown["started"].is_null());

    let resumed = staffed.order(Method::POST, "/projects/7/resume").await.body;
    assert!(resumed["paused"].is_null());
    staffed.stage.ended(id, &token).await;
    let catches_up: TaskId = resumed["task"].as_str().unwrap().parse().unwrap();
    staffed.stage.ended(catches_up, &token).await;
    let by = "omar".to_owned();
    let reason = Some("migration".to_owned());
    let told = [(Some(7), Action::Pause { reason }, by.clone()), (Some(7), Action::Resume, by)];
    assert_eq!(staffed.actions().await, told);
}

/// Nobody triggered during the pause, and still something may have happened.
#[tokio::test]
async fn a_project_that_is_resumed_gets_a_task() {
    let staffed = Staffed::start().await;
    let paused = staffed.order(Method::POST, "/projects/7/pause").await.body;
    assert!(paused["task"].is_null() && !staffed.stage.has_task(SHOP).await, "{paused}");
    let resumed = staffed.order(Method::POST, "/projects/7/resume").await.body;
    assert!(staffed.stage.has_task(SHOP).await);
    let path = format!("/task/{}", resumed["task"].as_str().unwrap());
    let cause = &staffed.see(&path).await.body["cause"];
    assert_eq!((&cause["kind"], &cause["by"]), (&"manual".into(), &"omar".into()));
    assert!(
        staffed.order(Method::POST, "/resume").await.body["task"].is_null(),
        "of everything there are many"
    );
}

#[tokio::test]
async fn everything_paused_is_shown_by_health() {
    let staffed = Staffed::start().await;
    assert_eq!(staffed.order(Method::POST, "/pause").await.status, 200);
    let health = staffed.stage.get("/health").await;
    assert_eq!((health.status, health.body["paused_since"].is_string()), (200, true));
    assert!(!health.body.to_string().contains("omar"), "who paused is for people");
    assert_eq!(staffed.see("/projects").await.body["paused"]["by"], "omar");
    staffed.order(Method::POST, "/resume").await;
    assert!(staffed.stage.get("/health").await.body["paused_since"].is_null());
}

#[tokio::test]
async fn a_reason_is_json_and_short() {
    let staffed = Staffed::start().await;
    let long = format!(r#"{{"reason": "{}"}}"#, "x".repeat(501));
    for (body, detail) in [
        ("why", "is not JSON"),
        (r#"{"raeson": "x"}"#, "is not JSON"),
        (r#"{"reason": 7}"#, "is not JSON"),
        (long.as_str(), "longer than 500 characters"),
    ] {
        let pause = staffed.operator(Method::POST, "/pause").body(body.to_owned());
        Answer::of(pause).await.is_problem(400, detail);
    }
    assert!(staffed.actions().await.is_empty());
}

#[tokio::test]
async fn projects_are_listed_by_pages_and_by_whether_they_are_paused() {
    let staffed = Staffed::start().await;
    for project in 20..25 {
        staffed.order(Method::POST, &format!("/task_manual/{project}")).await.task();
    }
    staffed.order(Method::POST, "/projects/21/pause").await;
    let ids = async |path: &str| {
        let body = staffed.see(path).await.body;
        let items: Vec<u64> =
            body["items"].as_array().unwrap().iter().map(|item| item["id"].as_u64().unwrap()).collect();
        (items, body["next"].as_u64())
    };
    assert_eq!(ids("/projects").await, (vec![20, 21, 22, 23, 24], None));
    assert_eq!(ids("/projects?limit=2").await, (vec![20, 21], Some(21)));
    assert_eq!(ids("/projects?limit=2&after=21").await, (vec![22, 23], Some(23)));
    assert_eq!(ids("/projects?paused=true").await, (vec![21], None));
    assert_eq!(ids("/projects?paused=false").await, (vec![20, 22, 23, 24], None));
    staffed.see("/projects?paused=maybe").await.is_problem(400, "paused");
    staffed.see("/projects/99").await.is_problem(404, "never had a task");
}
