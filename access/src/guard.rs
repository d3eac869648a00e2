//! No project is left without an administrator.
//!
//! Decides which revoke of `admin` is taken back. SonarQube itself guards the last holder of the *global* `admin`
//! only; a project's last administrator it lets go. Does not decide how many removals are too many, and never adds a
//! grant.

use std::collections::BTreeSet;

use proto::{Change, Grantee, Permission};

use crate::{Changes, GroupHolder, Holder};

/// Takes back the revoke that would remove the project's last holder of `admin`, and says so in one sentence for
/// each revoke that is taken back.
///
/// Every holder counts, foreign ones too: leave out of `people` whom the operators do not count as an administrator,
/// for example the account that this system signs in with. Where everybody would lose `admin` and nobody gains it, the
/// alphabetically first person keeps it, and nothing else: whoever has left GitLab's project still loses Browse and
/// See Source. A group keeps it where no person holds it.
///
/// Counts on the order of [`Changes`]: where a grant of `admin` fails, no revoke may follow.
#[must_use]
pub fn keep_an_administrator(
    mut changes: Changes,
    people: &[Holder],
    groups: &[GroupHolder],
) -> (Changes, Vec<String>) {
    let Some(last) = last_administrator(&changes, people, groups) else {
        return (changes, Vec::new());
    };
    changes.revokes.retain(|change| !(gives_or_takes_admin(change) && change.grantee == last));
    (changes, vec![format!("{last} keeps admin: otherwise nobody would hold it on this project")])
}

/// Who has to keep `admin`, when everybody who holds it would lose it and nobody gains it.
fn last_administrator(changes: &Changes, people: &[Holder], groups: &[GroupHolder]) -> Option<Grantee> {
    if changes.grants.iter().any(gives_or_takes_admin) {
        return None;
    }
    let losing: BTreeSet<&Grantee> =
        changes.revokes.iter().filter(|c| gives_or_takes_admin(c)).map(|c| &c.grantee).collect();
    let administers = |permissions: &proto::PermissionSet| permissions.contains(Permission::Admin);
    let people = people.iter().filter(|person| administers(&person.permissions));
    let groups = groups.iter().filter(|group| administers(&group.permissions));
    let mut holding: Vec<Grantee> = people.map(|person| Grantee::Login(person.login.clone())).collect();
    holding.extend(groups.map(|group| Grantee::Group(group.name.clone())));
    holding.sort();
    if holding.iter().all(|holder| losing.contains(holder)) { holding.into_iter().next() } else { None }
}

fn gives_or_takes_admin(change: &Change) -> bool {
    change.permission == Permission::Admin
}
