//! What became of a task.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{LeftOut, Permission, TaskId, UserId, Visibility};

/// The end of a task in one word.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// SonarQube matches the plan.
    Done,
    /// There was nothing to do it to; the reason says why.
    Skipped,
    /// A newer task of the project reads, or has read, everything that this one was asked for.
    Superseded,
    /// It was tried as often as the settings allow; the reason says what stood in the way.
    Failed,
    /// Somebody canceled it before anything was written; the reason says who.
    Canceled,
}

impl Verdict {
    /// The verdict as a word, for metrics and logs.
    #[must_use]
    pub const fn key(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::Skipped => "skipped",
            Self::Superseded => "superseded",
            Self::Failed => "failed",
            Self::Canceled => "canceled",
        }
    }
}

/// What became of a task, with the figures that a developer wants to see.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Outcome {
    /// The end in one word.
    pub verdict: Verdict,
    /// Why it was skipped or failed.
    pub reason: Option<String>,
    /// The newer task that took over, when `verdict` is superseded and it is known.
    pub superseded_by: Option<TaskId>,
    /// How many people have access according to GitLab.
    pub members: usize,
    /// How many people with access SonarQube does not know, because they have not signed in yet.
    pub unmatched: usize,
    /// The first of them.
    pub unmatched_people: Vec<Person>,
    /// How many listed people get nothing.
    pub left_out: usize,
    /// The first of them.
    pub left_out_people: Vec<LeftOut>,
    /// What was done to each SonarQube project.
    pub projects: Vec<ProjectOutcome>,
}

impl Outcome {
    /// How many people or changes are listed by name. The counts are always whole; the lists are cut so that a
    /// record of a project with 50,000 members stays far below what nats-server stores in one message.
    pub const LISTED: usize = 100;

    /// An outcome without figures.
    #[must_use]
    pub const fn bare(verdict: Verdict, reason: Option<String>) -> Self {
        Self {
            verdict,
            reason,
            superseded_by: None,
            members: 0,
            unmatched: 0,
            unmatched_people: Vec::new(),
            left_out: 0,
            left_out_people: Vec::new(),
            projects: Vec::new(),
        }
    }
}

/// A person of GitLab.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Person {
    /// GitLab's id.
    pub id: UserId,
    /// The GitLab username.
    pub username: String,
}

/// What was done to one SonarQube project.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ProjectOutcome {
    /// The project's key in SonarQube.
    pub key: String,
    /// The visibility it was changed to, if it was.
    pub visibility: Option<Visibility>,
    /// How many permissions were granted.
    pub granted: usize,
    /// How many permissions were revoked.
    pub revoked: usize,
    /// The first changes, grants before revokes.
    pub changes: Vec<Change>,
    /// What was wanted and not done, and why: for example the last administrator, who is never removed.
    pub kept: Vec<String>,
}

/// One permission given to, or taken from, one person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Change {
    /// Given or taken.
    pub kind: ChangeKind,
    /// The person's login in SonarQube.
    pub login: String,
    /// The permission.
    pub permission: Permission,
}

/// Given or taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ChangeKind {
    /// Given.
    Grant,
    /// Taken.
    Revoke,
}

impl ChangeKind {
    /// The kind as a word, for subjects, metrics and logs.
    #[must_use]
    pub const fn key(self) -> &'static str {
        match self {
            Self::Grant => "grant",
            Self::Revoke => "revoke",
        }
    }
}
