//! How far projects are, as a gateway tells it and the command line shows it.

mod service;
mod words;

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub use self::service::{ProjectCounts, QueueStatus, ServiceStatus, TokenStatus};
use crate::{HeldProject, Hold, LastSync, Pause, Person, ProjectId, ProjectOutcome, TaskId, Verdict};

/// One page of projects.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "Projects")]
pub struct ProjectsPage {
    /// Who paused everything, and why; null when nobody did.
    pub paused: Option<Pause>,
    /// The projects, by id.
    pub items: Vec<ProjectStatus>,
    /// What to give as `after` for the next page; null on the last one.
    pub next: Option<ProjectId>,
}

/// How far a project is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "Project")]
pub struct ProjectStatus {
    /// GitLab's id of the project.
    pub id: ProjectId,
    /// Who paused it, and why; null when it is not paused by itself.
    pub paused: Option<Pause>,
    /// The newest task that was accepted.
    pub newest: Option<Reached>,
    /// The newest task that was begun.
    pub started: Option<Reached>,
    /// The newest task whose plan was written to SonarQube.
    pub applied: Option<Reached>,
    /// How the last sync ended; a failed one leaves it as it is.
    pub last: Option<LastEnd>,
    /// When SonarQube was last brought in line with GitLab.
    pub last_success: Option<Timestamp>,
    /// How long ago that was, in whole seconds.
    pub stale_seconds: Option<u64>,
    /// Who has access and has not signed in to SonarQube yet.
    pub pending: Pending,
    /// Whether SonarQube had no project for it at the last sync.
    pub sonarqube_missing: bool,
    /// The plan that waits for a person's approval; null when none does, or when a person has decided.
    pub held: Option<HeldPlan>,
}

/// A task, and when it came so far.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Reached {
    /// The task.
    pub task: TaskId,
    /// When.
    pub at: Timestamp,
}

/// How a sync ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct LastEnd {
    /// The task.
    pub task: TaskId,
    /// When it ended.
    pub at: Timestamp,
    /// The end in one word.
    pub verdict: Verdict,
    /// Why it was skipped, held or failed.
    pub reason: Option<String>,
    /// How many permissions were granted; of a verdict held or observed, how many would be.
    pub granted: usize,
    /// How many permissions were revoked, likewise.
    pub revoked: usize,
    /// How many grants somebody else had changed.
    pub drift: usize,
    /// Which groups let people in whom GitLab keeps out, one sentence each.
    pub exposure: Vec<String>,
    /// What was wanted and not done, one sentence each.
    pub kept: Vec<String>,
}

/// Who has access and has not signed in to SonarQube yet.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Pending {
    /// How many people.
    pub count: usize,
    /// The first 100 of them.
    pub people: Vec<Person>,
}

/// A plan that waits for a person's approval.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct HeldPlan {
    /// The task whose plan was held first.
    pub task: TaskId,
    /// What an approval or a rejection names.
    pub digest: String,
    /// When it was held.
    pub at: Timestamp,
    /// Why, one sentence each.
    pub reasons: Vec<String>,
    /// How many permissions it would give.
    pub grants: usize,
    /// How many it would take.
    pub revokes: usize,
    /// What it would change, project by project, the first 2,000 changes of all; null in lists.
    pub projects: Option<Vec<HeldProject>>,
}

impl HeldPlan {
    /// Without the list of changes, as lists show it.
    #[must_use]
    pub fn in_brief(self) -> Self {
        Self { projects: None, ..self }
    }
}

impl From<Hold> for HeldPlan {
    fn from(
        Hold { task, digest, at, reasons, grants, revokes, projects, hourly: _, begun: _ }: Hold,
    ) -> Self {
        Self { task, digest, at, reasons, grants, revokes, projects: Some(projects) }
    }
}

impl From<LastSync> for LastEnd {
    fn from(LastSync { task, at, outcome }: LastSync) -> Self {
        let sum = |count: fn(&ProjectOutcome) -> usize| outcome.projects.iter().map(count).sum();
        let (granted, revoked, drift) = (sum(|p| p.granted), sum(|p| p.revoked), sum(|p| p.drift));
        let exposure = outcome
            .projects
            .iter()
            .flat_map(|p| p.exposure.iter().map(|exposure| format!("{}: {exposure}", p.key)));
        let kept =
            outcome.projects.iter().flat_map(|p| p.kept.iter().map(|kept| format!("{}: {kept}", p.key)));
        let (exposure, kept) = (exposure.collect(), kept.collect());
        Self {
            task,
            at,
            verdict: outcome.verdict,
            reason: outcome.reason,
            granted,
            revoked,
            drift,
            exposure,
            kept,
        }
    }
}
