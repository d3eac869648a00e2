//! The nouns of GitLab's membership rules.

use std::fmt::{Display, Formatter};

/// Access levels as integers, because GitLab adds new ones between the old.
pub mod level {
    pub const NONE: u16 = 0;
    pub const MINIMAL: u16 = 5;
    pub const GUEST: u16 = 10;
    pub const PLANNER: u16 = 15;
    pub const REPORTER: u16 = 20;
    pub const SECURITY_MANAGER: u16 = 25;
    pub const DEVELOPER: u16 = 30;
    pub const MAINTAINER: u16 = 40;
    pub const OWNER: u16 = 50;
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UserState {
    Active,
    Blocked,
    Deactivated,
    Banned,
    LdapBlocked,
    BlockedPendingApproval,
}

impl Display for UserState {
    fn fmt(&self, f: &mut Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Active => "active",
            Self::Blocked => "blocked",
            Self::Deactivated => "deactivated",
            Self::Banned => "banned",
            Self::LdapBlocked => "ldap_blocked",
            Self::BlockedPendingApproval => "blocked_pending_approval",
        })
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct User {
    pub id: u64,
    pub username: String,
    pub name: String,
    pub email: String,
    pub state: UserState,
    /// The user behind a project or group access token.
    pub bot: bool,
    /// Instance administrators see everything and are listed nowhere.
    pub admin: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Visibility {
    Private,
    Internal,
    Public,
}

impl Display for Visibility {
    fn fmt(&self, f: &mut Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Private => "private",
            Self::Internal => "internal",
            Self::Public => "public",
        })
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Group {
    pub id: u64,
    pub full_path: String,
    pub visibility: Visibility,
    /// "Projects cannot be shared with other groups": silences the links of the group's projects.
    pub share_with_group_lock: bool,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Project {
    pub id: u64,
    pub path_with_namespace: String,
    pub visibility: Visibility,
    /// The lock of the project's namespace, for tests that build no group for it.
    pub share_with_group_lock: bool,
    /// Paths it had before: GitLab redirects them to the id.
    pub old_paths: Vec<String>,
    pub archived: bool,
    /// The date on which it was marked for deletion; GitLab deletes it later.
    pub marked_for_deletion: Option<String>,
}

/// Where a membership or an invitation of a group lives.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Place {
    Group(u64),
    Project(u64),
}

impl Place {
    /// The id of the group or project.
    pub fn id(self) -> u64 {
        match self {
            Self::Group(id) | Self::Project(id) => id,
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MembershipState {
    Active,
    /// No seat yet: listed, and without any access.
    Awaiting,
}

/// One row of GitLab's members table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Membership {
    pub id: u64,
    pub place: Place,
    /// `None` for an invitation by e-mail that nobody has accepted.
    pub user: Option<u64>,
    pub level: u16,
    /// A date. Decides nothing until GitLab's nightly job removes the row.
    pub expires_at: Option<String>,
    pub state: MembershipState,
    pub access_request: bool,
    /// Stays after the invitation was accepted, and so makes a second row of the same person.
    pub invite_email: Option<String>,
}

/// `place` invited `group` with at most `level`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Link {
    pub place: Place,
    pub group: u64,
    pub level: u16,
    pub expires_at: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum JobStatus {
    /// Waiting for the runner's acknowledgement: its token is good already.
    Pending,
    Running,
    Canceling,
}

impl Display for JobStatus {
    fn fmt(&self, f: &mut Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Pending => "pending",
            Self::Running => "running",
            Self::Canceling => "canceling",
        })
    }
}

/// A job while it runs; afterwards it is gone, and its token with it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Job {
    pub id: u64,
    pub project: u64,
    pub user: u64,
    pub token: String,
    pub status: JobStatus,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TokenState {
    Valid,
    Revoked,
    Expired,
}

/// An access token: it may do what its user may, within its scopes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Token {
    pub user: u64,
    pub name: String,
    pub scopes: Vec<String>,
    pub state: TokenState,
    pub expires_at: Option<String>,
}
