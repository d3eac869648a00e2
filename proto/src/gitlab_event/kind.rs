//! What an event of GitLab is about.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What an event of GitLab is about. What happened to it is the event's `action`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum GitLabEventKind {
    /// Commits were pushed to a branch, or a branch was made or removed.
    Push,
    /// A tag was made or removed.
    TagPush,
    /// Branches and tags changed, told once for all of a push (system hooks).
    RepositoryUpdate,
    /// An issue, or a work item of another type.
    Issue,
    /// A confidential issue.
    ConfidentialIssue,
    /// A comment.
    Note,
    /// A confidential comment, or one on a confidential issue.
    ConfidentialNote,
    /// A merge request.
    MergeRequest,
    /// A page of a wiki.
    WikiPage,
    /// A pipeline.
    Pipeline,
    /// A job.
    Job,
    /// A deployment.
    Deployment,
    /// A feature flag.
    FeatureFlag,
    /// A release.
    Release,
    /// A milestone.
    Milestone,
    /// An emoji reaction.
    Emoji,
    /// An access token of a project or group that ends soon.
    AccessToken,
    /// A vulnerability.
    Vulnerability,
    /// A direct membership of a project: `added`, `updated`, `removed`, `requested`, `request_revoked`.
    ProjectMember,
    /// A membership of a group: the same, and `request_denied`.
    GroupMember,
    /// A member who waits for a seat.
    MemberApproval,
    /// A project: `created`, `destroyed`, `renamed`, `transferred`, `updated`.
    Project,
    /// A group: `created`, `destroyed`, `renamed`.
    Group,
    /// An account: `created`, `destroyed`, `renamed`, `failed_login` (of one that is blocked).
    User,
    /// An SSH key: `created`, `destroyed`.
    Key,
    /// Anything else: it passes through as it is.
    Unknown,
}

impl GitLabEventKind {
    /// The kinds that may tell of a change of access; all others never do.
    pub const ABOUT_ACCESS: [Self; 5] =
        [Self::ProjectMember, Self::GroupMember, Self::Project, Self::Group, Self::User];

    /// Every kind.
    pub const ALL: [Self; 26] = [
        Self::Push,
        Self::TagPush,
        Self::RepositoryUpdate,
        Self::Issue,
        Self::ConfidentialIssue,
        Self::Note,
        Self::ConfidentialNote,
        Self::MergeRequest,
        Self::WikiPage,
        Self::Pipeline,
        Self::Job,
        Self::Deployment,
        Self::FeatureFlag,
        Self::Release,
        Self::Milestone,
        Self::Emoji,
        Self::AccessToken,
        Self::Vulnerability,
        Self::ProjectMember,
        Self::GroupMember,
        Self::MemberApproval,
        Self::Project,
        Self::Group,
        Self::User,
        Self::Key,
        Self::Unknown,
    ];

    /// The kind as subjects, metrics and logs spell it.
    #[must_use]
    pub const fn key(self) -> &'static str {
        match self {
            Self::Push => "push",
            Self::TagPush => "tag_push",
            Self::RepositoryUpdate => "repository_update",
            Self::Issue => "issue",
            Self::ConfidentialIssue => "confidential_issue",
            Self::Note => "note",
            Self::ConfidentialNote => "confidential_note",
            Self::MergeRequest => "merge_request",
            Self::WikiPage => "wiki_page",
            Self::Pipeline => "pipeline",
            Self::Job => "job",
            Self::Deployment => "deployment",
            Self::FeatureFlag => "feature_flag",
            Self::Release => "release",
            Self::Milestone => "milestone",
            Self::Emoji => "emoji",
            Self::AccessToken => "access_token",
            Self::Vulnerability => "vulnerability",
            Self::ProjectMember => "project_member",
            Self::GroupMember => "group_member",
            Self::MemberApproval => "member_approval",
            Self::Project => "project",
            Self::Group => "group",
            Self::User => "user",
            Self::Key => "key",
            Self::Unknown => "unknown",
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn all_are_all_and_a_key_is_what_is_written() {
        let keys: BTreeSet<String> = GitLabEventKind::ALL.iter().map(|kind| kind.key().to_owned()).collect();
        let schema = serde_json::to_value(schemars::schema_for!(GitLabEventKind)).unwrap();
        let variants = schema["oneOf"].as_array().unwrap();
        let written: BTreeSet<String> =
            variants.iter().map(|variant| variant["const"].as_str().unwrap().to_owned()).collect();
        assert_eq!(keys, written);
        assert_eq!(keys.len(), GitLabEventKind::ALL.len());
    }
}
