//! One trigger of a project after the other.
//!
//! Two triggers of one project that looked at the same moment would publish a task each. That is harmless, and over
//! several gateways it happens; within one gateway they take turns. A fixed number of locks is shared by all
//! projects: two projects on one lock wait a millisecond for each other.

use proto::ProjectId;
use tokio::sync::{Mutex, MutexGuard};

const LOCKS: u64 = 256;

/// The locks.
#[derive(Debug)]
pub(crate) struct Turns(Vec<Mutex<()>>);

impl Default for Turns {
    fn default() -> Self {
        Self((0..LOCKS).map(|_| Mutex::new(())).collect())
    }
}

impl Turns {
    /// Waits for the project's turn.
    pub(crate) async fn take(&self, project: ProjectId) -> Option<MutexGuard<'_, ()>> {
        self.take_number(project.0).await
    }

    /// Waits for the turn of anything else that has a number.
    pub(crate) async fn take_number(&self, number: u64) -> Option<MutexGuard<'_, ()>> {
        let index = usize::try_from(number % LOCKS).unwrap_or_default();
        match self.0.get(index) {
            Some(lock) => Some(lock.lock().await),
            None => None,
        }
    }
}
