//! What somebody else changed in SonarQube, and what a sync then leaves.

use std::collections::BTreeMap;

use access::{Holder, diff, drift, leave_drift};
use proto::{
    Lines,
    Permission::{self, Admin, CodeViewer, Scan, User},
    PermissionSet,
    Visibility::{self, Private, Public},
};

use crate::{foreign, ours};

type Held = BTreeMap<String, PermissionSet>;

fn held(people: &[(&str, &[Permission])]) -> Held {
    let set = |permissions: &[Permission]| permissions.iter().copied().collect();
    people.iter().map(|(login, permissions)| ((*login).to_owned(), set(permissions))).collect()
}

fn drifted(written: &Held, current: &[Holder], visibility: Visibility) -> String {
    Lines::of(&drift(written, current, visibility, |login| login != "gone")).to_string()
}

/// What is changed when drift is left.
fn left(written: &Held, current: &[Holder], desired: &Held) -> String {
    let drift = drift(written, current, Private, |_| true);
    leave_drift(diff(desired, current, Private), &drift, written, desired).to_string()
}

#[test]
fn what_was_given_and_taken_since_is_told_by_login() {
    let written = held(&[("ann3", &[User]), ("bob17", &[User, Scan])]);
    let current = [ours("ann3", [User, Admin]), ours("bob17", [User]), ours("cat9", [User])];
    assert_eq!(drifted(&written, &current, Private), "+ ann3: admin\n- bob17: scan\n+ cat9: user");
    assert_eq!(drifted(&written, &[ours("ann3", [User]), ours("bob17", [User, Scan])], Private), NOTHING);
}

const NOTHING: &str = "nothing to change";

#[test]
fn who_is_no_matter_of_ours_or_is_deactivated_has_not_drifted() {
    let written = held(&[("ann3", &[User]), ("gone", &[User])]);
    assert_eq!(drifted(&written, &[foreign("ann3", []), foreign("ci", [Admin])], Private), NOTHING);
}

#[test]
fn on_a_public_project_browse_does_not_count() {
    let written = held(&[("ann3", &[User, CodeViewer, Scan])]);
    assert_eq!(drifted(&written, &[ours("ann3", [Scan])], Public), NOTHING);
}

#[test]
fn what_somebody_else_did_to_a_member_is_left_and_what_gitlab_changed_is_not() {
    let written = held(&[("ann3", &[User, Scan]), ("bob17", &[User])]);
    let current = [ours("ann3", [User, Admin]), ours("bob17", [User])];
    assert_eq!(left(&written, &current, &held(&[("ann3", &[User, Scan]), ("bob17", &[User])])), NOTHING);
    let changed = held(&[("ann3", &[User, CodeViewer, Scan]), ("bob17", &[])]);
    assert_eq!(left(&written, &current, &changed), "+ ann3: codeviewer\n- bob17: user");
}

#[test]
fn somebody_who_was_let_in_by_hand_is_left_in() {
    assert_eq!(left(&held(&[]), &[ours("guest5", [User])], &held(&[])), NOTHING);
}

#[test]
fn a_leaver_loses_also_what_somebody_else_gave() {
    let written = held(&[("ann3", &[User])]);
    assert_eq!(left(&written, &[ours("ann3", [User, Admin])], &held(&[])), "- ann3: user, admin");
}
