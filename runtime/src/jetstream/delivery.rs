//! One delivered message in hand: it is renewed while it is worked on, and goes back to the queue when it is dropped.

use std::{
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use async_nats::{
    HeaderMap,
    jetstream::{AckKind, Message, message::Acker},
};
use jiff::Timestamp;
use proto::TaskPosition;
use tokio::time::Instant;

/// How long a process that is stopped hard waits until its message is given back.
const LAST_WORD: Duration = Duration::from_secs(1);

/// A message that could be read, while a stage works on it.
#[derive(Debug)]
pub struct Delivery<M> {
    /// The message.
    pub message: M,
    /// Its place in the stream of tasks, when the message is a task: in the stream's life at the delivery.
    pub position: TaskPosition,
    /// When its stream took it in, by the server's clock: one for all messages, whoever published them.
    pub stored_at: Timestamp,
    /// Which delivery this is, from 1. Waits and crashes count, too.
    pub delivered: u64,
    /// Whether the message is still this process's alone.
    pub lease: Lease,
}

/// Whether a message is still this process's alone: renewed at a third of ack-wait, confirmed by the server.
///
/// A process that was stopped for longer than ack-wait wakes up with the message given to another. It learns that
/// here, from the time that passed, even before any timer of its own has run. (The clock is the monotonic one, which
/// stands still while the whole machine is suspended: that goes unnoticed here.)
#[derive(Debug, Clone)]
pub struct Lease(Arc<LeaseState>);

#[derive(Debug)]
struct LeaseState {
    ack_wait: Duration,
    renewed: Mutex<Instant>,
    lost: AtomicBool,
}

impl Lease {
    fn new(ack_wait: Duration, since: Instant) -> Self {
        Self(Arc::new(LeaseState { ack_wait, renewed: Mutex::new(since), lost: AtomicBool::new(false) }))
    }

    /// Whether it was held all the time up to now. Once lost it stays lost.
    #[must_use]
    pub fn is_held(&self) -> bool {
        let renewed = *self.0.renewed.lock().unwrap_or_else(PoisonError::into_inner);
        if renewed.elapsed() >= self.0.ack_wait {
            self.0.lost.store(true, Ordering::Relaxed);
        }
        !self.0.lost.load(Ordering::Relaxed)
    }

    fn renew(&self, at: Instant) {
        if self.is_held() {
            *self.0.renewed.lock().unwrap_or_else(PoisonError::into_inner) = at;
        }
    }
}

/// The message's acknowledgement. Dropped unanswered, it gives the message back at once.
pub(super) struct Held {
    acker: Option<Acker>,
    pub(super) lease: Lease,
}

impl Held {
    /// Takes the acknowledgement out of a message that was received just now.
    pub(super) fn new(message: Message, ack_wait: Duration) -> (async_nats::Message, Self) {
        let (message, acker) = message.split();
        (message, Self { acker: Some(acker), lease: Lease::new(ack_wait, Instant::now()) })
    }

    /// Renews the lease until it is lost.
    pub(super) async fn keep(&self) {
        let pause = self.lease.0.ack_wait / 3;
        while self.lease.is_held() {
            tokio::time::sleep(pause).await;
            self.renew(pause).await;
        }
    }

    /// Tells the server that work goes on. Only an answer counts: without one the message may be another's already.
    async fn renew(&self, patience: Duration) {
        let Some(acker) = &self.acker else { return };
        let asked = Instant::now();
        match tokio::time::timeout(patience, acker.double_ack_with(AckKind::Progress)).await {
            Ok(Ok(())) => self.lease.renew(asked),
            Ok(Err(error)) => tracing::debug!(%error, "in-progress not confirmed"),
            Err(_) => tracing::debug!("in-progress not confirmed in time"),
        }
    }

    /// The work is done: the message leaves the queue. Unconfirmed, it is delivered once more, which does no harm.
    pub(super) async fn done(self) {
        self.answer(AckKind::Ack).await;
    }

    /// The message is given up and leaves the queue.
    pub(super) async fn terminate(self) {
        self.answer(AckKind::Term).await;
    }

    /// The message comes back after `delay`.
    pub(super) async fn put_back(self, delay: Duration) {
        self.answer(AckKind::Nak(Some(delay))).await;
    }

    /// The message goes back to the queue at once. A process that ends waits for that, but not for long.
    pub(super) async fn give_back(self) {
        if tokio::time::timeout(LAST_WORD, self.answer(AckKind::Nak(None))).await.is_err() {
            tracing::debug!("message not given back; it comes back after ack-wait");
        }
    }

    /// The message is left to whoever has it now.
    pub(super) fn leave(mut self) {
        self.acker = None;
    }

    async fn answer(mut self, kind: AckKind) {
        let Some(acker) = self.acker.take() else { return };
        if let Err(error) = acker.double_ack_with(kind).await {
            tracing::warn!(%error, "acknowledgement not confirmed; the message will be delivered once more");
        }
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        let Some(acker) = self.acker.take() else { return };
        let Ok(handle) = tokio::runtime::Handle::try_current() else { return };
        handle.spawn(async move {
            if let Err(error) = acker.ack_with(AckKind::Nak(None)).await {
                tracing::debug!(%error, "message not given back; it comes back after ack-wait");
            }
        });
    }
}

/// What a raw message says of itself.
#[derive(Debug)]
pub(super) struct Facts {
    pub(super) subject: String,
    pub(super) headers: Option<HeaderMap>,
    pub(super) sequence: u64,
    pub(super) stored_at: Timestamp,
    pub(super) delivered: u64,
}

impl Facts {
    pub(super) fn of(message: &Message) -> Option<Self> {
        let info = message.info().ok()?;
        Some(Self {
            subject: message.subject.to_string(),
            headers: message.headers.clone(),
            sequence: info.stream_sequence,
            stored_at: Timestamp::from_nanosecond(info.published.unix_timestamp_nanos()).ok()?,
            delivered: u64::try_from(info.delivered).unwrap_or(1),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_lease_that_was_not_renewed_in_time_stays_lost() {
        let lease = Lease::new(Duration::from_secs(30), Instant::now());
        tokio::time::advance(Duration::from_secs(29)).await;
        assert!(lease.is_held());
        lease.renew(Instant::now());
        tokio::time::advance(Duration::from_secs(30)).await;
        assert!(!lease.is_held());
        lease.renew(Instant::now());
        assert!(!lease.is_held());
    }
}
