//! Tests that fill the machine take turns: one beside the other, each would be about the other.

use tokio::sync::{Mutex, MutexGuard};

static MACHINE: Mutex<()> = Mutex::const_new(());

/// Whoever fills the machine holds this meanwhile.
pub(crate) async fn alone() -> MutexGuard<'static, ()> {
    MACHINE.lock().await
}
