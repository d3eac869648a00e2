//! When all projects were looked at for the last time. Written by resolvers.

use jiff::Timestamp;
use proto::{LastSweep, subject};

use super::Projects;
use crate::jetstream::KvError;

impl Projects {
    /// The last sweep. Where there was none, the first one counts from `now`, and nothing is returned.
    ///
    /// # Errors
    /// When the server does not answer.
    pub async fn last_sweep(&self, now: Timestamp) -> Result<Option<LastSweep>, KvError> {
        let last = self.bucket.load(subject::SWEEP_KEY).await?;
        if last.is_none() {
            let first = |found: Option<&LastSweep>| found.is_none().then_some(LastSweep { began: now });
            self.bucket.change(subject::SWEEP_KEY, first).await?;
        }
        Ok(last)
    }

    /// The sweep after `last` begins; nothing happens where somebody has said so before.
    ///
    /// # Errors
    /// When the server does not answer.
    pub async fn begin_sweep(&self, last: &LastSweep, now: Timestamp) -> Result<(), KvError> {
        let next = |found: Option<&LastSweep>| (found == Some(last)).then_some(LastSweep { began: now });
        self.bucket.change(subject::SWEEP_KEY, next).await.map(|_| ())
    }
}
