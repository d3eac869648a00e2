//! How a task is shown. `id`, `state`, `job` and `ended_at` are the older tool's names.

use jiff::Timestamp;
use proto::{Cause, Outcome, PlanSummary, ProjectId, ProjectOutcome, Stages, TaskId, TaskRecord, TaskState};
use schemars::JsonSchema;
use serde::Serialize;

use super::summary::summary;
use crate::intake::Accepted;

/// What a caller is told about an accepted trigger.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "Accepted")]
pub(crate) struct AcceptedBody {
    /// The task that does what was asked for.
    id: TaskId,
    /// The same in words.
    message: String,
    /// The GitLab project.
    project: ProjectId,
    /// Whether the trigger joined a task that waited already.
    joined: bool,
}

impl AcceptedBody {
    pub(crate) fn new(project: ProjectId, Accepted { task, joined }: Accepted) -> Self {
        let joined = joined.into();
        let what = if joined { "joined the task that waits" } else { "was added to the queue" };
        Self {
            id: task,
            message: format!("The synchronisation of project {project} {what}"),
            project,
            joined,
        }
    }
}

/// A task: where it stands, what is planned, what became of it.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "Task")]
pub(crate) struct TaskBody {
    /// The task.
    id: TaskId,
    /// Where it stands.
    state: TaskState,
    /// The GitLab project; the older tool called it the job.
    job: ProjectId,
    /// The GitLab project.
    project: ProjectId,
    /// Who or what asked first.
    cause: Cause,
    /// One sentence for people.
    summary: String,
    /// Why it is deferred, failed, skipped or canceled.
    reason: Option<String>,
    /// When it reached each stage for the last time.
    stages: Stages,
    /// What its plan says, once there is one.
    plan: Option<PlanSummary>,
    /// When it ended.
    ended_at: Option<Timestamp>,
    /// What became of it.
    outcome: Option<Outcome>,
    /// The trace that all its stages share (32 hex digits), where tracing is on.
    trace_id: Option<String>,
    /// Rises with every change of the task: `?wait=30&after=REVISION` waits for the next one.
    revision: u64,
}

impl TaskBody {
    pub(crate) fn new(record: TaskRecord, revision: u64) -> Self {
        let summary = summary(&record);
        let TaskRecord {
            id,
            project,
            cause,
            state,
            reason,
            waits: _,
            write_waits: _,
            stages,
            plan,
            outcome,
            trace_id,
        } = record;
        let (job, ended_at) = (project, stages.ended);
        Self {
            id,
            state,
            job,
            project,
            cause,
            summary,
            reason,
            stages,
            plan,
            ended_at,
            outcome,
            trace_id,
            revision,
        }
    }

    pub(super) fn is_in(&self, state: TaskState) -> bool {
        self.state == state
    }

    /// The state on a line of its own, what there is to say, and what was done to each SonarQube project.
    pub(crate) fn text(&self) -> String {
        let projects = self.outcome.as_ref().map(|outcome| outcome.projects.as_slice()).unwrap_or_default();
        let told = projects.iter().filter(|project| is_worth_telling(project)).map(ToString::to_string);
        format!("{}\n{}\n{}", self.state.key(), self.summary, told.collect::<String>())
    }
}

const fn is_worth_telling(project: &ProjectOutcome) -> bool {
    let ProjectOutcome { visibility, changes, kept, drift, exposure, .. } = project;
    visibility.is_some() || !changes.is_empty() || !kept.is_empty() || *drift > 0 || !exposure.is_empty()
}
