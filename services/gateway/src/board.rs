//! What this gateway knows of all tasks: one row each, kept up to date from the bucket of records; and who waits for
//! a task to change. The rows are for looking through many tasks; whoever shows one reads its record.

use std::{
    collections::{BTreeMap, HashMap},
    sync::{
        Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use futures::StreamExt;
use jiff::Timestamp;
use proto::{ProjectId, TaskId, TaskRecord, TaskState};
use runtime::{
    clock::Clock,
    jetstream::{
        BindError, Followed,
        records::{RecordChange, Records},
    },
    lifecycle::Lifecycle,
};
use tokio::sync::watch;

/// How often rows of expired records are thrown away.
const SWEEP: Duration = Duration::from_secs(60);
/// The pause before the bucket is watched again, when it was lost.
const PAUSE: Duration = Duration::from_secs(1);

/// The rows, and those who wait.
#[derive(Debug)]
pub(crate) struct Board {
    records: Records,
    clock: Clock,
    rows: Mutex<BTreeMap<TaskId, Row>>,
    waiting: Mutex<HashMap<TaskId, watch::Sender<()>>>,
    complete: AtomicBool,
}

/// What is known of a task without its record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Row {
    pub(crate) project: ProjectId,
    /// The kind of its cause.
    pub(crate) cause: &'static str,
    pub(crate) state: TaskState,
    pub(crate) queued: Timestamp,
    changed: Timestamp,
}

impl Board {
    pub(crate) fn new(records: Records, clock: Clock) -> Self {
        let (rows, waiting) = (Mutex::default(), Mutex::default());
        Self { records, clock, rows, waiting, complete: AtomicBool::new(false) }
    }

    /// Looks through all tasks, the newest last. Nothing while the rows are not complete, just after the start.
    /// While nats-server is away they are as they were.
    pub(crate) fn read<T>(&self, look: impl FnOnce(&BTreeMap<TaskId, Row>) -> T) -> Option<T> {
        self.complete.load(Ordering::Acquire).then(|| {
            self.sweep();
            look(&self.rows())
        })
    }

    /// Tells when the task changes from now on, and when changes may have been missed.
    pub(crate) fn subscribe(&self, task: TaskId) -> watch::Receiver<()> {
        let mut waiting = self.waiting();
        // Those who went away are forgotten here: a crowd that waited and left is no larger than the next one.
        if waiting.len() >= 64 && waiting.len() == waiting.capacity() {
            waiting.retain(|_, sender| sender.receiver_count() > 0);
        }
        waiting.entry(task).or_insert_with(|| watch::channel(()).0).subscribe()
    }

    /// Keeps the rows up to date until the life ends.
    pub(crate) async fn keep(&self, life: &Lifecycle) {
        while !life.is_stopping() {
            let lost = tokio::select! {
                () = life.stopping() => return,
                lost = self.follow() => lost,
            };
            self.complete.store(false, Ordering::Release);
            if let Err(error) = lost {
                tracing::debug!(%error, "the records of tasks are not watched; again in a moment");
            }
            tokio::select! {
                () = life.stopping() => return,
                () = tokio::time::sleep(PAUSE) => {}
            }
        }
    }

    /// Reads every record, and then each change, until the server is lost.
    async fn follow(&self) -> Result<(), BindError> {
        self.rows().clear();
        let kept = self.records.kept().await?;
        let mut changes = std::pin::pin!(self.records.watch().await?);
        // Whoever waited while nobody watched looks again.
        self.waiting().retain(|_, sender| sender.send(()).is_ok());
        self.complete.store(kept.messages == 0, Ordering::Release);
        let mut sweep = tokio::time::interval(SWEEP);
        loop {
            tokio::select! {
                change = changes.next() => match change {
                    Some(change) => self.take(change?, kept.last),
                    None => return Ok(()),
                },
                _ = sweep.tick() => self.sweep(),
            }
        }
    }

    fn take(&self, change: Followed<RecordChange>, last: u64) {
        let Followed { sequence, item: RecordChange { task, record, at } } = change;
        match record {
            Some(record) => drop(self.rows().insert(task, row(&record, at))),
            None => drop(self.rows().remove(&task)),
        }
        if sequence >= last {
            self.complete.store(true, Ordering::Release);
        }
        let mut waiting = self.waiting();
        if waiting.get(&task).is_some_and(|sender| sender.send(()).is_err()) {
            waiting.remove(&task);
        }
    }

    /// The bucket forgets a record without a word when it is `queue.result_ttl` old.
    fn sweep(&self) {
        let now = self.clock.now();
        let ttl = self.records.result_ttl();
        let forever = ttl.is_zero();
        let is_kept =
            |row: &Row| Duration::try_from(now.duration_since(row.changed)).is_ok_and(|age| age < ttl);
        self.rows().retain(|_, row| forever || row.changed > now || is_kept(row));
    }

    fn rows(&self) -> MutexGuard<'_, BTreeMap<TaskId, Row>> {
        self.rows.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn waiting(&self) -> MutexGuard<'_, HashMap<TaskId, watch::Sender<()>>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn row(record: &TaskRecord, changed: Timestamp) -> Row {
    let (project, state, queued) = (record.project, record.state, record.stages.queued);
    Row { project, cause: record.cause.kind(), state, queued, changed }
}
