//! The record of each task: written by whoever has the task in hand, read by people.

mod cancel;
mod watch;

use std::sync::Arc;

use async_nats::jetstream::Context;
use jiff::Timestamp;
use proto::{
    Cause, Event, Outcome, PlanSummary, ProjectId, Stages, Task, TaskEnded, TaskId, TaskRecord, TaskState,
    Verdict, subject,
};
use tracing::Span;

pub use self::{cancel::Cancel, watch::RecordChange};
use super::{
    kv::{Bucket, KvError, Seen},
    publish::{PublishError, Publisher},
};
use crate::{clock::Clock, metrics::Metrics, trace};

/// The bucket of task records. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Records {
    bucket: Bucket,
    publisher: Publisher,
    clock: Clock,
    metrics: Arc<Metrics>,
}

/// The task that a message is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TaskRef {
    /// The task.
    pub id: TaskId,
    /// Its GitLab project.
    pub project: ProjectId,
    /// Who or what asked.
    pub cause: Cause,
}

/// The end of a task could not be written down.
#[derive(Debug, thiserror::Error)]
pub enum EndError {
    /// Not in the audit stream.
    #[error(transparent)]
    Publish(#[from] PublishError),
    /// Not in the record.
    #[error(transparent)]
    Kv(#[from] KvError),
}

impl Records {
    pub(super) async fn bind(
        context: &Context,
        publisher: Publisher,
        clock: Clock,
        metrics: Arc<Metrics>,
    ) -> Result<Self, KvError> {
        let bucket = Bucket::bind(context, subject::TASK_RECORDS).await?;
        Ok(Self { bucket, publisher, clock, metrics })
    }

    /// The record of a task, while it is kept.
    ///
    /// # Errors
    /// When the server does not answer.
    pub async fn get(&self, task: TaskId) -> Result<Option<TaskRecord>, KvError> {
        Ok(self.get_revised(task).await?.map(|(record, _)| record))
    }

    /// The record of a task, while it is kept, with its revision, which rises with every change.
    ///
    /// # Errors
    /// When the server does not answer.
    pub async fn get_revised(&self, task: TaskId) -> Result<Option<(TaskRecord, u64)>, KvError> {
        match self.bucket.see(&subject::record_key(task)).await {
            Ok(Seen { value, revision }) => Ok(value.map(|record| (record, revision))),
            // Another version wrote it. Records are for people: what cannot be read is as good as expired.
            Err(KvError::Unreadable { .. }) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Writes the record of a task that is about to be published, under an id that nobody had before.
    ///
    /// # Errors
    /// When the server does not answer.
    pub async fn create(&self, task: &Task) -> Result<(), KvError> {
        let reference = TaskRef { id: task.id, project: task.project, cause: task.cause.clone() };
        let record = queued(&reference, self.clock.now());
        self.bucket.create(&subject::record_key(task.id), &record).await
    }

    /// Removes the record of a task that could not be published: it never was. Unless somebody works on it: then it
    /// was published all the same. A record that is not there is removed, too: a cluster that lost its leader may store
    /// the unconfirmed one when it has a leader again.
    ///
    /// # Errors
    /// When the server does not answer.
    pub async fn withdraw(&self, task: TaskId) -> Result<(), KvError> {
        let key = subject::record_key(task);
        loop {
            let Seen { value, revision } = self.bucket.see::<TaskRecord>(&key).await?;
            let is_settled = value.map_or(revision > 0, |record| record.state != TaskState::Queued);
            if is_settled || self.bucket.remove_at(&key, revision).await? {
                return Ok(());
            }
        }
    }

    /// A resolver begins to read GitLab.
    ///
    /// # Errors
    /// When the server does not answer.
    pub async fn reading(&self, task: &TaskRef) -> Result<TaskRecord, KvError> {
        self.change(task, |record, now| started(record, |stages| stages.reading = Some(now))).await
    }

    /// The plan is complete.
    ///
    /// # Errors
    /// When the server does not answer.
    pub async fn planned(&self, task: &TaskRef, plan: &PlanSummary) -> Result<TaskRecord, KvError> {
        self.change(task, |record, now| {
            record.plan = Some(plan.clone());
            started(record, |stages| stages.planned = Some(now));
        })
        .await
    }

    /// An applier begins to read SonarQube.
    ///
    /// # Errors
    /// When the server does not answer.
    pub async fn applying(&self, task: &TaskRef) -> Result<TaskRecord, KvError> {
        self.change(task, |record, now| started(record, |stages| stages.applying = Some(now))).await
    }

    /// An attempt failed; there will be another.
    ///
    /// # Errors
    /// When the server does not answer.
    pub async fn deferred(&self, task: &TaskRef, reason: &str) -> Result<TaskRecord, KvError> {
        self.change(task, |record, _| defer(record, reason)).await
    }

    /// The task waits in `stage` for its turn. The wait is no attempt.
    ///
    /// # Errors
    /// When the server does not answer.
    pub async fn waiting(&self, task: &TaskRef, stage: &str, reason: &str) -> Result<TaskRecord, KvError> {
        self.change(task, |record, _| {
            defer(record, reason);
            let waits = if stage == subject::APPLIER { &mut record.write_waits } else { &mut record.waits };
            *waits += 1;
        })
        .await
    }

    /// The task has ended: first in the audit stream, then in its record. The first end counts.
    ///
    /// # Errors
    /// When the server does not answer.
    pub async fn end(&self, task: &TaskRef, outcome: Outcome) -> Result<(), EndError> {
        // Whoever worked on a message that another has settled comes to an end of his own, which is none.
        if self.get(task.id).await?.is_some_and(|record| record.state.is_final()) {
            return Ok(());
        }
        self.audit(task, outcome.clone()).await?;
        let mut first = false;
        self.change(task, |record, now| {
            first = !record.state.is_final();
            record.state = state_of(outcome.verdict);
            record.reason.clone_from(&outcome.reason);
            record.stages.ended = Some(now);
            record.outcome = Some(outcome.clone());
        })
        .await?;
        if first {
            self.metrics.count_ended(outcome.verdict.key(), task.cause.kind());
            tracing::info!(task.id = %task.id, gitlab.project.id = %task.project, verdict = outcome.verdict.key(),
                reason = outcome.reason, "task ended");
        }
        Ok(())
    }

    async fn audit(&self, task: &TaskRef, outcome: Outcome) -> Result<(), PublishError> {
        let id = format!("ended.{}.{}", task.id, outcome.verdict.key());
        let TaskRef { id: task, project, cause } = task.clone();
        let event = Event::TaskEnded(TaskEnded { project, task, cause, outcome, at: self.clock.now() });
        self.publisher.tell(&event, id).await
    }

    /// Changes the record, unless the task has ended: an end is final. A record that was lost (it is kept for
    /// `queue.result_ttl` only) is made anew.
    async fn change(
        &self,
        task: &TaskRef,
        mut change: impl FnMut(&mut TaskRecord, Timestamp),
    ) -> Result<TaskRecord, KvError> {
        let now = self.clock.now();
        let decide = |found: Option<&TaskRecord>| {
            let mut record = found.cloned().unwrap_or_else(|| queued(task, now));
            if record.state.is_final() {
                return None;
            }
            change(&mut record, now);
            Some(record)
        };
        let key = subject::record_key(task.id);
        if let Err(KvError::Unreadable { .. }) = self.bucket.load::<TaskRecord>(&key).await {
            self.bucket.remove(&key).await?;
        }
        let end = self.bucket.change(&key, decide).await?;
        Ok(end.unwrap_or_else(|| queued(task, now)))
    }
}

fn queued(task: &TaskRef, now: Timestamp) -> TaskRecord {
    TaskRecord {
        id: task.id,
        project: task.project,
        cause: task.cause.clone(),
        state: TaskState::Queued,
        reason: None,
        waits: 0,
        write_waits: 0,
        stages: Stages { queued: now, reading: None, planned: None, applying: None, ended: None },
        plan: None,
        outcome: None,
        trace_id: trace::id(&Span::current()),
    }
}

const fn state_of(verdict: Verdict) -> TaskState {
    match verdict {
        Verdict::Done | Verdict::Skipped | Verdict::Held | Verdict::Observed | Verdict::Superseded => {
            TaskState::Finished
        }
        Verdict::Failed => TaskState::Failed,
        Verdict::Canceled => TaskState::Canceled,
    }
}

fn started(record: &mut TaskRecord, mark: impl FnOnce(&mut Stages)) {
    record.state = TaskState::Started;
    record.reason = None;
    mark(&mut record.stages);
}

fn defer(record: &mut TaskRecord, reason: &str) {
    record.state = TaskState::Deferred;
    record.reason = Some(reason.to_owned());
}
