//! Section `resolver`.

use std::time::Duration;

use ::access::Exemptions;
use runtime::{
    config::{ConfigError, duration},
    jetstream::Retry,
};
use serde::{Deserialize, Serialize};

use super::Settings;

#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Resolver {
    workers: usize,
    #[serde(with = "duration")]
    min_interval: Duration,
    retry: Retry,
    sweep: Sweep,
}

#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct Sweep {
    #[serde(with = "duration")]
    every: Duration,
    parallel_calls: usize,
}

impl Resolver {
    pub(super) const fn counts(&self) -> [(&'static str, u64); 3] {
        [
            ("resolver.workers", self.workers as u64),
            ("resolver.retry.attempts", self.retry.attempts),
            ("resolver.sweep.parallel_calls", self.sweep.parallel_calls as u64),
        ]
    }
}

impl Settings {
    /// What a resolver needs.
    pub(crate) fn resolver(&self) -> Result<resolver::Config, ConfigError> {
        let Resolver { workers, min_interval, retry, sweep } = &self.resolver;
        Ok(resolver::Config {
            gitlab: self.gitlab.client(&self.http)?,
            workers: *workers,
            retry: retry.clone(),
            min_interval: *min_interval,
            exempt: Exemptions { users: self.exempt_users(), bots: self.gitlab.bots() },
            policy: self.access.policy()?,
            expiry: self.gitlab.expiry()?,
            sweep: resolver::Sweep { every: sweep.every, parallel_calls: sweep.parallel_calls },
        })
    }
}
