//! Watching the records of tasks change.

use std::time::Duration;

use async_nats::jetstream::kv::{Entry, Watch};
use futures::{Stream, StreamExt};
use jiff::Timestamp;
use proto::{TaskId, TaskRecord};

use super::Records;
use crate::jetstream::{
    BindError, Followed, Kept,
    follow::{kept, unavailable},
    kv,
};

/// A change of a task's record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecordChange {
    /// The task.
    pub task: TaskId,
    /// Its record; nothing when it was removed.
    pub record: Option<TaskRecord>,
    /// When.
    pub at: Timestamp,
}

impl Records {
    /// What the bucket holds.
    ///
    /// # Errors
    /// When the server does not answer.
    pub async fn kept(&self) -> Result<Kept, BindError> {
        kept(&self.bucket.store().stream).await
    }

    /// How long a record is kept after its last change, as the bucket says.
    #[must_use]
    pub fn result_ttl(&self) -> Duration {
        self.bucket.store().stream.cached_info().config.max_age
    }

    /// Every record as it is, and then every change. Ends with an error when the server is lost.
    ///
    /// # Errors
    /// When the server does not answer.
    pub async fn watch(
        &self,
    ) -> Result<impl Stream<Item = Result<Followed<RecordChange>, BindError>> + Send + use<>, BindError> {
        let watch = self.bucket.store().watch_with_history(">").await;
        Ok(changes(watch.map_err(|error| unavailable(&error))?))
    }

    /// Every change from the revision `from` on; of several changes of one task in the past only the last is kept.
    ///
    /// # Errors
    /// When the server does not answer.
    pub async fn watch_from(
        &self,
        from: u64,
    ) -> Result<impl Stream<Item = Result<Followed<RecordChange>, BindError>> + Send + use<>, BindError> {
        let watch = self.bucket.store().watch_all_from_revision(from).await;
        Ok(changes(watch.map_err(|error| unavailable(&error))?))
    }
}

fn changes(watch: Watch) -> impl Stream<Item = Result<Followed<RecordChange>, BindError>> + Send {
    watch.filter_map(async |entry| match entry {
        Ok(entry) => change(&entry).map(Ok),
        Err(error) => Some(Err(unavailable(&error))),
    })
}

fn change(entry: &Entry) -> Option<Followed<RecordChange>> {
    let task = entry.key.parse().ok()?;
    // Another version wrote it: as good as gone.
    let record = kv::read(entry).unwrap_or_default();
    let at = Timestamp::from_nanosecond(entry.created.unix_timestamp_nanos()).ok()?;
    Some(Followed { sequence: entry.revision, item: RecordChange { task, record, at } })
}
