//! Every path from a membership to the project, by GitLab's published rule: the reasons behind a level.
//!
//! Decides what each path gives, and which one gives the most. Does not decide what a person gets: the list that GitLab
//! itself computes does ([`effective`](crate::effective())), and the state of an account, bots and exemptions void no
//! path, as they are the person's matter.

use std::{
    cmp::{Ordering, Reverse},
    collections::{BTreeMap, BTreeSet},
};

use proto::{AccessLevel, AccessPath, UnseenGroup, UserId, Void};

use crate::{
    Account, Facts, Membership, MembershipRow, Seat,
    routes::{Route, earliest, routes},
};

/// Everybody to whom a path leads, and what could not be seen.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Paths {
    /// The people.
    pub people: BTreeMap<UserId, PersonPaths>,
    /// Groups that would give access and whose members the token may not see.
    pub unseen: BTreeSet<UnseenGroup>,
}

/// A person, and every path that leads from a membership of theirs to the project.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PersonPaths {
    /// The GitLab username; of several, the alphabetically first.
    pub username: String,
    /// Whether the account can be used; of several answers, the better one.
    pub account: Account,
    /// Whether every row says that this is the account of an access token.
    pub bot: bool,
    /// The paths that count by level, highest first, then those with fewer steps; the void ones last.
    pub paths: Vec<AccessPath>,
}

impl PersonPaths {
    /// The path that decides: the first one, unless it is void.
    #[must_use]
    pub fn winner(&self) -> Option<&AccessPath> {
        self.paths.first().filter(|path| path.void.is_none())
    }

    /// The level that the paths come to.
    #[must_use]
    pub fn level(&self) -> AccessLevel {
        self.winner().map_or(AccessLevel::None, |path| path.level)
    }
}

/// Finds every path to the project.
///
/// The order of the facts does not matter, nor whether they repeat themselves; parents and invitations that go round
/// in circles end where they began. A path that gives nothing is kept, with the reason: a membership that awaits a
/// seat, a level or cap of minimal access or less, a project whose namespace forbids sharing. Of several reasons, the
/// last of these is told. A group that cannot be seen, at the beginning of such a path, is not told of.
#[must_use]
pub fn paths(facts: &Facts) -> Paths {
    let (routes, unseen) = routes(facts);
    let mut people: BTreeMap<UserId, PersonPaths> = BTreeMap::new();
    for route in &routes {
        for membership in route.members {
            let row = &membership.row;
            people.entry(row.user).or_insert_with(|| PersonPaths::of(row)).add(route, membership);
        }
    }
    for person in people.values_mut() {
        person.paths.sort_by(first_told);
        person.paths.dedup();
    }
    Paths { people, unseen }
}

impl PersonPaths {
    fn of(row: &MembershipRow) -> Self {
        Self { username: row.username.clone(), account: row.account, bot: row.bot, paths: Vec::new() }
    }

    fn add(&mut self, route: &Route<'_>, membership: &Membership) {
        let row = &membership.row;
        if row.username < self.username {
            self.username.clone_from(&row.username);
        }
        if row.account == Account::Active {
            self.account = Account::Active;
        }
        self.bot &= row.bot;
        self.paths.push(path(route, membership));
    }
}

fn path(route: &Route<'_>, membership: &Membership) -> AccessPath {
    let own = membership.row.level;
    let void = route.way.void.max(void(&membership.row));
    AccessPath {
        level: if void.is_none() { own.min(route.way.cap) } else { AccessLevel::None },
        of: route.of.clone(),
        own,
        through: route.way.through.clone(),
        ends: earliest(route.way.ends, membership.ends),
        void,
    }
}

fn void(row: &MembershipRow) -> Option<Void> {
    if row.level <= AccessLevel::Minimal {
        Some(Void::TooLow)
    } else {
        (row.seat == Seat::Awaiting).then_some(Void::Awaiting)
    }
}

/// The order in which paths are told.
fn first_told(one: &AccessPath, other: &AccessPath) -> Ordering {
    fn key(path: &AccessPath) -> impl Ord + '_ {
        let steps = (path.through.len(), &path.of, &path.through);
        (path.void.is_some(), Reverse(path.level), steps, Reverse(path.own), path.ends, path.void)
    }
    key(one).cmp(&key(other))
}
