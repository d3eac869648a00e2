//! The difference between what SonarQube shows and what it should show, in single grants and revokes.
//!
//! Decides which permissions are missing and which are too many. Does not decide whether a change is safe
//! ([`keep_an_administrator`](crate::keep_an_administrator)), how many are too many, nor how they are written.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
};

use proto::{Change, ChangeKind, PermissionSet, Visibility};

use crate::{Holder, Owner, stored};

/// What has to change on one SonarQube project, each list by login, then permission. `Display` is the operator's
/// plan: one line a person and kind.
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

    /// All changes in the order in which they are to be made: grants first.
    pub fn iter(&self) -> impl Iterator<Item = &Change> {
        self.grants.iter().chain(&self.revokes)
    }
}

impl fmt::Display for Changes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_empty() {
            return f.write_str("nothing to change");
        }
        let lines = self.iter().collect::<Vec<_>>();
        let people = lines.chunk_by(|a, b| a.kind == b.kind && a.login == b.login).filter_map(Line::of);
        for (number, line) in people.enumerate() {
            let end_of_last = if number == 0 { "" } else { "\n" };
            write!(f, "{end_of_last}{} {}: {}", line.sign, line.login, line.permissions)?;
        }
        Ok(())
    }
}

struct Line<'a> {
    sign: char,
    login: &'a str,
    permissions: PermissionSet,
}

impl<'a> Line<'a> {
    fn of(changes: &[&'a Change]) -> Option<Self> {
        let first = changes.first()?;
        let sign = match first.kind {
            ChangeKind::Grant => '+',
            ChangeKind::Revoke => '-',
        };
        let permissions = changes.iter().map(|change| change.permission).collect();
        Some(Self { sign, login: &first.login, permissions })
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
            changes.grants.extend(each(ChangeKind::Grant, login, wants.minus(holds)));
            changes.revokes.extend(each(ChangeKind::Revoke, login, holds.minus(wants)));
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

fn each(kind: ChangeKind, login: &str, permissions: PermissionSet) -> impl Iterator<Item = Change> {
    permissions.iter().map(move |permission| Change { kind, login: login.to_owned(), permission })
}
