//! What became of a task.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{Change, Exposure, LeftOut, Lines, TaskId, UserId, Visibility, change::ProjectLines};

/// The end of a task in one word.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// SonarQube matches the plan.
    Done,
    /// There was nothing to do it to; the reason says why.
    Skipped,
    /// Nothing was changed: a person has to approve of what would be taken away; the reason says why.
    Held,
    /// Nothing was changed, because this system only observes; the projects say what would be.
    Observed,
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
            Self::Held => "held",
            Self::Observed => "observed",
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
    /// How many people with access SonarQube does not know, because they have not signed in yet. They get their
    /// permissions soon after they have.
    pub pending: usize,
    /// The first of them.
    pub pending_people: Vec<Person>,
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
            pending: 0,
            pending_people: Vec::new(),
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

/// What was done to one SonarQube project; of a verdict held or observed, what would be.
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
    /// How the changes were written; nothing where none were.
    #[serde(default)]
    pub writing: Option<Writing>,
    /// How many grants somebody else changed since the last sync, which are this system's.
    #[serde(default)]
    pub drift: usize,
    /// The first of them, as what the other one did.
    #[serde(default)]
    pub drift_changes: Vec<Change>,
    /// Groups that let people in whom GitLab keeps out, after this sync. Only a private project keeps anybody out.
    #[serde(default)]
    pub exposure: Vec<Exposure>,
}

impl ProjectOutcome {
    /// Of a project to which nothing was done.
    #[must_use]
    pub const fn untouched(key: String, kept: Vec<String>) -> Self {
        Self {
            key,
            visibility: None,
            granted: 0,
            revoked: 0,
            changes: Vec::new(),
            kept,
            writing: None,
            drift: 0,
            drift_changes: Vec::new(),
            exposure: Vec::new(),
        }
    }
}

/// The key on a line of its own, and then each change, each thing that was not done and each thing that others did.
impl fmt::Display for ProjectOutcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { key, granted, revoked, changes, kept, drift_changes, exposure, .. } = self;
        let becomes = self.visibility.map(|becomes| format!(" (becomes {becomes})")).unwrap_or_default();
        writeln!(f, "{key}{becomes}")?;
        let more = (granted + revoked).saturating_sub(changes.len());
        let (changes, drift) = (Lines::of(changes), Lines::of(drift_changes));
        ProjectLines { changes, more, kept, drift, exposure }.fmt(f)
    }
}

/// How changes were written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Writing {
    /// In which way.
    pub way: Way,
    /// How long it was expected to take, in milliseconds.
    pub estimated_ms: u64,
    /// How long it took, in milliseconds.
    pub took_ms: u64,
}

/// A way to write changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Way {
    /// One call for each change.
    Single,
    /// A permission template with everything that the project is to have, applied in one transaction.
    Template,
}

impl Way {
    /// The way as a word, for metrics and logs.
    #[must_use]
    pub const fn key(self) -> &'static str {
        match self {
            Self::Single => "single",
            Self::Template => "template",
        }
    }
}
