//! What lies in the key-value buckets: the record of each task, the keys of each project, and the life of the stream
//! of tasks.
//!
//! **Invariant:** nothing is coalesced or ordered by a task's record. It is for people; the project keys decide.

use std::fmt;

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    Cause, LeftOut, Member, Message, Outcome, Plan, PlanOrder, ProjectId, Task, TaskId, TaskPosition,
    UnseenGroup,
};

/// Where a task stands. The words are those of the job queue that the older tool showed to its callers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum TaskState {
    /// Accepted, nobody has begun.
    Queued,
    /// Being worked on; the stages tell how far it is.
    Started,
    /// An attempt failed, or it waits for its turn; it will be tried again. The reason says why.
    Deferred,
    /// Ended; the outcome says how (done, skipped or superseded).
    Finished,
    /// Ended without success.
    Failed,
    /// Canceled by a person; nothing more is done for it.
    Canceled,
}

impl TaskState {
    /// Whether nothing more will happen to the task.
    #[must_use]
    pub const fn is_final(self) -> bool {
        matches!(self, Self::Finished | Self::Failed | Self::Canceled)
    }

    /// The state as a word, as it is written.
    #[must_use]
    pub const fn key(self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::Started => "started",
            Self::Deferred => "deferred",
            Self::Finished => "finished",
            Self::Failed => "failed",
            Self::Canceled => "canceled",
        }
    }
}

/// The record of one task: what `GET /task/{id}` shows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct TaskRecord {
    /// The task.
    pub id: TaskId,
    /// Its GitLab project.
    pub project: ProjectId,
    /// Who or what asked first.
    pub cause: Cause,
    /// Where it stands.
    pub state: TaskState,
    /// Why it is deferred, failed or skipped.
    pub reason: Option<String>,
    /// How many deliveries to a resolver only waited for another sync of the project; they do not count as attempts.
    pub waits: u64,
    /// How many deliveries of its plan to an applier only waited for SonarQube; they do not count either.
    #[serde(default)]
    pub write_waits: u64,
    /// When it reached each stage for the last time.
    pub stages: Stages,
    /// What its plan says, once there is one.
    pub plan: Option<PlanSummary>,
    /// What became of it.
    pub outcome: Option<Outcome>,
    /// The trace that all its stages share (32 hex digits), where tracing is on.
    pub trace_id: Option<String>,
}

impl TaskRecord {
    /// Whether it can still be canceled: nobody works on it, and nothing of it has come as far as SonarQube.
    #[must_use]
    pub const fn is_cancelable(&self) -> bool {
        matches!(self.state, TaskState::Queued | TaskState::Deferred) && self.stages.applying.is_none()
    }
}

impl Message for TaskRecord {
    const SCHEMA: &'static str = "guassp.task_record";
    const VERSION: u32 = 1;
}

/// What people want to see of a plan. The lists are cut at [`Outcome::LISTED`], the counts are whole.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct PlanSummary {
    /// When the reading of GitLab began.
    pub read_at: Timestamp,
    /// How many people are to have permissions.
    pub members: usize,
    /// The first of them, with level and permissions.
    pub people: Vec<Member>,
    /// How many people GitLab lists who are to have nothing.
    pub left_out: usize,
    /// The first of them, with the reason.
    pub left_out_people: Vec<LeftOut>,
    /// Invited groups whose members the token may not see: while there are any, nobody is revoked.
    #[serde(default)]
    pub unseen: Vec<UnseenGroup>,
}

impl From<&Plan> for PlanSummary {
    fn from(plan: &Plan) -> Self {
        Self {
            read_at: plan.read_at,
            members: plan.members.len(),
            people: plan.members.iter().take(Outcome::LISTED).cloned().collect(),
            left_out: plan.left_out.len(),
            left_out_people: plan.left_out.iter().take(Outcome::LISTED).cloned().collect(),
            unseen: plan.unseen.iter().take(Outcome::LISTED).cloned().collect(),
        }
    }
}

/// When a task reached each stage for the last time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Stages {
    /// Accepted by a gateway.
    pub queued: Timestamp,
    /// A resolver began to read GitLab.
    pub reading: Option<Timestamp>,
    /// The plan was complete.
    pub planned: Option<Timestamp>,
    /// An applier began to read SonarQube.
    pub applying: Option<Timestamp>,
    /// It ended.
    pub ended: Option<Timestamp>,
}

/// Project key `newest`, written by gateways: the task that a new trigger may join.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct NewestTask {
    /// The whole task, so that it can be published again when the stream was purged.
    pub task: Task,
    /// Its place in the stream of tasks.
    pub position: TaskPosition,
    /// When it was published.
    pub at: Timestamp,
    /// Whether it was canceled: its record says so only as long as it is kept.
    #[serde(default)]
    pub canceled: bool,
}

/// Project key `started`, written by resolvers: the newest task that somebody has begun. Raised before GitLab is read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct StartedTask {
    /// The task.
    pub task: TaskId,
    /// Its place in the stream of tasks.
    pub position: TaskPosition,
    /// When it was begun.
    pub at: Timestamp,
}

/// Project key `applied`, written by appliers: the newest plan that was written to SonarQube.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct AppliedPlan {
    /// The plan's task.
    pub task: TaskId,
    /// The plan's place among the plans of the project.
    pub order: PlanOrder,
    /// When it was written.
    pub at: Timestamp,
    /// How many people it gave permissions; 0 where an older build wrote this.
    #[serde(default)]
    pub members: usize,
    /// What it wanted, by which a sweep tells whether it would want something else now; none where the plan could not
    /// see everything.
    #[serde(default)]
    pub fingerprint: Option<String>,
}

/// Project key `control`, and key `control.all`, written by gateways: what people have ordered.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Control {
    /// Nothing of the project is begun and nothing is written while this is here.
    pub pause: Option<Pause>,
}

/// Who paused, and why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Pause {
    /// The person, by the name of their token.
    pub by: String,
    /// When.
    pub at: Timestamp,
    /// Why, in their own words.
    pub reason: Option<String>,
}

impl fmt::Display for Pause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "paused by {}", self.by)?;
        self.reason.as_ref().map_or(Ok(()), |reason| write!(f, ": {reason}"))
    }
}

/// A budget's key, written by whoever calls: how far calls to one system are given away, and until when nobody may call.
///
/// The times are those of the writers' own clocks, which must agree to a second or so.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Budget {
    /// The moment of the first call that nobody has reserved yet; in the past where nobody calls.
    pub next: Timestamp,
    /// The system has asked for a pause until then.
    pub paused_until: Option<Timestamp>,
}

impl Message for Budget {
    const SCHEMA: &'static str = "guassp.budget";
    const VERSION: u32 = 1;
}

impl Message for Control {
    const SCHEMA: &'static str = "guassp.control";
    const VERSION: u32 = 1;
}

/// Key `life`, written by resolvers: the stream of tasks was set back to an older copy of itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct StreamLife {
    /// When the stream was created: a restored copy has the creation time of the first one.
    pub created: Timestamp,
    /// When that was noticed; it tells the present life from the one before.
    pub since: Timestamp,
}

impl Message for StreamLife {
    const SCHEMA: &'static str = "guassp.stream_life";
    const VERSION: u32 = 1;
}

impl Message for NewestTask {
    const SCHEMA: &'static str = "guassp.newest_task";
    const VERSION: u32 = 1;
}

impl Message for StartedTask {
    const SCHEMA: &'static str = "guassp.started_task";
    const VERSION: u32 = 1;
}

impl Message for AppliedPlan {
    const SCHEMA: &'static str = "guassp.applied_plan";
    const VERSION: u32 = 1;
}
