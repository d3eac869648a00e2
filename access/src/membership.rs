//! One line of GitLab's list of members, in the words of the domain.
//!
//! Decides what GitLab's words for the state of an account and of a membership mean. Does not decide what a person
//! gets from several rows ([`effective`](crate::effective())), nor how a bot is told from a person: whoever reads
//! GitLab does that.

use proto::{AccessLevel, UserId};

/// One row of `GET /projects/:id/members/all`. A person may have several.
///
/// `expires_at` is left out on purpose: GitLab keeps granting until its own nightly job removes the row
/// (`app/workers/remove_expired_members_worker.rb`), and the date may belong to another membership than the level.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MembershipRow {
    /// GitLab's id of the person.
    pub user: UserId,
    /// The GitLab username.
    pub username: String,
    /// The row's level; a custom role counts by its base level, as in GitLab's own `access_level`.
    pub level: AccessLevel,
    /// Whether the account can be used.
    pub account: Account,
    /// Whether the membership counts.
    pub seat: Seat,
    /// Whether the account belongs to an access token of a project or group.
    pub bot: bool,
}

/// Whether a GitLab account can be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Account {
    /// Can sign in.
    Active,
    /// Blocked, banned, deactivated, not approved yet, or in a state that is not known.
    Inactive,
}

impl Account {
    /// Reads GitLab's user `state` (`app/models/user.rb`: `active`, `blocked`, `ldap_blocked`, `banned`,
    /// `deactivated`, `blocked_pending_approval`). Only `active` is active: an unknown state gives nothing.
    #[must_use]
    pub fn from_gitlab(state: &str) -> Self {
        if state == "active" { Self::Active } else { Self::Inactive }
    }
}

/// Whether a membership counts, in editions where members need a seat.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Seat {
    /// Counts.
    Active,
    /// Waits for a seat, or is in a state that is not known; GitLab gives nothing for it.
    Awaiting,
}

impl Seat {
    /// Reads GitLab's `membership_state` (`ee/app/models/ee/member.rb`: `active`, `awaiting`). Absent where members
    /// need no seat; `created` was the early 14.x word for a membership that had never waited. An unknown state
    /// gives nothing.
    #[must_use]
    pub fn from_gitlab(membership_state: Option<&str>) -> Self {
        match membership_state {
            None | Some("active" | "created") => Self::Active,
            Some(_) => Self::Awaiting,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_an_active_account_is_active() {
        assert_eq!(Account::from_gitlab("active"), Account::Active);
        let inactive = [
            "blocked",
            "ldap_blocked",
            "banned",
            "deactivated",
            "blocked_pending_approval",
            "hibernating",
            "",
        ];
        for state in inactive {
            assert_eq!(Account::from_gitlab(state), Account::Inactive, "{state:?}");
        }
    }

    #[test]
    fn a_membership_without_a_state_needs_no_seat() {
        assert_eq!(Seat::from_gitlab(None), Seat::Active);
    }

    #[test]
    fn a_membership_that_awaits_or_whose_state_is_unknown_does_not_count() {
        let readings = [
            ("active", Seat::Active),
            ("created", Seat::Active),
            ("awaiting", Seat::Awaiting),
            ("suspended", Seat::Awaiting),
        ];
        for (state, seat) in readings {
            assert_eq!(Seat::from_gitlab(Some(state)), seat, "{state:?}");
        }
    }
}
