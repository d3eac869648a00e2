//! Locks a world, and says so when the caller holds it already.
//!
//! Two guards in one expression (`sandbox.world().x(sandbox.world().y())`) would wait for each other for ever; so would a
//! guard that is kept while a request is awaited.

use std::sync::{Mutex, MutexGuard, TryLockError};
use std::time::{Duration, Instant};

const LONGEST: Duration = Duration::from_secs(10);

/// # Panics
/// When the world stays locked for ten seconds.
#[expect(clippy::panic, reason = "a test that locks itself out should fail, not hang")]
pub(crate) fn lock<W>(world: &Mutex<W>) -> MutexGuard<'_, W> {
    let start = Instant::now();
    loop {
        match world.try_lock() {
            Ok(guard) => return guard,
            Err(TryLockError::Poisoned(poisoned)) => return poisoned.into_inner(),
            Err(TryLockError::WouldBlock) if start.elapsed() > LONGEST => {
                panic!(
                    "the world stayed locked: is a guard of it alive in the same expression, or across an await?"
                )
            }
            Err(TryLockError::WouldBlock) => std::thread::sleep(Duration::from_micros(50)),
        }
    }
}
