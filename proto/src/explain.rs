//! Why somebody has access: every path from a membership in GitLab to a project, and what becomes of it.

mod words;

use jiff::{Timestamp, civil::Date};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{AccessLevel, GroupId, LeftOutReason, PermissionSet, ProjectId, UserId, Visibility};

/// A group, named for people.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
pub struct GroupRef {
    /// GitLab's id.
    pub id: GroupId,
    /// Its full path at the time of the reading.
    pub path: String,
}

/// Where a membership lies, or where a group is invited to.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "kind", content = "group", rename_all = "snake_case")]
pub enum Place {
    /// The project itself.
    Project,
    /// The personal namespace that the project lies in: its owner needs no membership.
    Namespace,
    /// A group.
    Group(GroupRef),
}

/// One way from a membership to the project: the membership, then each step on the way.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct AccessPath {
    /// What the path gives: the membership's level, capped by each invitation on the way. Nothing when it is void.
    pub level: AccessLevel,
    /// Where the membership lies.
    pub of: Place,
    /// The membership's own level.
    pub own: AccessLevel,
    /// From the membership to the project, in this order. Empty for a membership in the project itself.
    pub through: Vec<Step>,
    /// The earliest end date of the membership and of the invitations. GitLab grants until its nightly job removes the
    /// row.
    pub ends: Option<Date>,
    /// Why the path gives nothing, where it gives nothing.
    pub void: Option<Void>,
}

/// A step of a path.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Step {
    /// Members of a group are members of everything below it.
    Inherited {
        /// The place below.
        to: Place,
    },
    /// A group was invited: its members have at most the cap there.
    Invited {
        /// Where to.
        to: Place,
        /// The highest level that the invitation gives.
        cap: AccessLevel,
    },
}

/// Why a path gives nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Void {
    /// The membership waits for a seat.
    Awaiting,
    /// The membership, or the cap of an invitation, is minimal access or less.
    TooLow,
    /// The project's namespace forbids sharing with groups, so an invitation to the project counts for nothing.
    ShareLock,
}

/// A person, what they get, and every path that leads there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct PersonAccess {
    /// GitLab's id.
    pub id: UserId,
    /// The GitLab username.
    pub username: String,
    /// What GitLab's list of members comes to.
    pub verdict: AccessVerdict,
    /// Every path that was found, the one that decides first.
    pub paths: Vec<AccessPath>,
    /// The level by the paths, where it is another one than GitLab's list says. The list decides.
    pub by_paths: Option<AccessLevel>,
}

/// What a person gets.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum AccessVerdict {
    /// Access at a level, and what the role map makes of it; that may be nothing.
    Access {
        /// The effective level.
        level: AccessLevel,
        /// The permissions in SonarQube.
        permissions: PermissionSet,
    },
    /// Nothing, for a reason.
    LeftOut {
        /// The reason.
        reason: LeftOutReason,
    },
    /// GitLab's list does not have the person, though a path leads to the project.
    Unlisted,
    /// GitLab knows the person, and no membership leads to the project.
    NoMembership,
}

/// Who has what in a project, and why, as read at one moment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct AccessReport {
    /// GitLab's id of the project.
    pub project: ProjectId,
    /// Its path with namespace.
    pub path: String,
    /// The visibility that SonarQube should show; nothing when visibility is not synchronised.
    pub visibility: Option<Visibility>,
    /// When the reading of GitLab began.
    pub read_at: Timestamp,
    /// Everybody whom GitLab lists or a path leads to, by id; one person when one was asked for.
    pub people: Vec<PersonAccess>,
    /// Groups that may lead to the project and that the token may not see.
    pub unseen: Vec<UnseenGroup>,
}

/// A group whose members the token may not see, or may not see for all that is known. While a plan has any, nobody is
/// revoked.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
pub struct UnseenGroup {
    /// GitLab's id; none where GitLab does not even name it.
    pub id: Option<GroupId>,
    /// Its full path, where whoever names the group shows it.
    pub path: Option<String>,
}
