//! When all projects were looked at for the last time, and whether they are to be before it is time. Written by resolvers.

use jiff::Timestamp;
use proto::{LastSweep, subject};

use super::Projects;
use crate::jetstream::KvError;

impl Projects {
    /// The last sweep.
    ///
    /// # Errors
    /// When the server does not answer.
    pub async fn last_sweep(&self) -> Result<LastSweep, KvError> {
        Ok(self.bucket.load_readable(subject::SWEEP_KEY).await?.unwrap_or_else(LastSweep::never))
    }

    /// A sweep that begins after `now` is wanted, whenever the next one would be.
    ///
    /// # Errors
    /// When the server does not answer.
    pub async fn want_sweep(&self, now: Timestamp) -> Result<(), KvError> {
        let wanted = |found: Option<&LastSweep>| {
            let last = found.cloned().unwrap_or_else(LastSweep::never);
            Some(LastSweep { wanted: Some(now), ..last })
        };
        self.bucket.change_readable(subject::SWEEP_KEY, wanted).await.map(|_| ())
    }

    /// The sweep after `last` begins; nothing happens where somebody has said so before. What was wanted since `last` was
    /// read stays wanted: the sweep may have passed it by.
    ///
    /// # Errors
    /// When the server does not answer.
    pub async fn begin_sweep(&self, last: &LastSweep, now: Timestamp) -> Result<(), KvError> {
        let next = |found: Option<&LastSweep>| {
            let found = found.cloned().unwrap_or_else(LastSweep::never);
            let found = Some(found).filter(|found| found.began == last.began)?;
            let wanted = found.wanted.filter(|wanted| Some(*wanted) != last.wanted);
            let for_event = last.wanted.map(|_| now).or(found.for_event);
            Some(LastSweep { began: now, wanted, for_event })
        };
        self.bucket.change_readable(subject::SWEEP_KEY, next).await.map(|_| ())
    }
}
