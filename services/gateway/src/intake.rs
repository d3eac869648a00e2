//! From a trigger to a task: join the one that waits, or publish a new one.
//!
//! **Invariant:** a trigger that was answered is followed by a reading of GitLab that begins after it. So a trigger
//! joins a task only while `newest > started`: a resolver raises `started` before it reads. The record of a task is
//! for people, and decides nothing here.

use std::{sync::Arc, time::Duration};

use jiff::Timestamp;
use proto::{Cause, NewestTask, ProjectId, StartedTask, Task, TaskId, TaskPosition};
use runtime::{
    clock::Clock,
    jetstream::{BindError, JetStream, KvError, PublishError, Seen},
    lifecycle::Lifecycle,
};

use crate::{
    metrics::{GatewayMetrics, Joined},
    turns::Turns,
};

/// How often it is tried again to take a record away.
const WITHDRAW_AGAIN: Duration = Duration::from_secs(1);

/// Takes triggers.
#[derive(Debug)]
pub(crate) struct Intake {
    jetstream: JetStream,
    clock: Clock,
    metrics: GatewayMetrics,
    turns: Turns,
    life: Lifecycle,
}

/// Nothing was stored; the caller may try again.
#[derive(Debug, thiserror::Error)]
pub(crate) enum TriggerError {
    #[error(transparent)]
    Kv(#[from] KvError),
    #[error(transparent)]
    Publish(#[from] PublishError),
    #[error(transparent)]
    Bind(#[from] BindError),
    #[error("the gateway gave it up; its log says why")]
    Interrupted,
}

/// The task that will do what the trigger asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Accepted {
    pub(crate) task: TaskId,
    pub(crate) joined: Joined,
}

impl Intake {
    pub(crate) fn new(jetstream: JetStream, clock: Clock, metrics: GatewayMetrics, life: Lifecycle) -> Self {
        Self { jetstream, clock, metrics, turns: Turns::default(), life }
    }

    /// Takes a trigger, to its end also when the caller goes away in the midst of it: half a trigger would be a record
    /// without a task. When this returns, a reading of the project that begins later is certain.
    pub(crate) async fn trigger(
        self: &Arc<Self>,
        project: ProjectId,
        cause: Cause,
    ) -> Result<Accepted, TriggerError> {
        let intake = self.clone();
        let accepted = self.life.see_through(async move { intake.take(project, cause).await }).await;
        accepted.ok_or(TriggerError::Interrupted)?
    }

    async fn take(&self, project: ProjectId, cause: Cause) -> Result<Accepted, TriggerError> {
        let _turn = self.turns.take(project).await;
        let kind = cause.kind();
        let last = self.jetstream.projects.newest(project).await?;
        let accepted = match self.joinable(last.value.as_ref()).await? {
            Some(task) => Accepted { task, joined: Joined::Yes },
            None => Accepted { task: self.publish(project, cause, last).await?, joined: Joined::No },
        };
        self.metrics.count(kind, accepted.joined);
        tracing::info!(task.id = %accepted.task, gitlab.project.id = %project, cause = kind, joined = ?accepted.joined,
            "trigger accepted");
        Ok(accepted)
    }

    /// The project's newest task, if nobody has begun it, and nobody has canceled it.
    async fn joinable(&self, newest: Option<&NewestTask>) -> Result<Option<TaskId>, KvError> {
        let Some(newest) = newest else { return Ok(None) };
        let started = match self.jetstream.projects.started(newest.task.project).await {
            // Something was begun, and nobody knows what: rather one task too many.
            Err(KvError::Unreadable { .. }) => return Ok(None),
            started => started?,
        };
        let here = self.jetstream.position(newest.position.sequence) == newest.position;
        // Positions of two lives of the stream cannot be compared: rather one task too many.
        let comparable =
            started.as_ref().is_none_or(|started| is_same_life(&started.position, &newest.position));
        let waits = here && comparable && is_waiting(newest, started.as_ref());
        let joinable =
            waits && !newest.canceled && !self.jetstream.records.is_canceled(newest.task.id).await?;
        Ok(joinable.then_some(newest.task.id))
    }

    async fn publish(
        &self,
        project: ProjectId,
        cause: Cause,
        last: Seen<NewestTask>,
    ) -> Result<TaskId, TriggerError> {
        let task = Task { id: TaskId::new(), project, cause };
        let position = match self.store(&task).await {
            Ok(position) => position,
            Err(error) => return Err(self.withdrawn(&task, error).await),
        };
        let id = task.id;
        self.point_at(NewestTask { task, position, at: self.clock.now(), canceled: false }, last).await?;
        Ok(id)
    }

    async fn store(&self, task: &Task) -> Result<TaskPosition, TriggerError> {
        self.jetstream.records.create(task).await?;
        Ok(self.jetstream.publish_task(task).await?)
    }

    /// Leaves no record of a task that was not published, not even one that was sent and not confirmed.
    async fn withdrawn(&self, task: &Task, error: TriggerError) -> TriggerError {
        if self.jetstream.records.withdraw(task.id).await.is_err() {
            self.withdraw_later(task.id);
        }
        error
    }

    /// The server that did not take the task does not take its record away either: as soon as it does again.
    fn withdraw_later(&self, task: TaskId) {
        let (records, life) = (self.jetstream.records.clone(), self.life.clone());
        self.life.spawn(async move {
            while let Err(error) = records.withdraw(task).await {
                tracing::debug!(task.id = %task, %error, "the record of an unpublished task is still there");
                tokio::select! {
                    () = life.stopping() => return,
                    () = tokio::time::sleep(WITHDRAW_AGAIN) => {}
                }
            }
        });
    }

    /// Raises `newest`, which was `last` when this turn began. A sequence that is not above the last one in the same life of the stream means that this
    /// process has missed that the stream was made anew.
    async fn point_at(&self, mut newest: NewestTask, last: Seen<NewestTask>) -> Result<(), TriggerError> {
        let gone_back = |last: &NewestTask| {
            !last.position.is_before(&newest.position) && is_same_life(&last.position, &newest.position)
        };
        if last.value.as_ref().is_some_and(gone_back) {
            self.jetstream.refresh_incarnation().await?;
            newest.position = self.jetstream.position(newest.position.sequence);
        }
        Ok(self.jetstream.projects.raise_newest(&newest, last).await?)
    }

    /// Publishes again every task that nobody has begun for `after`, and whose message is gone: the stream was
    /// purged, or restored from an older copy.
    pub(crate) async fn rescue(&self, after: Duration) -> Result<usize, TriggerError> {
        // A stream that was made anew is noticed here at the latest.
        self.jetstream.refresh_incarnation().await?;
        let mut rescued = 0;
        for newest in self.jetstream.projects.all_newest().await? {
            if is_older(newest.at, self.clock.now(), after) && self.is_stranded(&newest).await? {
                rescued += usize::from(self.publish_again(newest.task).await?);
            }
        }
        Ok(rescued)
    }

    async fn is_stranded(&self, newest: &NewestTask) -> Result<bool, KvError> {
        let project = newest.task.project;
        let started = self.jetstream.projects.readable_started(project).await?;
        Ok(is_waiting(newest, started.as_ref())
            && !newest.canceled
            && !self.jetstream.has_task_message(project).await?
            && !self.jetstream.records.is_canceled(newest.task.id).await?)
    }

    /// Under its turn it is looked at once more: a trigger may have published a newer one meanwhile.
    async fn publish_again(&self, task: Task) -> Result<bool, TriggerError> {
        let _turn = self.turns.take(task.project).await;
        let last = self.jetstream.projects.newest(task.project).await?;
        let gone = last.value.as_ref().filter(|newest| newest.task.id == task.id);
        let Some(gone) = gone.map(|newest| newest.position.sequence) else { return Ok(false) };
        tracing::warn!(task.id = %task.id, gitlab.project.id = %task.project, "stranded task published again");
        let position = self.jetstream.publish_task_again(&task, gone).await?;
        self.point_at(NewestTask { task, position, at: self.clock.now(), canceled: false }, last).await?;
        Ok(true)
    }
}

fn is_same_life(a: &TaskPosition, b: &TaskPosition) -> bool {
    a.incarnation == b.incarnation
}

/// Whether nobody has begun `newest`, nor anything after it.
fn is_waiting(newest: &NewestTask, started: Option<&StartedTask>) -> bool {
    match started {
        None => true,
        Some(started) if is_same_life(&started.position, &newest.position) => {
            started.position.is_before(&newest.position)
        }
        Some(_) => true,
    }
}

fn is_older(at: Timestamp, now: Timestamp, age: Duration) -> bool {
    Duration::try_from(now.duration_since(at)).is_ok_and(|since| since >= age)
}

#[cfg(test)]
mod tests {
    use proto::Incarnation;

    use super::*;

    fn position(life: i64, sequence: u64) -> TaskPosition {
        TaskPosition { incarnation: Incarnation(Timestamp::from_second(life).unwrap()), sequence }
    }

    fn newest(life: i64, sequence: u64) -> NewestTask {
        let cause = Cause::Job { job: 1, pipeline: None, user: None };
        let task = Task { id: TaskId::new(), project: ProjectId(7), cause };
        NewestTask { task, position: position(life, sequence), at: Timestamp::UNIX_EPOCH, canceled: false }
    }

    fn started(life: i64, sequence: u64) -> StartedTask {
        StartedTask { task: TaskId::new(), position: position(life, sequence), at: Timestamp::UNIX_EPOCH }
    }

    #[test]
    fn a_task_waits_until_it_or_a_newer_one_is_begun() {
        assert!(is_waiting(&newest(1, 5), None));
        assert!(is_waiting(&newest(1, 5), Some(&started(1, 4))));
        assert!(!is_waiting(&newest(1, 5), Some(&started(1, 5))));
        assert!(!is_waiting(&newest(1, 5), Some(&started(1, 6))));
    }

    #[test]
    fn what_was_begun_in_another_life_of_the_stream_says_nothing() {
        assert!(is_waiting(&newest(2, 1), Some(&started(1, 9))));
    }
}
