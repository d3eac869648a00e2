//! The project's last administrator.

use std::collections::BTreeMap;

use access::{GroupHolder, Holder, closings, diff, keep_an_administrator};
use proto::{
    Permission::{Admin, Scan, User},
    PermissionSet,
    Visibility::Private,
};

use crate::{foreign, ours};

/// The plan after the guard, then what the guard says.
fn guarded(
    desired: &[(&str, PermissionSet)],
    current: &[Holder],
    groups: &[GroupHolder],
) -> (String, Vec<String>) {
    let desired: BTreeMap<_, _> = desired.iter().map(|(login, set)| ((*login).to_owned(), *set)).collect();
    let (changes, kept) = keep_an_administrator(diff(&desired, current, Private), current, groups);
    (changes.to_string(), kept)
}

#[test]
fn the_last_administrator_keeps_admin_and_nothing_else() {
    let (plan, kept) = guarded(&[], &[ours("bob17", [User, Scan, Admin])], &[]);
    assert_eq!(plan, "- bob17: user, scan");
    assert_eq!(kept, ["bob17 keeps admin: otherwise nobody would hold it on this project"]);
}

#[test]
fn of_several_who_would_lose_admin_the_alphabetically_first_keeps_it() {
    let (plan, kept) =
        guarded(&[], &[ours("bob17", [Admin]), ours("ann3", [Admin]), ours("abe", [Scan])], &[]);
    assert_eq!(plan, "- abe: scan\n- bob17: admin");
    assert_eq!(kept, ["ann3 keeps admin: otherwise nobody would hold it on this project"]);
}

#[test]
fn admin_goes_where_somebody_else_keeps_or_gains_it() {
    let bob = ours("bob17", [Admin]);
    let cases = [
        (
            "another of ours keeps it",
            vec![("ann3", [Admin].into())],
            vec![bob.clone(), ours("ann3", [Admin])],
        ),
        ("somebody gains it", vec![("ann3", [Admin].into())], vec![bob.clone(), ours("ann3", [User])]),
        ("a foreign account holds it", vec![], vec![bob, foreign("root", [Admin])]),
    ];
    for (case, desired, current) in cases {
        let (plan, kept) = guarded(&desired, &current, &[]);
        assert!(plan.contains("- bob17: admin"), "{case}: {plan}");
        assert_eq!(kept, Vec::<String>::new(), "{case}");
    }
}

#[test]
fn admin_goes_where_a_group_holds_it() {
    let administrators = GroupHolder { name: "ops".to_owned(), permissions: [Admin].into() };
    let (plan, kept) = guarded(&[], &[ours("bob17", [Admin])], &[administrators]);
    assert_eq!(plan, "- bob17: admin");
    assert_eq!(kept, Vec::<String>::new());
}

#[test]
fn a_group_that_is_closed_is_no_administrator_and_keeps_admin_only_where_no_person_does() {
    let group = GroupHolder { name: "sonar-users".to_owned(), permissions: [User, Admin].into() };
    let groups = [group];
    let close = |people: &[Holder]| {
        let mut changes = diff(&BTreeMap::new(), people, Private);
        changes.revokes.extend(closings(&groups, &["sonar-users".to_owned()].into(), Private));
        let (changes, kept) = keep_an_administrator(changes, people, &groups);
        (changes.to_string(), kept.len())
    };
    let both = [ours("bob17", [Admin])];
    assert_eq!(close(&both), ("- group sonar-users: user, admin".to_owned(), 1));
    assert_eq!(close(&[]), ("- group sonar-users: user".to_owned(), 1));
    assert_eq!(close(&[foreign("root", [Admin])]), ("- group sonar-users: user, admin".to_owned(), 0));
}

#[test]
fn a_project_without_an_administrator_is_not_given_one() {
    let (plan, kept) = guarded(&[], &[ours("bob17", [User])], &[]);
    assert_eq!(plan, "- bob17: user");
    assert_eq!(kept, Vec::<String>::new());
}
