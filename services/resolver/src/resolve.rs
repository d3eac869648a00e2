//! The story of a task: is it still wanted, is it its turn, what does GitLab say, what follows from it.

mod read;

use std::time::Duration;

use access::{Exemptions, Policy, Skipped};
use proto::{
    EndsOn, LastSync, Outcome, Plan, StartedTask, Task, TaskId, TaskPosition, TaskRecord, TaskState, Verdict,
    subject,
};
use runtime::{
    Runtime,
    jetstream::{Delivery, PublishError, Stage, Step, WorkError, Worked, encode, records::TaskRef},
};

use crate::{
    Config, ExpiryJob,
    directory::DirectoryKeeper,
    gitlab::{GitLab, ReadError},
};

/// The shortest wait for another sync of the project.
const SHORT_WAIT: Duration = Duration::from_millis(200);
/// The longest one.
const LONG_WAIT: Duration = Duration::from_secs(15);

/// Works on tasks.
#[derive(Debug)]
pub(crate) struct Resolver {
    gitlab: GitLab,
    directory: DirectoryKeeper,
    exempt: Exemptions,
    policy: Policy,
    min_interval: Duration,
    expiry: ExpiryJob,
    runtime: Runtime,
}

impl Resolver {
    pub(crate) fn new(gitlab: GitLab, directory: DirectoryKeeper, config: Config, runtime: &Runtime) -> Self {
        let Config { exempt, policy, min_interval, expiry, .. } = config;
        Self { gitlab, directory, exempt, policy, min_interval, expiry, runtime: runtime.clone() }
    }

    /// Whether it is this task's turn, and if so, says to everybody that it has begun.
    async fn begin(&self, delivery: &Delivery<Task>) -> Result<Turn, WorkError> {
        let projects = &self.runtime.jetstream.projects;
        let task = &delivery.message;
        let started = projects.readable_started(task.project).await.map_err(WorkError::transient)?;
        let newest = projects.newest(task.project).await.map_err(WorkError::transient)?.value;
        let canceled = newest.as_ref().filter(|newest| newest.canceled).map(|newest| newest.task.id);
        if canceled == Some(task.id) || self.is_canceled(task.id).await? {
            return Ok(Turn::Canceled);
        }
        let known =
            started.iter().map(|s| (s.task, s.position)).chain(newest.map(|n| (n.task.id, n.position)));
        for (newer, at) in known.filter(|(_, at)| delivery.position.is_before(at)) {
            // A canceled task reads nothing: it supersedes nobody.
            if canceled != Some(newer) && !self.is_canceled(newer).await? {
                return self.behind(newer, &at).await;
            }
        }
        match self.must_wait(delivery, started.as_ref()).await? {
            Some((after, reason)) => Ok(Turn::Wait(after, reason)),
            None => self.claim(delivery, started).await,
        }
    }

    /// How long to wait, and for what, before the task may begin.
    async fn must_wait(
        &self,
        delivery: &Delivery<Task>,
        started: Option<&StartedTask>,
    ) -> Result<Option<(Duration, String)>, WorkError> {
        let (jetstream, task) = (&self.runtime.jetstream, &delivery.message);
        if let Some(pause) = jetstream.projects.pause_of(task.project).await.map_err(WorkError::transient)? {
            return Ok(Some((backed_off(delivery.delivered), pause.to_string())));
        }
        if jetstream.is_plan_slot_taken(task.project).await.map_err(WorkError::transient)? {
            let reason = "another sync of the project is being applied";
            return Ok(Some((backed_off(delivery.delivered), reason.to_owned())));
        }
        let reason = "another sync of the project has begun just now";
        Ok(self.too_soon(task, started).map(|pause| (pause, reason.to_owned())))
    }

    /// Takes the task up: first in its record, which cannot be canceled from then on, then for everybody who asks
    /// whether a trigger may still join it. `before` is the last one that was begun.
    async fn claim(&self, delivery: &Delivery<Task>, before: Option<StartedTask>) -> Result<Turn, WorkError> {
        let (jetstream, task) = (&self.runtime.jetstream, &delivery.message);
        let record = jetstream.records.reading(&reference(task)).await.map_err(WorkError::transient)?;
        if record.state == TaskState::Canceled {
            return Ok(Turn::Canceled);
        }
        let mine = StartedTask { task: task.id, position: delivery.position, at: self.runtime.clock.now() };
        let end =
            jetstream.projects.raise_started(task.project, &mine).await.map_err(WorkError::transient)?;
        let mine = end.task == task.id || self.is_canceled(end.task).await?;
        Ok(if mine { Turn::Mine { before } } else { Turn::Superseded(end.task) })
    }

    async fn is_canceled(&self, task: TaskId) -> Result<bool, WorkError> {
        self.runtime.jetstream.records.is_canceled(task).await.map_err(WorkError::transient)
    }

    /// A newer task has been begun, or waits: it has read, or will read, everything that this one was asked for. Unless
    /// the stream has forgotten it.
    async fn behind(&self, newer: TaskId, at: &TaskPosition) -> Result<Turn, WorkError> {
        let set_back = self.runtime.jetstream.is_set_back(at, self.runtime.clock.now()).await;
        if !set_back.map_err(WorkError::transient)? {
            return Ok(Turn::Superseded(newer));
        }
        tracing::warn!(
            sequence = at.sequence,
            "the stream of tasks was set back; its sequences count afresh"
        );
        Ok(Turn::Wait(SHORT_WAIT, "the stream of tasks was set back".to_owned()))
    }

    /// How long to wait, when another task of the project was begun less than `min_interval` ago.
    fn too_soon(&self, task: &Task, started: Option<&StartedTask>) -> Option<Duration> {
        let other = started.filter(|started| started.task != task.id)?;
        let since = Duration::try_from(self.runtime.clock.now().duration_since(other.at)).ok()?;
        self.min_interval.checked_sub(since).filter(|pause| !pause.is_zero())
    }

    /// Writes down when to look again, and publishes the plan into the project's one place. In this order: a resolver
    /// that dies between the two does both once more. Taken means that another plan came first: this reading is thrown
    /// away, and GitLab is read afresh when the turn comes.
    async fn publish(
        &self,
        plan: &Plan,
        ends: Option<EndsOn>,
        delivery: &Delivery<Task>,
    ) -> Result<Step, WorkError> {
        if !delivery.lease.is_held() {
            return Err(WorkError::transient("the task was lost to another resolver while GitLab was read"));
        }
        let projects = &self.runtime.jetstream.projects;
        projects.set_ends(plan.project.id, ends).await.map_err(WorkError::transient)?;
        let id = format!("{}.{}", plan.task, delivery.delivered);
        let encoded = encode(plan).map_err(WorkError::permanent)?;
        let subject = subject::plan(plan.project.id);
        match self.runtime.jetstream.publisher.publish(subject, id.clone(), encoded, Some(0)).await {
            Ok(_) => Ok(Step::Done(Worked::Completed)),
            Err(PublishError::Taken(_)) => self.taken(plan, &id, delivery.delivered).await,
            Err(error @ PublishError::TooLarge { .. }) => Err(WorkError::permanent(error)),
            Err(error) => Err(WorkError::transient(error)),
        }
    }

    /// The place is taken: by this very plan, when an earlier try was stored and not confirmed (the server looks at the
    /// place before it looks at the message id), or by another one.
    async fn taken(&self, plan: &Plan, id: &str, delivered: u64) -> Result<Step, WorkError> {
        let in_place =
            self.runtime.jetstream.plan_in_place(plan.project.id).await.map_err(WorkError::transient)?;
        if in_place.as_deref() == Some(id) {
            return Ok(Step::Done(Worked::Completed));
        }
        let reason = "another sync of the project came first".to_owned();
        Ok(Step::Wait { after: backed_off(delivered), reason })
    }

    async fn superseded(&self, task: &Task, by: TaskId) -> Result<Step, WorkError> {
        let outcome = Outcome { superseded_by: Some(by), ..Outcome::bare(Verdict::Superseded, None) };
        self.end(task, outcome).await?;
        Ok(Step::Done(Worked::Superseded))
    }

    async fn skipped(&self, task: &Task, skipped: &Skipped) -> Result<Step, WorkError> {
        // Nothing is to be looked at when something ends.
        self.runtime.jetstream.projects.set_ends(task.project, None).await.map_err(WorkError::transient)?;
        let outcome = Outcome::bare(Verdict::Skipped, Some(skipped.to_string()));
        // No plan of the project is in anybody's hand: this is the end of its last sync.
        let last = LastSync { task: task.id, at: self.runtime.clock.now(), outcome: outcome.clone() };
        let projects = &self.runtime.jetstream.projects;
        projects.set_last_sync(task.project, last).await.map_err(WorkError::transient)?;
        self.end(task, outcome).await?;
        Ok(Step::Done(Worked::Completed))
    }

    async fn end(&self, task: &Task, outcome: Outcome) -> Result<(), WorkError> {
        self.runtime.jetstream.records.end(&reference(task), outcome).await.map_err(WorkError::transient)
    }

    /// Whether this very message was begun and its task has ended: a crash between plan and ack delivers it once more.
    /// A task that was published again has a message of its own, which is not done by the end of the first.
    async fn is_ended(&self, delivery: &Delivery<Task>) -> Result<bool, WorkError> {
        let (jetstream, task) = (&self.runtime.jetstream, &delivery.message);
        let record = jetstream.records.get(task.id).await.map_err(WorkError::transient)?;
        let started =
            jetstream.projects.readable_started(task.project).await.map_err(WorkError::transient)?;
        let begun = started.is_some_and(|started| started.position == delivery.position);
        Ok(begun && record.is_some_and(|record| record.state.is_final()))
    }
}

enum Turn {
    /// It is, and this is the task that was begun before.
    Mine {
        before: Option<StartedTask>,
    },
    Superseded(TaskId),
    Canceled,
    Wait(Duration, String),
}

impl Stage for Resolver {
    const NAME: &'static str = subject::RESOLVER;
    const STREAM: &'static str = subject::TASKS;
    type Message = Task;

    fn task(task: &Task) -> Option<TaskRef> {
        Some(reference(task))
    }

    async fn work(&self, delivery: &Delivery<Task>) -> Result<Step, WorkError> {
        let task = &delivery.message;
        if delivery.delivered > 1 && self.is_ended(delivery).await? {
            return Ok(Step::Done(Worked::Superseded));
        }
        let before = match self.begin(delivery).await? {
            Turn::Superseded(by) => return self.superseded(task, by).await,
            Turn::Wait(after, reason) => return Ok(Step::Wait { after, reason }),
            Turn::Canceled => return Ok(Step::Done(Worked::Superseded)),
            Turn::Mine { before } => before,
        };
        let records = &self.runtime.jetstream.records;
        let (plan, ends) = match self.read(delivery, before.as_ref()).await? {
            Ok(read) => read,
            Err(skipped) => return self.skipped(task, &skipped).await,
        };
        records.planned(&reference(task), &(&plan).into()).await.map_err(WorkError::transient)?;
        self.publish(&plan, ends, delivery).await
    }

    fn waits(record: &TaskRecord) -> u64 {
        record.waits
    }

    /// A reading that came too late does no harm: its plan, if it was published, is older than the next one.
    async fn lost(&self, _: &Delivery<Task>) {}
}

fn reference(task: &Task) -> TaskRef {
    TaskRef { id: task.id, project: task.project, cause: task.cause.clone() }
}

/// Doubles with each delivery: an applier that is down must not be asked for every second by every task.
fn backed_off(delivered: u64) -> Duration {
    let exponent = u32::try_from(delivered.saturating_sub(1)).unwrap_or(u32::MAX);
    SHORT_WAIT.saturating_mul(2_u32.saturating_pow(exponent)).min(LONG_WAIT)
}

pub(crate) fn failed(error: &ReadError) -> WorkError {
    WorkError { retry_after: error.retry_after(), ..WorkError::transient(error) }
}
