//! What an event of GitLab may have changed of access. An event is a hint: what it says is never believed, only read.
//!
//! Rather once too often: where an event is about a membership and does not say what happened to it, it counts.

use std::fmt;

use proto::{EventUser, GitLabEvent, GitLabEventKind as Kind, GroupId, ProjectId, UserId};
use schemars::JsonSchema;
use serde::Serialize;

/// What is to be looked at after an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, JsonSchema)]
#[serde(tag = "kind", content = "id", rename_all = "snake_case")]
pub(crate) enum Consequence {
    /// A project: it gets a task.
    Project(ProjectId),
    /// A group: every project that it reaches gets a task.
    Group(GroupId),
    /// A person: every project that they have access to gets a task.
    User(UserId),
}

/// Why an event leads to nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum NoConsequence {
    /// It cannot have changed access.
    Harmless,
    /// It may have changed access, and does not say whose: GitLab's own payloads do, custom templates may not.
    Nameless,
}

/// The state of an account that can be used; every other cannot.
const ACTIVE: &str = "active";
/// Somebody tried to sign in who may not.
pub(super) const FAILED_SIGN_IN: &str = "failed_login";
/// What people ask for, and may take back: as long as nobody agrees it changes nothing.
const REQUESTS: [&str; 3] = ["requested", "request_revoked", "request_denied"];

impl Consequence {
    /// What the event may have changed. Only the kinds of [`Kind::ABOUT_ACCESS`] may have changed anything.
    ///
    /// # Errors
    /// When it cannot have changed access, or does not say whose.
    pub(crate) fn of(event: &GitLabEvent) -> Result<Self, NoConsequence> {
        let action = event.action.as_deref();
        let about = match event.kind {
            Kind::ProjectMember | Kind::GroupMember
                if action.is_some_and(|action| REQUESTS.contains(&action)) =>
            {
                return Err(NoConsequence::Harmless);
            }
            // Nobody has access to what is gone, and its members cannot be read any more. (A group's projects are: those
            // that it was invited to stay.)
            Kind::Project if action == Some("destroyed") => return Err(NoConsequence::Harmless),
            Kind::User if !changes(event.user.as_ref(), action) => return Err(NoConsequence::Harmless),
            Kind::ProjectMember | Kind::Project => {
                event.project.as_ref().and_then(|project| project.id).map(Self::Project)
            }
            Kind::GroupMember | Kind::Group => {
                event.group.as_ref().and_then(|group| group.id).map(Self::Group)
            }
            Kind::User => event.user.as_ref().and_then(|user| user.id).map(Self::User),
            Kind::Push
            | Kind::TagPush
            | Kind::RepositoryUpdate
            | Kind::Issue
            | Kind::ConfidentialIssue
            | Kind::Note
            | Kind::ConfidentialNote
            | Kind::MergeRequest
            | Kind::WikiPage
            | Kind::Pipeline
            | Kind::Job
            | Kind::Deployment
            | Kind::FeatureFlag
            | Kind::Release
            | Kind::Milestone
            | Kind::Emoji
            | Kind::AccessToken
            | Kind::Vulnerability
            | Kind::MemberApproval
            | Kind::Key
            | Kind::Unknown => return Err(NoConsequence::Harmless),
        };
        about.ok_or(NoConsequence::Nameless)
    }
}

impl Consequence {
    /// GitLab's id of what it is about.
    pub(crate) const fn number(self) -> u64 {
        match self {
            Self::Project(project) => project.0,
            Self::Group(group) => group.0,
            Self::User(user) => user.0,
        }
    }
}

/// A person who was just created has no access yet. That somebody was blocked, or may not sign in for another reason, is only
/// told when they try to.
fn changes(user: Option<&EventUser>, action: Option<&str>) -> bool {
    let state = || user?.state.as_deref();
    match action {
        Some("created") => false,
        Some(FAILED_SIGN_IN) => state().is_some_and(|state| state != ACTIVE),
        _ => true,
    }
}

impl fmt::Display for Consequence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Project(project) => write!(f, "project {project} is synchronised"),
            Self::Group(group) => write!(f, "every project that group {group} reaches is synchronised"),
            Self::User(user) => write!(f, "every project that user {user} is a member of is synchronised"),
        }
    }
}

#[cfg(test)]
mod tests;
