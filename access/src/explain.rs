//! Who has what, and why: GitLab's list, which decides, beside the paths that lead there.
//!
//! Decides nothing that is written anywhere: a difference between the two is told, and the list stands.

use std::collections::BTreeSet;

use proto::{AccessLevel, AccessVerdict, LeftOutReason, PersonAccess, UserId, Void};

use crate::{EffectiveAccess, Exemptions, MembershipRow, Paths, PersonPaths, RoleMap, Seat, effective};

/// Everybody whom GitLab lists or a path leads to, by user id.
///
/// `authority` is what GitLab's list comes to, with the same exemptions. Whoever is not on it and would have access by
/// the paths is `Unlisted`; whoever is not on it and would have none is left out for the reason that the paths give.
#[must_use]
pub fn explain(
    authority: &EffectiveAccess,
    mut paths: Paths,
    exempt: &Exemptions,
    roles: &RoleMap,
) -> Vec<PersonAccess> {
    let is_listed = |id: &UserId| authority.people.contains_key(id) || authority.left_out.contains_key(id);
    let unlisted = paths.people.iter().filter(|(id, _)| !is_listed(id));
    let unlisted = effective(unlisted.flat_map(|(id, person)| rows(*id, person)), exempt);
    let listed = authority.people.keys().chain(authority.left_out.keys());
    let everybody: BTreeSet<UserId> = listed.chain(paths.people.keys()).copied().collect();
    let answer = |id| {
        let found = paths.people.remove(&id);
        let by_paths = found.as_ref().map_or(AccessLevel::None, PersonPaths::level);
        let (username, answer) = Answer::of(id, authority)
            .or_else(|| Answer::of(id, &unlisted).map(|(username, answer)| (username, answer.unlisted())))?;
        Some(PersonAccess {
            id,
            username: username.to_owned(),
            by_paths: answer.level().filter(|level| *level != by_paths).map(|_| by_paths),
            verdict: answer.verdict(roles),
            paths: found.map_or_else(Vec::new, |person| person.paths),
        })
    };
    everybody.into_iter().filter_map(answer).collect()
}

/// What the list says of a person.
#[derive(Debug, Clone, Copy)]
enum Answer {
    Access(AccessLevel),
    LeftOut(LeftOutReason),
    Unlisted,
}

impl Answer {
    fn of(id: UserId, access: &EffectiveAccess) -> Option<(&str, Self)> {
        let person = access.people.get(&id).map(|person| (&*person.username, Self::Access(person.level)));
        let left_out = || access.left_out.get(&id).map(|left| (&*left.username, Self::LeftOut(left.reason)));
        person.or_else(left_out)
    }

    /// This answer of the paths, for somebody whom the list does not have.
    const fn unlisted(self) -> Self {
        match self {
            Self::Access(_) | Self::Unlisted => Self::Unlisted,
            Self::LeftOut(reason) => Self::LeftOut(reason),
        }
    }

    /// The level that the list gives to a person who can use it. Of everybody else it may say anything.
    const fn level(self) -> Option<AccessLevel> {
        match self {
            Self::Access(level) => Some(level),
            Self::Unlisted | Self::LeftOut(LeftOutReason::NoAccess | LeftOutReason::Awaiting) => {
                Some(AccessLevel::None)
            }
            Self::LeftOut(LeftOutReason::NotActive | LeftOutReason::Bot | LeftOutReason::Exempt) => None,
        }
    }

    fn verdict(self, roles: &RoleMap) -> AccessVerdict {
        match self {
            Self::Access(level) => AccessVerdict::Access { level, permissions: roles.permissions(level) },
            Self::LeftOut(reason) => AccessVerdict::LeftOut { reason },
            Self::Unlisted => AccessVerdict::Unlisted,
        }
    }
}

/// The lines that GitLab's list would have of a person, by the paths.
fn rows(user: UserId, person: &PersonPaths) -> impl Iterator<Item = MembershipRow> {
    person.paths.iter().map(move |path| MembershipRow {
        user,
        username: person.username.clone(),
        level: if path.void == Some(Void::Awaiting) { path.own } else { path.level },
        account: person.account,
        seat: if path.void == Some(Void::Awaiting) { Seat::Awaiting } else { Seat::Active },
        bot: person.bot,
    })
}
