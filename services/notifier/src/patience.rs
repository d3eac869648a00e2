//! Waiting with an event in hand: it keeps its place, and no attempt is used up.

use std::time::Duration;

use runtime::{lifecycle::Lifecycle, secret::Secret};

/// How soon it is looked again at what is in the middle of something: another notifier opens the issue, or a gateway is
/// about to write down what a person has decided.
const SOON: Duration = Duration::from_secs(1);
/// How long nothing is tried after a refusal; with another token it is tried at once.
const AGAIN: Duration = Duration::from_secs(3600);

/// Waits until something may be tried again.
#[derive(Debug)]
pub(crate) struct Patience {
    pub(crate) token: Secret,
    pub(crate) life: Lifecycle,
}

/// Whether it goes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Now {
    /// It may be tried again.
    Again,
    /// The process stops.
    Stopping,
}

impl Patience {
    /// A moment.
    pub(crate) async fn a_moment(&self) -> Now {
        self.or_stopping(tokio::time::sleep(SOON)).await
    }

    /// Until a refusal may be over: an hour, or until there is another token than the one of this version.
    pub(crate) async fn after_refusal(&self, version: u64) -> Now {
        self.or_stopping(async {
            tokio::select! {
                () = tokio::time::sleep(AGAIN) => {}
                () = self.token.exchanged(version) => {}
            }
        })
        .await
    }

    async fn or_stopping(&self, wait: impl Future<Output = ()>) -> Now {
        tokio::select! {
            biased;
            () = self.life.stopping() => Now::Stopping,
            () = wait => Now::Again,
        }
    }
}
