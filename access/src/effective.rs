//! Effective access: what a person has in a project, from all rows that GitLab lists of that person.
//!
//! Decides who has access at which level, and why everybody else has none. Does not decide what a level is worth in
//! SonarQube ([`RoleMap`](crate::RoleMap)), and does not compute inheritance or shares: GitLab has done so in every
//! row's level.

use std::collections::{BTreeMap, BTreeSet};

use proto::{AccessLevel, LeftOut, LeftOutReason, UserId};

use crate::{Account, MembershipRow, Seat};

/// Who is left out whatever GitLab says; by default the bots and nobody else.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Exemptions {
    /// People whose grants are neither given nor taken.
    pub users: BTreeSet<UserId>,
    /// What becomes of the accounts of access tokens.
    pub bots: BotRule,
}

/// What becomes of the accounts that GitLab makes for access tokens of projects and groups.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum BotRule {
    /// They get nothing.
    #[default]
    LeaveOut,
    /// They count like people.
    Include,
}

/// Everybody whom GitLab lists, each in exactly one of the two maps.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct EffectiveAccess {
    /// Who has access.
    pub people: BTreeMap<UserId, EffectivePerson>,
    /// Who has none, and why.
    pub left_out: BTreeMap<UserId, LeftOut>,
}

/// A person who has access.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EffectivePerson {
    /// The GitLab username.
    pub username: String,
    /// The highest level over all rows that count.
    pub level: AccessLevel,
}

/// Folds GitLab's rows to one answer a person: the highest level over the rows that count.
///
/// Neither the order of the rows nor repeated rows matter, as pages may overlap and `members/all` may list a person
/// twice (gitlab-org/gitlab issues 23622, 51854). A row never takes away what another gives. Whom several reasons
/// leave out is listed with the first of: exempt, bot, account not active, awaiting a seat, no access. Where rows of
/// one person differ in the username, the alphabetically first one stands.
#[must_use]
pub fn effective(rows: impl IntoIterator<Item = MembershipRow>, exempt: &Exemptions) -> EffectiveAccess {
    let mut answers: BTreeMap<UserId, (Standing, String)> = BTreeMap::new();
    for row in rows {
        let standing = Standing::of(&row, exempt);
        let (best, username) = answers.entry(row.user).or_insert_with(|| (standing, row.username.clone()));
        *best = standing.max(*best);
        if row.username < *username {
            *username = row.username;
        }
    }
    let mut access = EffectiveAccess::default();
    for (user, (standing, username)) in answers {
        access.insert(user, username, standing);
    }
    access
}

impl EffectiveAccess {
    fn insert(&mut self, id: UserId, username: String, standing: Standing) {
        match standing.level_or_reason() {
            Ok(level) => {
                self.people.insert(id, EffectivePerson { username, level });
            }
            Err(reason) => {
                self.left_out.insert(id, LeftOut { id, username, reason });
            }
        }
    }
}

/// What one row says of its person. Of two rows the greater one stands: access before any reason against it, and
/// the reasons in the order in which they are told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Standing {
    NoAccess,
    Awaiting,
    NotActive,
    Bot,
    Exempt,
    Access(AccessLevel),
}

impl Standing {
    fn of(row: &MembershipRow, exempt: &Exemptions) -> Self {
        if exempt.users.contains(&row.user) {
            Self::Exempt
        } else if row.bot && exempt.bots == BotRule::LeaveOut {
            Self::Bot
        } else if row.account == Account::Inactive {
            Self::NotActive
        } else if row.level <= AccessLevel::Minimal {
            Self::NoAccess
        } else if row.seat == Seat::Awaiting {
            Self::Awaiting
        } else {
            Self::Access(row.level)
        }
    }

    const fn level_or_reason(self) -> Result<AccessLevel, LeftOutReason> {
        match self {
            Self::Access(level) => Ok(level),
            Self::Exempt => Err(LeftOutReason::Exempt),
            Self::Bot => Err(LeftOutReason::Bot),
            Self::NotActive => Err(LeftOutReason::NotActive),
            Self::Awaiting => Err(LeftOutReason::Awaiting),
            Self::NoAccess => Err(LeftOutReason::NoAccess),
        }
    }
}
