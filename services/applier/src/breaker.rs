//! A SonarQube that is not well is left in peace: the applier takes no plan until it is well again.
//!
//! Plans stay in their queue meanwhile and use up no attempt, however long it lasts. It opens at once where SonarQube
//! itself says that it is not up, and otherwise after several failures in a row; then SonarQube is probed with one cheap
//! reading at a time.

use std::{
    sync::atomic::{AtomicU32, Ordering},
    time::Duration,
};

use runtime::{Runtime, cause::because, readiness::Latch};
use tokio::sync::watch;

use crate::{
    metrics::ApplierMetrics,
    rules::BreakerConfig,
    sonarqube::{Reader, SonarQubeError},
};

/// How long a plan that was taken before the breaker opened is put back for.
const PUT_BACK: Duration = Duration::from_secs(5);

/// Open while SonarQube is not well.
#[derive(Debug)]
pub(crate) struct Breaker {
    config: BreakerConfig,
    failures: AtomicU32,
    /// Why it is open.
    open: watch::Sender<Option<String>>,
    latch: Latch,
}

impl Breaker {
    /// Closed, until a call fails.
    pub(crate) fn new(config: BreakerConfig, runtime: &Runtime) -> Self {
        let latch = runtime.readiness.latch("sonarqube");
        latch.set(true);
        Self { config, failures: AtomicU32::new(0), open: watch::Sender::new(None), latch }
    }

    /// Waits until it is closed.
    pub(crate) async fn closed(&self) {
        let mut open = self.open.subscribe();
        // The sender is `self`: it is not gone while this waits.
        let _ = open.wait_for(Option::is_none).await;
    }

    /// Why nothing is written now, and when to come back.
    pub(crate) fn is_open(&self) -> Option<(Duration, String)> {
        self.open.borrow().clone().map(|reason| (PUT_BACK, reason))
    }

    /// Takes the end of a sync into account: what SonarQube had to do with its failure, if it failed.
    pub(crate) fn observe(&self, error: Option<&SonarQubeError>) {
        let Some(error) = error.filter(|error| error.is_of_the_whole()) else {
            self.failures.store(0, Ordering::Relaxed);
            return;
        };
        let failures = self.failures.fetch_add(1, Ordering::Relaxed) + 1;
        let is_down = error.is_down();
        if is_down || failures >= self.config.failures {
            self.open_because(error);
        }
    }

    fn open_because(&self, error: &SonarQubeError) {
        let reason = format!("nothing is written until SonarQube is well again: {error}");
        let opened = self.open.send_if_modified(|open| {
            let opens = open.is_none();
            *open = Some(reason.clone());
            // Under the same lock as the state: a probe at this moment must not leave the two apart.
            self.latch.set(false);
            opens
        });
        if opened {
            tracing::error!(%error, "SonarQube is not well: no plan is taken until it is");
        }
    }

    /// Probes SonarQube while it is open, until the life ends.
    pub(crate) async fn watch(&self, reader: &Reader, metrics: &ApplierMetrics, runtime: &Runtime) {
        let mut open = self.open.subscribe();
        loop {
            metrics.set_open(open.borrow_and_update().is_some());
            let is_open = open.borrow().is_some();
            let changed = async {
                if is_open {
                    tokio::time::sleep(self.config.probe_every).await;
                    because("breaker probe", self.probe(reader)).await;
                } else {
                    let _ = open.changed().await;
                }
            };
            tokio::select! {
                () = runtime.lifecycle.stopping() => return,
                () = changed => {}
            }
        }
    }

    /// One look: it is up, and the token is good.
    async fn probe(&self, reader: &Reader) {
        match probe(reader).await {
            Ok(()) => {
                tracing::info!("SonarQube is well again");
                self.failures.store(0, Ordering::Relaxed);
                self.open.send_modify(|open| {
                    *open = None;
                    self.latch.set(true);
                });
            }
            Err(error) => self.open_because(&error),
        }
    }
}

async fn probe(reader: &Reader) -> Result<(), SonarQubeError> {
    reader.status().await?;
    reader.account().await?.with_rights().map(|_| ())
}
