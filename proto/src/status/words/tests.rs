use jiff::Timestamp;

use super::*;
use crate::{
    Change, ChangeKind, Exposure, Grantee, HeldProject, Hold, LastSync, Outcome, Pause, Permission, Person,
    ProjectId, ProjectOutcome, TaskId, UserId, Verdict,
};

const TASK: TaskId = TaskId(uuid::Uuid::nil());

fn status() -> ProjectStatus {
    ProjectStatus {
        id: ProjectId(7),
        paused: None,
        newest: None,
        started: None,
        applied: None,
        last: None,
        last_success: None,
        stale_seconds: None,
        pending: Pending::default(),
        sonarqube_missing: false,
        held: None,
    }
}

fn last() -> LastEnd {
    let exposure =
        Exposure { group: "sonar-users".to_owned(), permissions: [Permission::User].into(), lets_in: 2 };
    let project = ProjectOutcome {
        granted: 3,
        drift: 1,
        exposure: vec![exposure],
        ..ProjectOutcome::untouched("shop".to_owned(), vec!["ann is the last administrator".to_owned()])
    };
    let outcome = Outcome { projects: vec![project], ..Outcome::bare(Verdict::Done, None) };
    LastSync { task: TASK, at: Timestamp::UNIX_EPOCH, outcome }.into()
}

fn hold() -> Hold {
    let grantee = Grantee::Login("bob3".to_owned());
    let changes = vec![Change { kind: ChangeKind::Revoke, grantee, permission: Permission::User }];
    Hold {
        task: TASK,
        digest: "0f".to_owned(),
        at: Timestamp::UNIX_EPOCH,
        reasons: vec!["too many".to_owned()],
        hourly: false,
        begun: false,
        grants: 0,
        revokes: 5,
        projects: vec![HeldProject { key: "shop".to_owned(), becomes: None, changes }],
    }
}

#[test]
fn a_project_without_a_sync_says_so() {
    assert_eq!(status().to_string(), "project 7: never synced\n");
    let newest = Some(crate::status::Reached { task: TASK, at: Timestamp::UNIX_EPOCH });
    let asked = ProjectStatus { newest, ..status() };
    assert_eq!(asked.to_string(), "project 7: no sync has ended yet\n");
}

#[test]
fn everything_that_is_wrong_has_a_line() {
    let pause = Pause { by: "ops".to_owned(), at: Timestamp::UNIX_EPOCH, reason: Some("why".to_owned()) };
    let people = vec![Person { id: UserId(1), username: "nadia".to_owned() }];
    let status = ProjectStatus {
        paused: Some(pause),
        last: Some(last()),
        last_success: Some(Timestamp::UNIX_EPOCH),
        stale_seconds: Some(7_200),
        pending: Pending { count: 3, people },
        sonarqube_missing: true,
        held: Some(HeldPlan::from(hold()).in_brief()),
        ..status()
    };
    assert_eq!(
        status.to_string(),
        "project 7: done at 1970-01-01T00:00:00Z, 3 granted, 0 revoked (task \
         00000000-0000-0000-0000-000000000000)\n  \
         drift: somebody else had changed 1 of the grants\n  \
         note: shop: ann is the last administrator\n  \
         exposure: shop: group sonar-users lets in 2 people whom GitLab keeps out (user)\n  \
         in line at 1970-01-01T00:00:00Z, 2 hours ago\n  \
         paused by ops: why\n  \
         SonarQube has no project for it\n  \
         not signed in to SonarQube yet: nadia and 2 more\n  \
         held since 1970-01-01T00:00:00Z: 0 would be granted, 5 revoked\n  \
         held: too many\n  \
         task 00000000-0000-0000-0000-000000000000, digest 0f\n"
    );
}

#[test]
fn a_held_plan_shows_its_changes_to_whoever_is_to_approve() {
    let text = HeldPlan::from(hold()).to_string();
    assert!(text.ends_with("digest 0f\nshop\n  - bob3: user\n  and 4 more changes\n"), "{text}");
}
