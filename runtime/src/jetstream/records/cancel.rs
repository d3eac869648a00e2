//! Canceling a task: decided by compare-and-set on its record, against whoever begins to work on it.

use proto::{Outcome, TaskId, TaskRecord, TaskState, Verdict, subject};

use super::{EndError, Records, TaskRef};

/// What became of the wish to cancel a task.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Cancel {
    /// It is canceled: whoever gets its message drops it.
    Canceled(TaskRecord),
    /// Somebody works on it already, or it has ended.
    TooLate(TaskRecord),
    /// There is no such task.
    Unknown,
}

impl Records {
    /// Cancels a task that nobody works on, and of which nothing was written. A task that is canceled already stays so.
    ///
    /// # Errors
    /// When the server does not answer. The task may then be canceled; asking again tells.
    pub async fn cancel(&self, task: TaskId, reason: &str) -> Result<Cancel, EndError> {
        let now = self.clock.now();
        let mut first = false;
        let cancel = |found: Option<&TaskRecord>| {
            let mut record = found.filter(|record| record.is_cancelable())?.clone();
            first = true;
            record.state = TaskState::Canceled;
            record.reason = Some(reason.to_owned());
            record.stages.ended = Some(now);
            record.outcome = Some(Outcome::bare(Verdict::Canceled, Some(reason.to_owned())));
            Some(record)
        };
        let end = self.bucket.change(&subject::record_key(task), cancel).await?;
        match end {
            Some(record) if record.state == TaskState::Canceled => {
                self.tell_canceled(&record).await?;
                if first {
                    self.metrics.count_ended(Verdict::Canceled.key(), record.cause.kind());
                }
                Ok(Cancel::Canceled(record))
            }
            Some(record) => Ok(Cancel::TooLate(record)),
            None => Ok(Cancel::Unknown),
        }
    }

    /// Whether the task was canceled. A record that is gone says nothing.
    ///
    /// # Errors
    /// When the server does not answer.
    pub async fn is_canceled(&self, task: TaskId) -> Result<bool, super::KvError> {
        Ok(self.get(task).await?.is_some_and(|record| record.state == TaskState::Canceled))
    }

    async fn tell_canceled(&self, record: &TaskRecord) -> Result<(), EndError> {
        let task = TaskRef { id: record.id, project: record.project, cause: record.cause.clone() };
        let outcome = Outcome::bare(Verdict::Canceled, record.reason.clone());
        Ok(self.audit(&task, outcome).await?)
    }
}
