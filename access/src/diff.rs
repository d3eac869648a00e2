//! The difference between what SonarQube shows and what it should show, in single grants and revokes.
//!
//! Decides which permissions are missing and which are too many. Does not decide whether a change is safe
//! ([`keep_an_administrator`](crate::keep_an_administrator)), how many are too many at once ([`Cap`](crate::Cap)), nor
//! how they are written.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
};

use proto::{Change, ChangeKind, Grantee, Lines, PermissionSet, Visibility};

use crate::{Holder, Owner, stored};

/// What has to change on one SonarQube project, each list by grantee, then permission. `Display` is the operator's
/// plan: one line a grantee and kind.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Changes {
    /// To be made first.
    pub grants: Vec<Change>,
    /// To be made when all grants are.
    pub revokes: Vec<Change>,
}

impl Changes {
    /// Whether SonarQube already shows what it should.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.grants.is_empty() && self.revokes.is_empty()
    }

    /// How many grants and revokes there are.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.grants.len() + self.revokes.len()
    }

    /// Those that `other` does not have.
    #[must_use]
    pub fn without(&self, other: &Self) -> Self {
        let rest = |all: &[Change], other: &[Change]| {
            let other: BTreeSet<&Change> = other.iter().collect();
            all.iter().filter(|change| !other.contains(change)).cloned().collect()
        };
        Self { grants: rest(&self.grants, &other.grants), revokes: rest(&self.revokes, &other.revokes) }
    }

    /// All changes in the order in which they are to be made: grants first.
    pub fn iter(&self) -> impl Iterator<Item = &Change> {
        self.grants.iter().chain(&self.revokes)
    }
}

impl fmt::Display for Changes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Lines::of(self.iter()).fmt(f)
    }
}

/// Compares what each login should hold with what it holds.
///
/// Whoever holds something and is not in `desired` has left and loses all of it. A foreign login is passed over,
/// even where it is desired. `visibility` is that of the project when the changes are made: on a public project
/// `user` and `codeviewer` are neither granted (dropped without a word) nor revoked (answered with 400:
/// `Permission user can't be removed from a public component`).
/// A login that is listed twice, as it happens when SonarQube's pages shift, holds what either line says; it is
/// foreign if either line says so.
#[must_use]
pub fn diff(
    desired: &BTreeMap<String, PermissionSet>,
    current: &[Holder],
    visibility: Visibility,
) -> Changes {
    let held = by_login(current);
    let logins: BTreeSet<&str> = desired.keys().map(String::as_str).chain(held.keys().copied()).collect();
    let mut changes = Changes::default();
    for login in logins {
        let (holds, owner) = held.get(login).copied().unwrap_or((PermissionSet::EMPTY, Owner::Ours));
        if owner == Owner::Ours {
            let wants = stored(desired.get(login).copied().unwrap_or_default(), visibility);
            let holds = stored(holds, visibility);
            let grantee = Grantee::Login(login.to_owned());
            changes.grants.extend(each(ChangeKind::Grant, &grantee, wants.minus(holds)));
            changes.revokes.extend(each(ChangeKind::Revoke, &grantee, holds.minus(wants)));
        }
    }
    changes
}

fn by_login(current: &[Holder]) -> BTreeMap<&str, (PermissionSet, Owner)> {
    let mut held = BTreeMap::new();
    for holder in current {
        let (permissions, owner) =
            held.entry(holder.login.as_str()).or_insert((PermissionSet::EMPTY, Owner::Ours));
        *permissions = permissions.iter().chain(holder.permissions.iter()).collect();
        *owner = holder.owner.max(*owner);
    }
    held
}

/// One change of this kind for each permission.
pub fn each(
    kind: ChangeKind,
    grantee: &Grantee,
    permissions: PermissionSet,
) -> impl Iterator<Item = Change> + use<> {
    let grantee = grantee.clone();
    let changes: Vec<Change> =
        permissions.iter().map(|permission| Change { kind, grantee: grantee.clone(), permission }).collect();
    changes.into_iter()
}
