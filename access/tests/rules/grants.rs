//! What has to change in SonarQube, as the operator reads it.

use std::collections::BTreeMap;

use access::{Changes, Holder, diff};
use proto::{
    Permission::{self, Admin, CodeViewer, IssueAdmin, Scan, User},
    PermissionSet,
    Visibility::{self, Private, Public},
};

use crate::{foreign, ours};

fn desired<const N: usize>(people: [(&str, &[Permission]); N]) -> BTreeMap<String, PermissionSet> {
    people.into_iter().map(|(login, set)| (login.to_owned(), set.iter().copied().collect())).collect()
}

fn plan<const N: usize>(
    people: [(&str, &[Permission]); N],
    current: &[Holder],
    visibility: Visibility,
) -> String {
    diff(&desired(people), current, visibility).to_string()
}

#[test]
fn the_plan_is_one_line_a_person_grants_first() {
    let current = [
        ours("mia-novak77120", [User, CodeViewer, Admin]),
        ours("bob17", [Scan, Admin]),
        ours("ann3", [User]),
    ];
    let people: [(&str, &[Permission]); 3] = [
        ("mia-novak77120", &[User, CodeViewer, IssueAdmin, Scan]),
        ("jane-doe48213", &[CodeViewer, User]),
        ("ann3", &[User]),
    ];
    insta::assert_snapshot!(plan(people, &current, Private), @r"
    + jane-doe48213: user, codeviewer
    + mia-novak77120: issueadmin, scan
    - bob17: scan, admin
    - mia-novak77120: admin
    ");
}

#[test]
fn where_nothing_differs_the_plan_says_so() {
    assert_eq!(plan([("ann3", &[User])], &[ours("ann3", [User])], Private), "nothing to change");
    assert_eq!(Changes::default().to_string(), "nothing to change");
}

#[test]
fn whoever_has_left_loses_everything() {
    assert_eq!(plan([], &[ours("bob17", [User, Scan])], Private), "- bob17: user, scan");
}

#[test]
fn a_holder_without_permissions_is_granted_what_is_missing() {
    assert_eq!(plan([("ann3", &[User])], &[ours("ann3", [])], Private), "+ ann3: user");
}

#[test]
fn a_foreign_login_is_neither_granted_nor_revoked_anything() {
    let current = [foreign("admin", [Admin]), foreign("ci", [User])];
    assert_eq!(plan([("ci", &[User, Scan])], &current, Private), "nothing to change");
}

#[test]
fn on_a_public_project_browse_and_see_source_are_neither_granted_nor_revoked() {
    let current = [ours("bob17", [User, CodeViewer, Scan])];
    let plan = plan([("ann3", &[User, CodeViewer, Admin])], &current, Public);
    assert_eq!(plan, "+ ann3: admin\n- bob17: scan");
}

#[test]
fn a_login_listed_twice_holds_what_either_line_says() {
    let current = [ours("bob17", [User]), ours("bob17", [Scan])];
    assert_eq!(plan([("bob17", &[User])], &current, Private), "- bob17: scan");
}

#[test]
fn a_login_listed_twice_is_foreign_if_either_line_says_so() {
    for current in [[ours("ci", [User]), foreign("ci", [])], [foreign("ci", []), ours("ci", [User])]] {
        assert_eq!(plan([("ci", &[Scan])], &current, Private), "nothing to change");
    }
}

#[test]
fn changes_are_counted_and_listed_grants_first() {
    let current = [ours("ann3", [Scan, Admin])];
    let changes = diff(&desired([("bob17", &[User])]), &current, Private);
    let order: Vec<_> =
        changes.iter().map(|c| (c.kind.key(), c.grantee.to_string(), c.permission.key())).collect();
    let is = |kind, who: &str, permission| (kind, who.to_owned(), permission);
    assert_eq!(
        order,
        [is("grant", "bob17", "user"), is("revoke", "ann3", "scan"), is("revoke", "ann3", "admin")]
    );
    assert_eq!(changes.len(), 3);
    assert!(!changes.is_empty());
}
