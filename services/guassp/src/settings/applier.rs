//! Section `applier`.

use std::{collections::BTreeSet, time::Duration};

use access::Cap;
use applier::rules::{BreakerConfig, Drift, Mode, Rules, Ways};
use runtime::{config::duration, jetstream::Retry};
use serde::{Deserialize, Serialize};

#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Applier {
    pub(super) mode: Mode,
    pub(super) workers: usize,
    pub(super) parallel_calls: usize,
    pub(super) write: Ways,
    drift: Drift,
    adopt: bool,
    #[serde(with = "duration")]
    pub(super) catalog_refresh: Duration,
    #[serde(with = "duration")]
    pub(super) pending_every: Duration,
    cap: CapSettings,
    pub(super) breaker: BreakerConfig,
    pub(super) retry: Retry,
}

#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct CapSettings {
    revokes: usize,
    percent: usize,
    percent_from: usize,
    per_hour: u64,
}

impl Applier {
    pub(super) const fn rules(&self, closed_groups: BTreeSet<String>) -> Rules {
        let CapSettings { revokes, percent, percent_from, per_hour } = self.cap;
        Rules {
            drift: self.drift,
            closed_groups,
            cap: Cap { revokes, percent, percent_from },
            revokes_per_hour: per_hour,
            adopt: self.adopt,
        }
    }

    pub(super) const fn counts(&self) -> [(&'static str, u64); 4] {
        [
            ("applier.workers", self.workers as u64),
            ("applier.parallel_calls", self.parallel_calls as u64),
            ("applier.retry.attempts", self.retry.attempts),
            ("applier.breaker.failures", self.breaker.failures as u64),
        ]
    }

    pub(super) const fn times(&self) -> [(&'static str, Duration); 3] {
        [
            ("applier.catalog_refresh", self.catalog_refresh),
            ("applier.pending_every", self.pending_every),
            ("applier.breaker.probe_every", self.breaker.probe_every),
        ]
    }
}
