//! A gate holds one request until the test lets it pass.

use tokio_util::sync::CancellationToken;

/// The two moments of a gate. A token is used as a latch: once cancelled it stays so, and anybody may wait.
#[derive(Debug, Clone, Default)]
pub(super) struct Hold {
    arrived: CancellationToken,
    released: CancellationToken,
}

impl Hold {
    pub(super) async fn pass(&self) {
        self.arrived.cancel();
        self.released.cancelled().await;
    }

    pub(super) fn release(&self) {
        self.released.cancel();
    }
}

/// Held by the test. Dropping it lets the request pass.
#[derive(Debug)]
#[must_use = "dropping the gate opens it"]
pub struct Gate {
    hold: Hold,
}

impl Gate {
    pub(super) fn new(hold: Hold) -> Self {
        Self { hold }
    }

    /// Waits until the request stands at the gate.
    pub async fn arrived(&self) {
        self.hold.arrived.cancelled().await;
    }

    /// Whether the request stands, or stood, at the gate.
    pub fn has_arrived(&self) -> bool {
        self.hold.arrived.is_cancelled()
    }

    /// Lets the request pass.
    pub fn release(self) {
        drop(self);
    }
}

impl Drop for Gate {
    fn drop(&mut self) {
        self.hold.release();
    }
}
