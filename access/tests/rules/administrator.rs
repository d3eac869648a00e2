//! The project's last administrator.

use std::collections::BTreeMap;

use access::{Holder, diff, keep_an_administrator};
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
    group_admins: bool,
) -> (String, Vec<String>) {
    let desired: BTreeMap<_, _> = desired.iter().map(|(login, set)| ((*login).to_owned(), *set)).collect();
    let (changes, kept) = keep_an_administrator(diff(&desired, current, Private), current, group_admins);
    (changes.to_string(), kept)
}

#[test]
fn the_last_administrator_keeps_admin_and_nothing_else() {
    let (plan, kept) = guarded(&[], &[ours("bob17", [User, Scan, Admin])], false);
    assert_eq!(plan, "- bob17: user, scan");
    assert_eq!(kept, ["bob17 keeps admin: otherwise nobody would hold it on this project"]);
}

#[test]
fn of_several_who_would_lose_admin_the_alphabetically_first_keeps_it() {
    let (plan, kept) =
        guarded(&[], &[ours("bob17", [Admin]), ours("ann3", [Admin]), ours("abe", [Scan])], false);
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
        let (plan, kept) = guarded(&desired, &current, false);
        assert!(plan.contains("- bob17: admin"), "{case}: {plan}");
        assert_eq!(kept, Vec::<String>::new(), "{case}");
    }
}

#[test]
fn admin_goes_where_a_group_holds_it() {
    let (plan, kept) = guarded(&[], &[ours("bob17", [Admin])], true);
    assert_eq!(plan, "- bob17: admin");
    assert_eq!(kept, Vec::<String>::new());
}

#[test]
fn a_project_without_an_administrator_is_not_given_one() {
    let (plan, kept) = guarded(&[], &[ours("bob17", [User])], false);
    assert_eq!(plan, "- bob17: user");
    assert_eq!(kept, Vec::<String>::new());
}
