//! Section `reconcile`: how often every project is read whole.

use std::time::Duration;

use runtime::config::duration;
use serde::{Deserialize, Serialize};

#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Reconcile {
    #[serde(with = "duration")]
    every: Duration,
    per_minute: u32,
}

impl Reconcile {
    pub(super) const fn as_configured(&self) -> gateway::Reconcile {
        gateway::Reconcile { every: self.every, per_minute: self.per_minute }
    }

    pub(super) const fn per_minute(&self) -> u64 {
        self.per_minute as u64
    }
}
