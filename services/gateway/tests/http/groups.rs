//! `POST /groups/{id}/sync`: told in the audit, stored, and worked on.

use jiff::Timestamp;
use proto::{Action, CatalogEntry, Cause, GroupId, ProjectId, subject};
use reqwest::Method;

use crate::{
    staff::Staffed,
    stage::{ACME, BLOG, SHOP, until},
};

fn path(group: u64) -> String {
    format!("/groups/{group}/sync")
}

#[tokio::test]
async fn an_operator_starts_a_fan_out_and_it_is_told_with_the_group() {
    let staffed = Staffed::start().await;
    staffed.is_for_operators(Method::POST, &path(ACME)).await;
    let accepted = staffed.order(Method::POST, &path(ACME)).await;
    assert_eq!(accepted.status, 202);
    assert!(accepted.body["id"].is_string(), "{:?}", accepted.body);
    assert_eq!(accepted.body["message"], "The projects that group 10 reaches are being looked for");
    assert_eq!(staffed.stage.count(subject::FAN_OUTS).await, 1);
    let told = (None, Action::SyncGroup { group: GroupId(ACME) }, "omar".to_owned());
    assert_eq!(staffed.actions().await, [told]);
    for wrong in ["/groups/acme/sync", "/groups/0/sync"] {
        staffed.order(Method::POST, wrong).await.is_problem(400, "by GitLab's numeric id");
    }
    assert_eq!(staffed.stage.count(subject::FAN_OUTS).await, 1);
}

#[tokio::test]
async fn every_project_of_the_group_is_synchronised_because_of_it() {
    let staffed = Staffed::start().await;
    let jetstream = &staffed.stage.runtime.jetstream;
    for project in [SHOP, BLOG] {
        let entry = CatalogEntry {
            keys: vec!["key".to_owned()],
            by_name: true,
            path: None,
            at: Timestamp::UNIX_EPOCH,
        };
        jetstream.catalog.note(ProjectId(project), Some(entry)).await.unwrap();
    }
    assert_eq!(staffed.order(Method::POST, &path(ACME)).await.status, 202);
    let _sonarqube = staffed.stage.work().await;
    for project in [SHOP, BLOG] {
        let begun = async || jetstream.projects.started(ProjectId(project)).await.unwrap();
        let task = until("a task", begun).await.task;
        let record = jetstream.records.get(task).await.unwrap().unwrap();
        let by = Some("omar".to_owned());
        assert_eq!(record.cause, Cause::Group { group: GroupId(ACME), by });
    }
}

#[tokio::test]
async fn what_cannot_be_told_or_stored_is_refused() {
    for stream in [subject::EVENTS, subject::FAN_OUTS] {
        let staffed = Staffed::start().await;
        staffed.stage.runtime.jetstream.context().delete_stream(stream).await.unwrap();
        let refused = staffed.order(Method::POST, &path(ACME)).await;
        assert_eq!(refused.status, 503, "{stream}: {:?}", refused.body);
        assert_eq!(staffed.stage.count(subject::TASKS).await, 0);
    }
}
