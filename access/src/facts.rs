//! What was read of the memberships that may lead to a project: who is a member of what, and what is invited where.
//!
//! Decides nothing. What follows from it is found by [`paths`](crate::paths()), by GitLab's published rule.

use std::collections::BTreeMap;

use jiff::civil::Date;
use proto::{AccessLevel, GroupId};

use crate::MembershipRow;

/// Everything that may lead to one project. A group that something refers to and that is not in `groups` is unseen:
/// the token may not see its members.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Facts {
    /// The project.
    pub project: ProjectFacts,
    /// The groups that could be read.
    pub groups: BTreeMap<GroupId, GroupFacts>,
}

/// What was read of the project itself.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ProjectFacts {
    /// Its direct members.
    pub members: Vec<Membership>,
    /// The owner of the personal namespace that it lies in, with the level Owner.
    pub owner: Option<Membership>,
    /// The group that it lies in.
    pub group: Option<GroupId>,
    /// The groups that are invited to it.
    pub invited: Vec<Invitation>,
    /// Whether its namespace forbids sharing with groups (`share_with_group_lock`): groups that were invited before
    /// give nothing then.
    pub share_lock: bool,
}

/// What was read of a group.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct GroupFacts {
    /// Its full path.
    pub path: String,
    /// The group that it lies in.
    pub parent: Option<GroupId>,
    /// Its direct members.
    pub members: Vec<Membership>,
    /// The groups that are invited to it.
    pub invited: Vec<Invitation>,
}

/// A direct member of a project or group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Membership {
    /// Who, and at which level.
    pub row: MembershipRow,
    /// Its end date. Until GitLab's nightly job removes the row, it counts.
    pub ends: Option<Date>,
}

/// A group that is invited to a project or to another group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Invitation {
    /// The invited group.
    pub group: GroupId,
    /// Its full path, where the place that it is invited to shows it.
    pub path: Option<String>,
    /// The highest level that its members get.
    pub cap: AccessLevel,
    /// Its end date; as with a membership, it counts until GitLab removes it.
    pub ends: Option<Date>,
}
