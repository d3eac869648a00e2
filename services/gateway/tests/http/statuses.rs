//! `GET /projects` and `GET /projects/{id}`: what appliers left to be told.

use jiff::{SignedDuration, Timestamp};
use proto::{
    AppliedPlan, Exposure, Incarnation, LastSync, Outcome, Permission, Person, PlanOrder, ProjectId,
    ProjectOutcome, TaskId, TaskPosition, UserId, Verdict, Waiting,
};
use serde_json::{Value, json};

use crate::{
    holds::hold,
    staff::Staffed,
    stage::{BLOG, SHOP},
};

fn outcome() -> Outcome {
    let (group, permissions) = ("sonar-users".to_owned(), [Permission::User].into());
    let project = ProjectOutcome {
        granted: 2,
        revoked: 1,
        drift: 4,
        exposure: vec![Exposure { group, permissions, lets_in: 12 }],
        ..ProjectOutcome::untouched("shop".to_owned(), vec!["ann1 is the last administrator".to_owned()])
    };
    let more = ProjectOutcome { granted: 5, ..ProjectOutcome::untouched("shop-api".to_owned(), vec![]) };
    Outcome { projects: vec![project, more], ..Outcome::bare(Verdict::Done, None) }
}

async fn applied(staffed: &Staffed, at: Timestamp) {
    let task = TaskPosition { incarnation: Incarnation(Timestamp::UNIX_EPOCH), sequence: 1 };
    let order = PlanOrder { task, attempt: 1 };
    let plan = AppliedPlan { task: TaskId::new(), order, at, members: 3, fingerprint: None };
    staffed.stage.runtime.jetstream.projects.raise_applied(ProjectId(SHOP), &plan).await.unwrap();
}

#[tokio::test]
async fn a_project_tells_how_its_last_sync_ended() {
    let staffed = Staffed::start().await;
    staffed.stage.time.stop();
    let (task, at) = (TaskId::new(), staffed.stage.runtime.clock.now());
    applied(&staffed, at - SignedDuration::from_secs(90)).await;
    let projects = &staffed.stage.runtime.jetstream.projects;
    let last = LastSync { task, at, outcome: outcome() };
    projects.set_last_sync(ProjectId(SHOP), last).await.unwrap();
    let shown = staffed.see("/projects/7").await.body;
    assert_eq!(
        shown["last"],
        json!({
            "task": task, "at": at, "verdict": "done", "reason": null, "granted": 7, "revoked": 1, "drift": 4,
            "exposure": ["shop: group sonar-users lets in 12 people whom GitLab keeps out (user)"],
            "kept": ["shop: ann1 is the last administrator"],
        })
    );
    assert_eq!(shown["stale_seconds"], 90);
    staffed.stage.time.pass(3600);
    assert_eq!(staffed.see("/projects").await.body["items"][0]["stale_seconds"], 3690);
}

#[tokio::test]
async fn a_project_tells_who_is_waited_for() {
    let staffed = Staffed::start().await;
    let person = |id| Person { id: UserId(id), username: format!("person-{id}") };
    let waiting = Waiting {
        path: "acme/shop".to_owned(),
        people: (1..=150).map(person).collect(),
        project_missing: true,
        since: Timestamp::UNIX_EPOCH,
    };
    staffed.stage.runtime.jetstream.projects.set_waiting(ProjectId(SHOP), Some(waiting)).await.unwrap();
    staffed.order(reqwest::Method::POST, "/task_manual/7").await.task();
    let shown = staffed.see("/projects/7").await.body;
    assert_eq!((&shown["pending"]["count"], &shown["sonarqube_missing"]), (&150.into(), &true.into()));
    assert_eq!(shown["pending"]["people"].as_array().map(Vec::len), Some(100), "the first of them");
    assert!(shown["last"].is_null() && shown["last_success"].is_null() && shown["stale_seconds"].is_null());
}

#[tokio::test]
async fn a_held_plan_is_shown_whole_by_itself_and_in_brief_in_lists() {
    let staffed = Staffed::start().await;
    let task = hold(&staffed, SHOP, "0f").await;
    let whole = staffed.see("/projects/7").await.body["held"].clone();
    assert_eq!((&whole["task"], &whole["revokes"]), (&json!(task), &1.into()));
    assert_eq!(whole["reasons"], json!(["everybody would lose everything"]));
    let change = json!({ "kind": "revoke", "login": "ann1", "permission": "user" });
    assert_eq!(whole["projects"], json!([{ "key": "shop", "becomes": null, "changes": [change] }]));
    let listed = staffed.see("/projects").await.body["items"][0]["held"].clone();
    assert_eq!((&listed["digest"], &listed["projects"]), (&"0f".into(), &Value::Null));
}

#[tokio::test]
async fn projects_are_listed_by_whether_a_plan_is_held() {
    let staffed = Staffed::start().await;
    for project in [SHOP, BLOG, 9] {
        staffed.order(reqwest::Method::POST, &format!("/task_manual/{project}")).await.task();
    }
    let ids = async |path: &str| -> Vec<u64> {
        let body = staffed.see(path).await.body;
        body["items"].as_array().unwrap().iter().map(|item| item["id"].as_u64().unwrap()).collect()
    };
    hold(&staffed, SHOP, "0f").await;
    hold(&staffed, 9, "0f").await;
    assert_eq!(ids("/projects?held=true").await, [SHOP, 9]);
    assert_eq!(ids("/projects?held=false").await, [BLOG]);
    assert_eq!(ids("/projects?held=true&after=7").await, [9]);
    let rejects = staffed.operator(reqwest::Method::POST, "/projects/9/reject").body(r#"{"digest": "0f"}"#);
    assert_eq!(rejects.send().await.unwrap().status().as_u16(), 200);
    assert_eq!(ids("/projects?held=true").await, [SHOP], "of the other one a person has decided");
    staffed.see("/projects?held=perhaps").await.is_problem(400, "held");
}
