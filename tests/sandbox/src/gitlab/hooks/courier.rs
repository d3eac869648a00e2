//! Carries deliveries: takes them when the lock of the world is given back, sends several at once, and writes down how
//! each went.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::sync::{Semaphore, watch};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::super::app::App;
use super::history::{Attempt, Delivery};
use super::request::{Parcel, Sender};
use super::weather::Fate;

/// So many are under way at once.
const LANES: usize = 16;

/// A delivery and its number in the record.
pub(crate) type Numbered = (u64, Parcel);

#[derive(Debug)]
pub(crate) struct Courier {
    sender: Sender,
    queue: UnboundedSender<Numbered>,
    record: Mutex<Vec<Delivery>>,
    /// How many are not through yet.
    open: watch::Sender<usize>,
}

impl Courier {
    /// The courier, and the queue that [`run`] works on.
    pub(crate) fn new() -> std::io::Result<(Self, UnboundedReceiver<Numbered>)> {
        let (queue, work) = unbounded_channel();
        let sender = Sender::new().map_err(std::io::Error::other)?;
        let (record, open) = (Mutex::default(), watch::Sender::new(0));
        Ok((Self { sender, queue, record, open }, work))
    }

    fn record(&self) -> MutexGuard<'_, Vec<Delivery>> {
        self.record.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn deliveries(&self) -> Vec<Delivery> {
        self.record().clone()
    }

    /// Waits until nothing is under way; `false` when that took longer.
    pub(crate) async fn all_through(&self, limit: Duration) -> bool {
        let mut open = self.open.subscribe();
        tokio::time::timeout(limit, open.wait_for(|open| *open == 0)).await.is_ok_and(|ended| ended.is_ok())
    }

    pub(crate) fn hand_over(&self, parcels: Vec<Parcel>) {
        for parcel in parcels {
            let id = self.enter(&parcel);
            if parcel.fate.lost {
                continue;
            }
            self.open.send_modify(|open| *open += 1);
            // Nobody takes it any more when the server stops.
            let _stopped = self.queue.send((id, parcel));
        }
    }

    fn enter(&self, parcel: &Parcel) -> u64 {
        let mut record = self.record();
        let id = record.len() as u64 + 1;
        record.push(Delivery::new(id, parcel));
        id
    }

    fn note(&self, id: u64, attempt: Attempt) {
        let index = usize::try_from(id).ok().and_then(|id| id.checked_sub(1));
        let mut record = self.record();
        if let Some(delivery) = index.and_then(|index| record.get_mut(index)) {
            delivery.attempts.push(attempt);
        }
    }
}

impl App {
    /// Sends it now, whatever the weather, and gives how it went.
    pub(crate) async fn deliver(&self, parcel: Parcel) -> Attempt {
        let parcel = Parcel { fate: Fate::default(), ..parcel };
        let id = self.courier.enter(&parcel);
        self.attempt(id, &parcel).await
    }

    /// Sends one of the record again, with the same `Idempotency-Key`; none when there is no such delivery to the hook.
    pub(crate) async fn resend(&self, hook: u64, id: u64) -> Option<Attempt> {
        let of_hook = |delivery: &&Delivery| delivery.id == id && delivery.hook == hook;
        let parcel = self.courier.record().iter().find(of_hook).map(|delivery| delivery.parcel.clone())?;
        Some(self.attempt(id, &parcel).await)
    }

    async fn attempt(&self, id: u64, parcel: &Parcel) -> Attempt {
        let attempt = self.courier.sender.send(parcel).await;
        let success = attempt.is_success();
        if self.world().minds(parcel.hook.id, success) {
            self.world().note_delivery(parcel.hook.id, success);
        }
        self.courier.note(id, attempt.clone());
        attempt
    }
}

/// Works on the queue until the server stops.
pub(crate) async fn run(app: Arc<App>, mut work: UnboundedReceiver<Numbered>, stop: CancellationToken) {
    let (lanes, tracker) = (Arc::new(Semaphore::new(LANES)), TaskTracker::new());
    while let Some(Some((id, parcel))) = stop.run_until_cancelled(work.recv()).await {
        let (app, lanes) = (Arc::clone(&app), Arc::clone(&lanes));
        tracker.spawn(stop.clone().run_until_cancelled_owned(async move {
            carry(&app, &lanes, id, &parcel).await;
            app.courier.open.send_modify(|open| *open -= 1);
        }));
    }
}

async fn carry(app: &App, lanes: &Semaphore, id: u64, parcel: &Parcel) {
    let times = if parcel.fate.twice { 2 } else { 1 };
    for _ in 0..times {
        tokio::time::sleep(parcel.fate.delay).await;
        // The semaphore is never closed.
        let Ok(_lane) = lanes.acquire().await else { return };
        app.attempt(id, parcel).await;
    }
}
