//! What somebody else changed in SonarQube since this system wrote: by hand, or with another tool.
//!
//! Decides what counts as such a change, and which changes of a plan would undo one. Whether they are undone, a setting
//! says.

use std::collections::BTreeSet;

use proto::{Change, ChangeKind, Grantee, HeldByLogin as Held, Visibility};

use crate::{Changes, Holder, Owner, each, stored};

/// The changes that lead from what this system left (`written`) to what is there now, as what the other one did; by
/// login, then permission. Only accounts that are this system's count, which `is_ours` tells also of those that hold
/// nothing now: one that was deactivated has lost everything by that.
#[must_use]
pub fn drift(
    written: &Held,
    current: &[Holder],
    visibility: Visibility,
    is_ours: impl Fn(&str) -> bool,
) -> Vec<Change> {
    let now: Held = current
        .iter()
        .filter(|holder| holder.owner == Owner::Ours)
        .map(|holder| (holder.login.clone(), holder.permissions))
        .collect();
    let foreign: BTreeSet<&str> = current
        .iter()
        .filter(|holder| holder.owner == Owner::Foreign)
        .map(|holder| holder.login.as_str())
        .collect();
    let logins: BTreeSet<&String> = written.keys().chain(now.keys()).collect();
    let counts = |login: &&&String| !foreign.contains(login.as_str()) && is_ours(login);
    logins
        .iter()
        .filter(counts)
        .flat_map(|login| {
            let before = stored(written.get(*login).copied().unwrap_or_default(), visibility);
            let after = stored(now.get(*login).copied().unwrap_or_default(), visibility);
            let grantee = Grantee::Login((*login).clone());
            let given = each(ChangeKind::Grant, &grantee, after.minus(before));
            given.chain(each(ChangeKind::Revoke, &grantee, before.minus(after)))
        })
        .collect()
}

/// The changes without those that would undo what somebody else did.
///
/// Who has left GitLab's project since this system wrote loses everything all the same, what somebody else gave
/// included: leaving a grant must not keep a leaver in.
#[must_use]
pub fn leave_drift(mut changes: Changes, drift: &[Change], written: &Held, desired: &Held) -> Changes {
    let drift: BTreeSet<&Change> = drift.iter().collect();
    let did = |kind, change: &Change| drift.contains(&Change { kind, ..change.clone() });
    changes.grants.retain(|grant| !did(ChangeKind::Revoke, grant));
    changes.revokes.retain(|revoke| {
        let has_left = revoke
            .grantee
            .login()
            .is_some_and(|login| written.contains_key(login) && !desired.contains_key(login));
        has_left || !did(ChangeKind::Grant, revoke)
    });
    changes
}
