use super::*;
use crate::{
    AccessLevel, AccessPath, AccessReport, AccessVerdict, Cause, Exposure, Grantee, Incarnation,
    LeftOutReason, Permission, PermissionSet, PersonAccess, Place, PlanOrder, TaskId, TaskPosition,
};

fn plan() -> Plan {
    let incarnation = Incarnation(Timestamp::UNIX_EPOCH);
    let project = PlannedProject {
        id: ProjectId(7),
        path: "acme/shop".to_owned(),
        visibility: Some(Visibility::Private),
    };
    let (username, permissions) = ("alice".to_owned(), [Permission::User].into());
    Plan {
        task: TaskId::new(),
        cause: Cause::Reconcile,
        order: PlanOrder { task: TaskPosition { incarnation, sequence: 1 }, attempt: 1 },
        read_at: Timestamp::UNIX_EPOCH,
        project,
        members: vec![Member { id: UserId(1), username, level: AccessLevel::Developer, permissions }],
        left_out: vec![LeftOut {
            id: UserId(2),
            username: "bob".to_owned(),
            reason: LeftOutReason::NotActive,
        }],
        unseen: Vec::new(),
        restore: None,
    }
}

fn report() -> AccessReport {
    let level = AccessLevel::Developer;
    let path =
        AccessPath { level, of: Place::Project, own: level, through: Vec::new(), ends: None, void: None };
    let person = |id, username: &str| PersonAccess {
        id: UserId(id),
        username: username.to_owned(),
        verdict: AccessVerdict::Access { level, permissions: PermissionSet::EMPTY },
        paths: vec![path.clone()],
        by_paths: None,
    };
    AccessReport {
        project: ProjectId(7),
        path: "acme/shop".to_owned(),
        visibility: None,
        read_at: Timestamp::UNIX_EPOCH,
        people: vec![person(1, "alice"), person(9, "zoe")],
        unseen: Vec::new(),
    }
}

fn change(kind: ChangeKind, login: &str) -> Change {
    Change { kind, grantee: Grantee::Login(login.to_owned()), permission: Permission::User }
}

fn compared() -> Compared {
    let holder = |login: &str, user: u64| ComparedHolder {
        login: login.to_owned(),
        user: Some(UserId(user)),
        permissions: PermissionSet::EMPTY,
        ours: true,
    };
    Compared {
        skipped: None,
        projects: vec![ComparedProject {
            key: "acme_shop".to_owned(),
            visibility: Visibility::Public,
            becomes: Some(Visibility::Private),
            holders: vec![holder("alice17", 1), holder("bob3", 2), holder("carl4", 4)],
            changes: vec![
                change(ChangeKind::Grant, "alice17"),
                change(ChangeKind::Revoke, "bob3"),
                change(ChangeKind::Revoke, "carl4"),
            ],
            kept: vec!["dora is the last administrator".to_owned()],
            drift: vec![change(ChangeKind::Grant, "bob3")],
            exposure: vec![Exposure {
                group: "sonar-users".to_owned(),
                permissions: [Permission::User].into(),
                lets_in: 12,
            }],
        }],
        pending: vec![Person { id: UserId(3), username: "nadia".to_owned() }],
        held: vec!["2 of 3 people would lose everything".to_owned()],
    }
}

fn preview(access: Option<AccessReport>) -> Preview {
    compared().preview(Looked { plan: plan(), skipped: None, access })
}

#[test]
fn the_text_tells_who_gets_what_and_why_and_what_stands_in_the_way() {
    assert_eq!(
        preview(Some(report())).to_string(),
        "acme/shop (GitLab id 7)\n\
         \n\
         acme_shop (public, becomes private)\n  \
         + alice: user (developer in the project)\n  \
         - bob: user\n  \
         - carl4: user\n  \
         note: dora is the last administrator\n  \
         drift: somebody gave user to bob\n  \
         exposure: group sonar-users lets in 12 people whom GitLab keeps out (user)\n\
         \n\
         1 person with access in GitLab\n\
         held: 2 of 3 people would lose everything\n\
         not signed in to SonarQube yet: nadia\n\
         left out: bob, because the account is blocked, deactivated or not approved yet\n"
    );
}

#[test]
fn only_whoever_would_be_granted_something_has_a_reason() {
    let why = Why { id: UserId(1), username: "alice".to_owned(), why: "developer in the project".to_owned() };
    assert_eq!(preview(Some(report())).why, [why]);
}

#[test]
fn without_the_memberships_the_plan_is_told_without_why() {
    let preview = preview(None);
    assert!(preview.why.is_empty());
    assert!(preview.to_string().contains("\n  + alice: user\n"), "{preview}");
}

#[test]
fn a_project_that_is_left_out_has_a_reason_and_no_changes() {
    let skipped = Compared::nothing(Some("the settings leave acme out".to_owned()));
    let preview = skipped.preview(Looked { plan: plan(), skipped: None, access: None });
    assert_eq!(
        preview.to_string(),
        "acme/shop (GitLab id 7)\n\nA sync would do nothing: the settings leave acme out\n"
    );
}
