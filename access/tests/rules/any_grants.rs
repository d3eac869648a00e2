//! What holds for any state of SonarQube and any wish, against a small model of SonarQube.

use std::collections::BTreeMap;

use access::{Changes, GroupHolder, Holder, Owner, diff, keep_an_administrator, stored};
use proptest::{collection::btree_map, prelude::*};
use proto::{Change, ChangeKind, Permission, PermissionSet, Visibility};

use crate::{settings, some_permissions};

type Desired = BTreeMap<String, PermissionSet>;

/// Few logins, so that most are wished for and held.
fn some_desired() -> impl Strategy<Value = Desired> {
    btree_map("[a-e]", some_permissions(), 0..5)
}

fn some_holders() -> impl Strategy<Value = Vec<Holder>> {
    let owner = prop_oneof![3 => Just(Owner::Ours), 1 => Just(Owner::Foreign)];
    btree_map("[a-f]", (some_permissions(), owner), 0..6).prop_map(|holders| {
        let holder = |(login, (permissions, owner))| Holder { login, permissions, owner };
        holders.into_iter().map(holder).collect()
    })
}

fn some_visibility() -> impl Strategy<Value = Visibility> {
    prop_oneof![Just(Visibility::Private), Just(Visibility::Public)]
}

/// What SonarQube shows after `changes`. As SonarQube it drops grants that a public project does not store, and
/// refuses to revoke them.
fn apply<'a>(
    changes: impl IntoIterator<Item = &'a Change>,
    current: &[Holder],
    visibility: Visibility,
) -> Vec<Holder> {
    let mut holders: BTreeMap<String, Holder> =
        current.iter().map(|h| (h.login.clone(), h.clone())).collect();
    for change in changes {
        let one = PermissionSet::from([change.permission]);
        let unsupported = stored(one, visibility).is_empty();
        let login = change.grantee.login().expect("no group is changed here").to_owned();
        let fresh = Holder { login: login.clone(), permissions: PermissionSet::EMPTY, owner: Owner::Ours };
        let holder = holders.entry(login).or_insert(fresh);
        holder.permissions = match change.kind {
            ChangeKind::Grant if unsupported => holder.permissions,
            ChangeKind::Grant => holder.permissions.iter().chain([change.permission]).collect(),
            ChangeKind::Revoke => {
                assert!(!unsupported, "400: {} can't be removed from a public component", change.permission);
                holder.permissions.minus(one)
            }
        };
    }
    holders.into_values().collect()
}

fn has_administrator(holders: &[Holder]) -> bool {
    holders.iter().any(|holder| holder.permissions.contains(Permission::Admin))
}

fn guarded(desired: &Desired, current: &[Holder], visibility: Visibility) -> Changes {
    keep_an_administrator(diff(desired, current, visibility), current, &[]).0
}

proptest! {
    #![proptest_config(settings())]

    #[test]
    fn applying_the_changes_gives_exactly_what_is_desired_and_leaves_foreign_logins_alone(
        desired in some_desired(),
        current in some_holders(),
        visibility in some_visibility(),
    ) {
        let after = apply(diff(&desired, &current, visibility).iter(), &current, visibility);
        for holder in &after {
            match holder.owner {
                Owner::Foreign => prop_assert!(current.contains(holder)),
                Owner::Ours => {
                    let wanted = desired.get(&holder.login).copied().unwrap_or_default();
                    prop_assert_eq!(stored(holder.permissions, visibility), stored(wanted, visibility));
                }
            }
        }
        let listed = |login: &String| after.iter().any(|holder| holder.login == *login);
        prop_assert!(desired.iter().all(|(login, set)| listed(login) || stored(*set, visibility).is_empty()));
    }

    #[test]
    fn the_second_diff_is_empty(
        desired in some_desired(),
        current in some_holders(),
        visibility in some_visibility(),
    ) {
        let after = apply(diff(&desired, &current, visibility).iter(), &current, visibility);
        prop_assert_eq!(diff(&desired, &after, visibility), Changes::default());
    }

    #[test]
    fn the_order_of_the_holders_does_not_matter(
        desired in some_desired(),
        (current, reshuffled) in some_holders().prop_flat_map(|h| (Just(h.clone()), Just(h).prop_shuffle())),
        visibility in some_visibility(),
    ) {
        prop_assert_eq!(guarded(&desired, &current, visibility), guarded(&desired, &reshuffled, visibility));
    }

    #[test]
    fn the_lists_are_sorted_by_login_then_permission(
        desired in some_desired(),
        current in some_holders(),
        visibility in some_visibility(),
    ) {
        let changes = diff(&desired, &current, visibility);
        for list in [changes.grants, changes.revokes] {
            prop_assert!(list.is_sorted_by_key(|change| (change.grantee.clone(), change.permission)));
        }
    }

    #[test]
    fn a_project_that_has_an_administrator_keeps_one_after_every_single_change(
        desired in some_desired(),
        current in some_holders(),
        visibility in some_visibility(),
    ) {
        let changes: Vec<_> = guarded(&desired, &current, visibility).iter().cloned().collect();
        for made in 0..=changes.len() {
            let after = apply(&changes[..made], &current, visibility);
            prop_assert_eq!(has_administrator(&after) || !has_administrator(&current), true);
        }
    }

    #[test]
    fn the_guard_takes_back_at_most_one_revoke_and_names_the_login(
        desired in some_desired(),
        current in some_holders(),
        group_admins: bool,
    ) {
        let changes = diff(&desired, &current, Visibility::Private);
        let group = GroupHolder { name: "ops".to_owned(), permissions: [Permission::Admin].into() };
        let groups = if group_admins { vec![group] } else { Vec::new() };
        let (remaining, kept) = keep_an_administrator(changes.clone(), &current, &groups);
        prop_assert_eq!(&remaining.grants, &changes.grants);
        let taken_back: Vec<_> = changes.revokes.iter().filter(|c| !remaining.revokes.contains(c)).collect();
        prop_assert_eq!(remaining.len() + taken_back.len(), changes.len());
        prop_assert_eq!(taken_back.len(), kept.len());
        for (change, sentence) in taken_back.into_iter().zip(&kept) {
            prop_assert!(!group_admins && change.permission == Permission::Admin);
            prop_assert!(sentence.contains(&change.grantee.to_string()), "{}", sentence);
        }
        prop_assert!(kept.len() <= 1);
    }
}
