//! A part of some buckets in memory, kept up to date by watching them. What it says may be a moment old; while
//! nats-server is away it is as it was, and until everything was read once it says nothing.

use std::{
    fmt,
    sync::{PoisonError, RwLock},
    time::Duration,
};

use async_nats::jetstream::kv::{Entry, Watch};
use futures::{StreamExt, stream::select_all};
use tokio::sync::watch;

use super::{BindError, follow::unavailable, kv::Bucket};
use crate::lifecycle::Lifecycle;

/// The pause before the buckets are watched again, when they were lost.
const PAUSE: Duration = Duration::from_secs(1);

/// What a mirror makes of the keys.
pub trait Rows: Default + Send + Sync {
    /// Takes the present value of a key, or that it was removed.
    fn take(&mut self, entry: &Entry);
}

/// The keys of a bucket that are watched. Each filter by itself: nats-server before 2.14.4 may skip messages for a
/// consumer of several where others are rolled up (nats-server issue 8571).
#[derive(Debug, Clone)]
pub(super) struct Source {
    pub(super) bucket: Bucket,
    /// A filter such as `newest.>`.
    pub(super) filter: String,
}

/// Rows in memory.
pub struct Mirror<R> {
    sources: Vec<Source>,
    rows: RwLock<R>,
    complete: watch::Sender<bool>,
}

impl<R> fmt::Debug for Mirror<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Mirror").field("sources", &self.sources).finish_non_exhaustive()
    }
}

impl<R: Rows> Mirror<R> {
    pub(super) fn of(sources: Vec<Source>) -> Self {
        Self { sources, rows: RwLock::default(), complete: watch::Sender::new(false) }
    }

    /// Looks through the rows; nothing as long as they are not complete.
    pub fn read<T>(&self, look: impl FnOnce(&R) -> T) -> Option<T> {
        let complete = *self.complete.borrow();
        complete.then(|| look(&self.rows.read().unwrap_or_else(PoisonError::into_inner)))
    }

    /// The same, which waits so long for the rows to be complete.
    pub async fn read_within<T>(&self, patience: Duration, look: impl FnOnce(&R) -> T) -> Option<T> {
        let mut complete = self.complete.subscribe();
        let waited = tokio::time::timeout(patience, complete.wait_for(|complete| *complete)).await;
        waited.is_ok().then(|| self.read(look)).flatten()
    }

    /// Changes the rows before the watch tells of it: of what this process wrote itself.
    pub fn change(&self, change: impl FnOnce(&mut R)) {
        change(&mut self.rows.write().unwrap_or_else(PoisonError::into_inner));
    }

    /// Keeps the rows up to date until the life ends.
    pub async fn keep(&self, life: &Lifecycle) {
        while !life.is_stopping() {
            let lost = tokio::select! {
                () = life.stopping() => return,
                lost = self.follow() => lost,
            };
            if let Err(error) = lost {
                tracing::debug!(%error, "buckets are not watched; again in a moment");
            }
            tokio::select! {
                () = life.stopping() => return,
                () = tokio::time::sleep(PAUSE) => {}
            }
        }
    }

    /// Reads every key, and then each change, until the server is lost.
    async fn follow(&self) -> Result<(), BindError> {
        let (mut watches, mut open) = (Vec::new(), 0_usize);
        for source in &self.sources {
            let (watch, is_empty) = source.watch().await?;
            open += usize::from(!is_empty);
            watches.push(watch.scan(is_empty, |read, entry| {
                // The last of those that were there when the watch began.
                let last = !*read && entry.as_ref().is_ok_and(|entry| entry.delta == 0);
                *read |= last;
                std::future::ready(Some((entry, last)))
            }));
        }
        let mut entries = select_all(watches.into_iter().map(Box::pin));
        // Until everything was read, what was known before is answered from.
        let mut fresh = Some(R::default());
        self.replace(&mut fresh, open);
        while let Some((entry, last)) = entries.next().await {
            let entry = entry.map_err(|error| unavailable(&error))?;
            match &mut fresh {
                Some(rows) => rows.take(&entry),
                None => self.change(|rows| rows.take(&entry)),
            }
            open -= usize::from(last);
            self.replace(&mut fresh, open);
        }
        Ok(())
    }

    /// Takes the fresh rows in place of the old ones when none of the sources is still to be read. What this process
    /// wrote itself is among them: it was written before it was told here.
    fn replace(&self, fresh: &mut Option<R>, open: usize) {
        if let Some(rows) = fresh.take_if(|_| open == 0) {
            self.change(|known| *known = rows);
            self.complete.send_replace(true);
        }
    }
}

impl Source {
    /// Every key as it is, and then every change; and whether there is none yet.
    async fn watch(&self) -> Result<(Watch, bool), BindError> {
        // Before the watch: a key that is written in between is one more that is waited for, or comes as a change.
        let is_empty = self.bucket.keys(&self.filter).await?.is_empty();
        let watch = self.bucket.store().watch_with_history(&self.filter).await;
        Ok((watch.map_err(|error| unavailable(&error))?, is_empty))
    }
}
