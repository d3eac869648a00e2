//! A permission plan: what a project's people should be able to do in SonarQube. Desired state, never steps.

use std::fmt;

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{AccessLevel, Cause, Message, PermissionSet, PlanOrder, ProjectId, TaskId, UnseenGroup, UserId};

/// The desired state of one GitLab project, as read at one moment. Whoever is not in `members` is to have nothing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Plan {
    /// The task that this plan answers.
    pub task: TaskId,
    /// Who or what asked.
    pub cause: Cause,
    /// Which of two plans of one project is the newer one.
    pub order: PlanOrder,
    /// When the reading of GitLab began: whatever changed later is not in the plan.
    pub read_at: Timestamp,
    /// The GitLab project.
    pub project: PlannedProject,
    /// Everybody who is to have permissions, by user id.
    pub members: Vec<Member>,
    /// Everybody whom GitLab lists and who gets nothing, with the reason, by user id.
    pub left_out: Vec<LeftOut>,
    /// Invited groups whose members the token may not see: while there are any, nobody is revoked.
    pub unseen: Vec<UnseenGroup>,
    /// Not GitLab's list but the past is wanted: `members` is empty and means nothing.
    pub restore: Option<Restore>,
}

/// Puts a project back as it was before a task changed it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Restore {
    /// Everything that this task and those after it changed is undone.
    pub before: TaskId,
}

impl Message for Plan {
    const SCHEMA: &'static str = "guassp.plan";
    // 2: `unseen`, without which a reader would revoke too much. 3: `restore`, for the same reason.
    const VERSION: u32 = 3;
}

/// What a plan says of the project itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct PlannedProject {
    /// GitLab's id of the project.
    pub id: ProjectId,
    /// Its path with namespace at the time of the reading.
    pub path: String,
    /// The visibility that SonarQube should show; nothing when visibility is not synchronised.
    pub visibility: Option<Visibility>,
}

/// Who may see a SonarQube project. GitLab's `internal` has no counterpart and counts as private.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Visibility {
    /// Only people and groups with permissions.
    Private,
    /// Everybody.
    Public,
}

impl Visibility {
    /// The value in SonarQube's API.
    #[must_use]
    pub const fn key(self) -> &'static str {
        match self {
            Self::Private => "private",
            Self::Public => "public",
        }
    }
}

impl fmt::Display for Visibility {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.key())
    }
}

/// A person with access.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Member {
    /// GitLab's id of the person; SonarQube keeps it as the external id.
    pub id: UserId,
    /// The GitLab username at the time of the reading.
    pub username: String,
    /// The effective level.
    pub level: AccessLevel,
    /// What the role map makes of the level.
    pub permissions: PermissionSet,
}

/// A person whom GitLab lists and who gets nothing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct LeftOut {
    /// GitLab's id of the person.
    pub id: UserId,
    /// The GitLab username.
    pub username: String,
    /// Why.
    pub reason: LeftOutReason,
}

/// Why a listed person gets nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum LeftOutReason {
    /// The effective level is none or minimal.
    NoAccess,
    /// The account is blocked, banned, deactivated or not approved yet.
    NotActive,
    /// The membership waits for a seat.
    Awaiting,
    /// The account belongs to an access token of a project or group.
    Bot,
    /// A setting exempts the person (`GITLAB_SKIP_USERS`): grants are neither given nor taken.
    Exempt,
}

/// The second half of a sentence that ends with "because".
impl fmt::Display for LeftOutReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NoAccess => "the membership gives no access",
            Self::NotActive => "the account is blocked, deactivated or not approved yet",
            Self::Awaiting => "the membership waits for a seat",
            Self::Bot => "the account belongs to an access token",
            Self::Exempt => "a setting exempts the person",
        })
    }
}
