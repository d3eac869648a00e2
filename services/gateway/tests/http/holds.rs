//! `POST /projects/{id}/approve` and `/reject`: a person decides about exactly the changes that they have seen.

use jiff::Timestamp;
use proto::{
    Action, Change, ChangeKind, Decision, Grantee, HeldProject, Hold, Permission, ProjectId, Ruling, TaskId,
    subject,
};
use reqwest::Method;
use serde_json::json;

use crate::{caller::Answer, staff::Staffed, stage::SHOP};

const APPROVE: &str = "/projects/7/approve";
const REJECT: &str = "/projects/7/reject";

/// What an applier writes when a guard stops a plan.
pub(crate) async fn hold(staffed: &Staffed, project: u64, digest: &str) -> TaskId {
    let task = TaskId::new();
    let grantee = Grantee::Login("ann1".to_owned());
    let changes = vec![Change { kind: ChangeKind::Revoke, grantee, permission: Permission::User }];
    let hold = Hold {
        task,
        digest: digest.to_owned(),
        at: Timestamp::UNIX_EPOCH,
        reasons: vec!["everybody would lose everything".to_owned()],
        hourly: false,
        begun: false,
        grants: 0,
        revokes: 1,
        projects: vec![HeldProject { key: "shop".to_owned(), becomes: None, changes }],
    };
    let projects = &staffed.stage.runtime.jetstream.projects;
    projects.set_hold(ProjectId(project), Some(hold)).await.unwrap();
    task
}

async fn decision(staffed: &Staffed) -> Option<Decision> {
    staffed.stage.runtime.jetstream.projects.decision(ProjectId(SHOP)).await.unwrap()
}

async fn decide(staffed: &Staffed, path: &str, digest: &str) -> Answer {
    let body = json!({ "digest": digest }).to_string();
    Answer::of(staffed.operator(Method::POST, path).body(body)).await
}

#[tokio::test]
async fn an_approved_plan_is_told_written_down_and_gets_a_task() {
    let staffed = Staffed::start().await;
    staffed.is_for_operators(Method::POST, APPROVE).await;
    let held = hold(&staffed, SHOP, "0f").await;
    let accepted = decide(&staffed, APPROVE, "0f").await;
    let task = accepted.task();
    assert_eq!(accepted.header("location"), Some(format!("/task/{task}").as_str()));
    let decided = decision(&staffed).await.unwrap();
    assert_eq!((decided.held, decided.digest.as_str(), decided.by.as_str()), (held, "0f", "omar"));
    assert_eq!(decided.ruling, Ruling::Approved);
    let cause = staffed.see(&format!("/task/{task}")).await.body["cause"].clone();
    assert_eq!(cause, json!({ "kind": "approved", "by": "omar" }));
    assert!(staffed.see("/projects/7").await.body["held"].is_null(), "a person has decided");

    // Whoever got no answer approves once more.
    assert_eq!(decide(&staffed, APPROVE, "0f").await.task(), task);
    let told = (Some(7), Action::Approve { held, digest: "0f".to_owned() }, "omar".to_owned());
    assert_eq!(staffed.actions().await, [told.clone(), told]);
}

#[tokio::test]
async fn a_rejected_plan_is_held_no_more_and_nothing_is_done() {
    let staffed = Staffed::start().await;
    staffed.is_for_operators(Method::POST, REJECT).await;
    let held = hold(&staffed, SHOP, "0f").await;
    let rejected = decide(&staffed, REJECT, "0f").await;
    assert_eq!((rejected.status, &rejected.body["ruling"]), (200, &"rejected".into()), "{:?}", rejected.body);
    assert_eq!(decision(&staffed).await.unwrap().ruling, Ruling::Rejected);
    assert!(!staffed.stage.has_task(SHOP).await);
    assert!(staffed.see("/projects/7").await.body["held"].is_null());
    decide(&staffed, APPROVE, "0f").await.is_problem(404, "no plan of project 7 is held");
    assert_eq!(decide(&staffed, REJECT, "0f").await.status, 200, "as good as before");
    let told = (Some(7), Action::Reject { held, digest: "0f".to_owned() }, "omar".to_owned());
    assert_eq!(staffed.actions().await, [told.clone(), told]);
}

#[tokio::test]
async fn a_plan_that_was_held_after_the_look_is_not_decided_about() {
    let staffed = Staffed::start().await;
    hold(&staffed, SHOP, "0f").await;
    let seen = staffed.see("/projects/7").await.body["held"]["digest"].as_str().unwrap().to_owned();
    hold(&staffed, SHOP, "a0").await;
    for path in [APPROVE, REJECT] {
        let refused = decide(&staffed, path, &seen).await;
        refused.is_problem(409, "another plan of project 7 is held");
        refused.is_problem(409, "GET /projects/7");
    }
    assert_eq!((decision(&staffed).await, staffed.actions().await), (None, vec![]));
    assert!(!staffed.stage.has_task(SHOP).await);
}

#[tokio::test]
async fn a_decision_that_cannot_be_told_is_not_made() {
    for path in [APPROVE, REJECT] {
        let staffed = Staffed::start().await;
        hold(&staffed, SHOP, "0f").await;
        staffed.stage.runtime.jetstream.context().delete_stream(subject::EVENTS).await.unwrap();
        decide(&staffed, path, "0f").await.is_problem(503, "the audit cannot be written");
        assert_eq!(decision(&staffed).await, None);
        assert!(!staffed.stage.has_task(SHOP).await);
    }
}

#[tokio::test]
async fn a_decision_names_what_it_is_about() {
    let staffed = Staffed::start().await;
    for path in [APPROVE, REJECT] {
        decide(&staffed, path, "0f").await.is_problem(404, "no plan of project 7 is held");
        for body in ["", "{}", r#"{"digest": 7}"#, r#"{"digest": "0f", "yes": true}"#] {
            let request = staffed.operator(Method::POST, path).body(body);
            Answer::of(request).await.is_problem(400, "is not JSON of the form {\"digest\"");
        }
    }
}
