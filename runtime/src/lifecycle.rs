//! Start and stop.
//!
//! The first SIGTERM or SIGINT asks softly: take nothing new, finish what is in hand. When the grace is over, or at
//! the second signal, the hard stop gives up what is in hand; messages in hand go back to the queue.

use std::{future::Future, time::Duration};

use tokio::{
    signal::unix::{Signal, SignalKind, signal},
    sync::oneshot,
};
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use tracing::{Instrument, Span};

/// How long the end waits for those who have been stopped hard.
const LAST_WORDS: Duration = Duration::from_secs(5);

/// The life of a process, or of one service in it. Cheap to clone; clones are the same life.
#[derive(Debug, Clone, Default)]
pub struct Lifecycle {
    soft: CancellationToken,
    hard: CancellationToken,
    tasks: TaskTracker,
}

impl Lifecycle {
    /// Runs `task` as a part of this life: the end waits for it.
    pub fn spawn(&self, task: impl Future<Output = ()> + Send + 'static) {
        self.tasks.spawn(task);
    }

    /// Runs `task` as a part of this life and waits for what comes of it: it goes to its end also when whoever waits for it goes
    /// away. Nothing comes of one that panics.
    pub async fn see_through<T: Send + 'static>(
        &self,
        task: impl Future<Output = T> + Send + 'static,
    ) -> Option<T> {
        let (done, result) = oneshot::channel();
        let whole = async move { drop(done.send(task.await)) };
        self.spawn(whole.instrument(Span::current()));
        result.await.ok()
    }

    /// Asks softly: take nothing new, finish what is in hand.
    pub fn stop(&self) {
        self.soft.cancel();
    }

    /// Gives up what is in hand.
    pub fn abort(&self) {
        self.soft.cancel();
        self.hard.cancel();
    }

    /// Whether it was asked to stop.
    #[must_use]
    pub fn is_stopping(&self) -> bool {
        self.soft.is_cancelled()
    }

    /// Resolves when it is asked to stop.
    pub async fn stopping(&self) {
        self.soft.cancelled().await;
    }

    /// Resolves at the hard stop.
    pub async fn aborting(&self) {
        self.hard.cancelled().await;
    }

    /// Stops softly, waits for every part for `grace`, then stops hard and waits a little for the rest.
    /// Tells whether everything had ended within the grace.
    pub async fn end(&self, grace: Duration) -> bool {
        self.stop();
        self.tasks.close();
        let in_time = tokio::time::timeout(grace, self.tasks.wait()).await.is_ok();
        self.hard.cancel();
        // Whoever does not listen even now, for example a client that never ends its request, is left behind.
        tokio::time::timeout(LAST_WORDS, self.tasks.wait()).await.is_ok() && in_time
    }

    /// Stops softly at the first SIGTERM or SIGINT and hard at the second.
    ///
    /// # Errors
    /// When the process may not listen to signals.
    pub fn stop_on_signals(&self) -> std::io::Result<()> {
        let mut signals = (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
        let life = self.clone();
        #[expect(
            clippy::disallowed_methods,
            reason = "it listens until the process ends; nothing waits for it"
        )]
        tokio::spawn(async move {
            let signal = next(&mut signals).await;
            tracing::info!(signal, "stopping: finishing what is in hand");
            life.stop();
            let signal = next(&mut signals).await;
            tracing::warn!(signal, "stopping at once");
            life.abort();
        });
        Ok(())
    }
}

async fn next((terminate, interrupt): &mut (Signal, Signal)) -> &'static str {
    tokio::select! {
        _ = terminate.recv() => "SIGTERM",
        _ = interrupt.recv() => "SIGINT",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn the_end_waits_for_what_is_in_hand() {
        let life = Lifecycle::default();
        let worker = life.clone();
        life.spawn(async move { worker.stopping().await });
        assert!(life.end(Duration::from_secs(5)).await);
    }

    #[tokio::test]
    async fn what_is_seen_through_goes_to_its_end_when_nobody_waits_any_more() {
        let life = Lifecycle::default();
        assert_eq!(life.see_through(async { 7 }).await, Some(7));
        let (go, begun) = oneshot::channel::<()>();
        let (end, ended) = oneshot::channel();
        let task = async move {
            begun.await.unwrap();
            end.send("done").unwrap();
        };
        let mut waiting = Box::pin(life.see_through(task));
        assert!(futures::poll!(&mut waiting).is_pending());
        drop(waiting);
        go.send(()).unwrap();
        assert_eq!(ended.await, Ok("done"));
        assert!(life.end(Duration::from_secs(10)).await);
    }

    #[tokio::test]
    async fn what_outlasts_the_grace_is_stopped_hard() {
        let life = Lifecycle::default();
        let worker = life.clone();
        life.spawn(async move { worker.aborting().await });
        assert!(!life.end(Duration::from_millis(10)).await);
    }
}
