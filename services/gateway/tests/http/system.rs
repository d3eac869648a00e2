//! `GET /status`: how the whole system is.

use jiff::SignedDuration;
use proto::{
    AppliedPlan, CatalogEntry, Incarnation, LastSync, Outcome, PlanOrder, ProjectId, TaskId, TaskPosition,
    Verdict,
};
use reqwest::Method;
use runtime::token::{TokenFacts, note};
use serde_json::json;

use crate::{
    holds::hold,
    staff::Staffed,
    stage::{BLOG, SHOP},
};

#[tokio::test]
async fn it_tells_tokens_projects_and_queues() {
    let staffed = Staffed::start().await;
    staffed.stage.time.stop();
    let runtime = &staffed.stage.runtime;
    let expires_at = Some(runtime.clock.now() + SignedDuration::from_hours(36));
    let facts = TokenFacts { account: "bot".to_owned(), scopes: Vec::new(), expires_at };
    note("gitlab", Ok(facts), runtime).await.unwrap();
    for project in [SHOP, BLOG] {
        staffed.order(Method::POST, &format!("/task_manual/{project}")).await;
    }
    let position = TaskPosition { incarnation: Incarnation(runtime.clock.now()), sequence: 1 };
    let (order, at) = (PlanOrder { task: position, attempt: 1 }, runtime.clock.now());
    let plan = AppliedPlan { task: TaskId::new(), order, at, members: 3, fingerprint: None };
    runtime.jetstream.projects.raise_applied(ProjectId(SHOP), &plan).await.unwrap();
    hold(&staffed, BLOG, "0f").await;
    for project in [SHOP, BLOG, 9] {
        let entry = CatalogEntry { keys: vec![format!("k{project}")], by_name: false, path: None, at };
        runtime.jetstream.catalog.note(ProjectId(project), Some(entry)).await.unwrap();
    }
    // Of one that is left alone nothing is to be told, nor of one that SonarQube does not have.
    staffed.order(Method::POST, "/task_manual/10").await;
    let outcome = Outcome::bare(Verdict::Skipped, Some("access.skip names it".to_owned()));
    let last = LastSync { task: TaskId::new(), at, outcome };
    runtime.jetstream.projects.set_last_sync(ProjectId(9), last).await.unwrap();
    staffed
        .until_seen("/status", |body| body["projects"]["known"] == 3 && body["projects"]["stale"] == 1)
        .await;
    let shown = staffed.see("/status").await.body;
    assert_eq!(shown["version"], env!("CARGO_PKG_VERSION"));
    assert_eq!(
        (&shown["tokens"][0]["system"], &shown["tokens"][0]["days_left"]),
        (&json!("gitlab"), &json!(2))
    );
    assert_eq!(shown["projects"], json!({ "known": 3, "held": 1, "stale": 1 }));
    let tasks = shown["queues"].as_array().unwrap().iter().find(|queue| queue["stage"] == "resolver");
    assert_eq!(tasks.unwrap()["waiting"], 3, "{shown}");
    staffed.stage.time.pass(3 * 86_400);
    let later = staffed.see("/status").await.body;
    assert_eq!((&later["projects"]["stale"], &later["tokens"][0]["days_left"]), (&json!(2), &json!(0)));
    let text = staffed.viewer("/status").header("accept", "text/plain").send().await.unwrap().text().await;
    let text = text.unwrap();
    assert!(
        text.contains("  projects: 3 known, 1 held, 2 stale\n") && text.contains("of bot: ended "),
        "{text}"
    );
    staffed.is_for_people("/status").await;
}
