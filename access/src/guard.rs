//! No project is left without an administrator.
//!
//! Decides which revoke of `admin` is taken back. SonarQube itself guards the last holder of the *global* `admin`
//! only; a project's last administrator it lets go. Does not decide how many removals are too many, and never adds a
//! grant.

use std::collections::BTreeSet;

use proto::{Change, Permission};

use crate::{Changes, Holder};

/// Takes back the revoke that would remove the project's last holder of `admin`, and says so in one sentence for
/// each revoke that is taken back.
///
/// With `group_admins` a group holds `admin` on the project, and nobody is the last. Otherwise every holder counts,
/// foreign ones too: leave out of `current` whom the operators do not count as an administrator, for example the
/// account that this system signs in with. Where everybody would lose `admin` and nobody gains it, the
/// alphabetically first holder keeps it, and nothing else: whoever has left GitLab's project still loses Browse and
/// See Source.
///
/// Counts on the order of [`Changes`]: where a grant of `admin` fails, no revoke may follow.
#[must_use]
pub fn keep_an_administrator(
    mut changes: Changes,
    current: &[Holder],
    group_admins: bool,
) -> (Changes, Vec<String>) {
    let last = if group_admins { None } else { last_administrator(&changes, current) };
    let Some(login) = last else {
        return (changes, Vec::new());
    };
    changes.revokes.retain(|change| !(gives_or_takes_admin(change) && change.login == login));
    (changes, vec![format!("{login} keeps admin: otherwise nobody would hold it on this project")])
}

/// Who has to keep `admin`, when everybody who holds it would lose it and nobody gains it.
fn last_administrator<'a>(changes: &Changes, current: &'a [Holder]) -> Option<&'a str> {
    if changes.grants.iter().any(gives_or_takes_admin) {
        return None;
    }
    let losing: BTreeSet<&str> =
        changes.revokes.iter().filter(|c| gives_or_takes_admin(c)).map(|c| c.login.as_str()).collect();
    let holding = current.iter().filter(|holder| holder.permissions.contains(Permission::Admin));
    let holding: BTreeSet<&str> = holding.map(|holder| holder.login.as_str()).collect();
    if holding.is_subset(&losing) { holding.first().copied() } else { None }
}

fn gives_or_takes_admin(change: &Change) -> bool {
    change.permission == Permission::Admin
}
