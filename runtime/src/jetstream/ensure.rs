//! Making sure that a project is read again, without being a gateway.

use proto::{Cause, ProjectId, Task, TaskId, subject};

use super::{
    EncodeError, JetStream, KvError, PublishError,
    encoding::{decode, encode},
    kv,
};

/// What was made sure of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ensured {
    /// This task waits: nobody has begun it.
    Waits(TaskId),
    /// This task was published.
    Made(TaskId),
    /// A task was published under the same id before.
    Repeated,
}

/// Nothing was made sure of; it may be tried again.
#[derive(Debug, thiserror::Error)]
pub enum EnsureError {
    /// The keys of the project, or its queue, could not be read.
    #[error(transparent)]
    Kv(#[from] KvError),
    /// The task could not be published.
    #[error(transparent)]
    Publish(#[from] PublishError),
    /// The task cannot be written.
    #[error(transparent)]
    Encode(#[from] EncodeError),
}

impl Ensured {
    /// The task, where it is known.
    #[must_use]
    pub const fn task(self) -> Option<TaskId> {
        match self {
            Self::Waits(task) | Self::Made(task) => Some(task),
            Self::Repeated => None,
        }
    }
}

impl JetStream {
    /// Makes sure that a reading of the project begins after this call: a task of it waits, or is published for `cause`
    /// under the message id `id`. Two calls with one id within the dedupe window are one task.
    ///
    /// No trigger is lost by it. A task that is in the stream, above `started`, and not canceled has not begun, and
    /// whoever begins it raises `started` before reading; so its reading begins after this look, in whatever order the
    /// two are looked at. It ends unread only behind a newer task, which reads later still. Positions of two lives of
    /// the stream cannot be compared: rather one task too many. A task that was published under the same id before was
    /// published for the same trigger, and therefore read after it.
    ///
    /// `newest` stays as it is, which is the gateways' key: a trigger that comes later joins what `newest` names, or
    /// gets a task above this one. So a task that is made here is not published again when the stream is purged.
    ///
    /// # Errors
    /// When the server does not answer. A task may then have been published.
    pub async fn ensure_task(
        &self,
        project: ProjectId,
        cause: Cause,
        id: String,
    ) -> Result<Ensured, EnsureError> {
        if let Some(task) = self.waiting_task(project).await? {
            return Ok(Ensured::Waits(task));
        }
        let task = Task { id: TaskId::new(), project, cause };
        let published = self.publisher.publish(subject::task(project), id, encode(&task)?, None).await?;
        if published.duplicate {
            return Ok(Ensured::Repeated);
        }
        // Not before: a task that is none would be shown. Without a record it is shown from its first delivery on.
        if let Err(error) = self.records.create(&task).await {
            tracing::debug!(task.id = %task.id, %error, "no record of a fresh task yet");
        }
        Ok(Ensured::Made(task.id))
    }

    /// The project's last task in the stream, if nobody has begun or canceled it.
    async fn waiting_task(&self, project: ProjectId) -> Result<Option<TaskId>, KvError> {
        let Some(message) = kv::last(&self.tasks.stream, &subject::task(project)).await? else {
            return Ok(None);
        };
        let Ok(task) = decode::<Task>(Some(&message.headers), &message.payload) else { return Ok(None) };
        let position = self.position(message.sequence);
        let started = self.projects.started(project).await?;
        if started.is_some_and(|started| !started.position.is_before(&position)) {
            return Ok(None);
        }
        let newest = self.projects.newest(project).await?.value;
        let canceled = newest.is_some_and(|newest| newest.canceled && newest.task.id == task.id)
            || self.records.is_canceled(task.id).await?;
        Ok((!canceled).then_some(task.id))
    }
}
