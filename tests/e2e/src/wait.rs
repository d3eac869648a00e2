//! Waiting for a condition, with a deadline. Nothing in the tests sleeps and hopes.

use std::{future::Future, time::Duration};

use sandbox::Gate;
use tokio::time::Instant;

/// How long a test waits for anything. Generous: the machine may be busy, and a test that passes never waits so long.
pub const PATIENCE: Duration = Duration::from_secs(90);

/// Waits until `look` finds something.
///
/// # Panics
/// When it has not for [`PATIENCE`].
pub async fn until<T, F: Future<Output = Option<T>>>(what: &str, mut look: impl FnMut() -> F) -> T {
    let deadline = Instant::now() + PATIENCE;
    loop {
        if let Some(found) = look().await {
            return found;
        }
        assert!(Instant::now() < deadline, "waited {PATIENCE:?} for {what}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// Waits until a request stands at the gate.
///
/// # Panics
/// When none has come for [`PATIENCE`].
pub async fn at(gate: &Gate) {
    until("a request at the gate", async || gate.has_arrived().then_some(())).await;
}
