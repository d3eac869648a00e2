//! Settings that are of the right form and would still not do: counts of nothing, times of nothing.

use std::time::Duration;

use runtime::config::ConfigError;

use super::{Settings, limits};

impl Settings {
    /// A count of zero would start a service that does nothing.
    pub(super) fn check_counts(&self) -> Result<(), ConfigError> {
        let counts = [
            ("reconcile.per_minute", self.reconcile.per_minute()),
            ("queue.replicas", self.queue.replicas as u64),
        ];
        let mut counts = counts
            .into_iter()
            .chain(self.resolver.counts())
            .chain(self.applier.counts())
            .chain(self.issues.counts())
            .chain(self.gitlab.counts())
            .chain(self.webhooks.counts())
            .chain(limits::counts(&self.gateway.limits));
        let zero = counts.find(|(_, count)| *count == 0);
        zero.map_or(Ok(()), |(setting, _)| {
            let (problem, mend) = ("is 0".to_owned(), "give it 1 or more".to_owned());
            Err(ConfigError { setting: setting.to_owned(), problem, mend })
        })
    }

    /// A time of nothing would loop without a pause, or fail every call.
    pub(super) fn check_times(&self) -> Result<(), ConfigError> {
        let times = [
            ("queue.result_ttl", self.queue.result_ttl),
            ("queue.ack_wait", self.queue.ack_wait),
            ("queue.audit_retention", self.queue.audit_retention),
            ("queue.gitlab_retention", self.queue.gitlab_retention),
            ("queue.dead_retention", self.queue.dead_retention),
            ("http.connect_timeout", self.http.connect_timeout),
            ("http.timeout", self.http.timeout),
            ("nats.connect_timeout", self.nats.connect_timeout),
            ("nats.request_timeout", self.nats.request_timeout),
            ("gateway.stranded_after", self.gateway.stranded_after),
        ];
        let mut times = times
            .into_iter()
            .chain(self.applier.times())
            .chain(self.gitlab.times())
            .chain(self.webhooks.times())
            .chain(limits::times(&self.gateway.limits));
        let short = times.find(|(_, time)| *time < Duration::from_secs(1));
        short.map_or(Ok(()), |(setting, time)| {
            let (problem, mend) = (format!("is {time:?}"), "give it one second or more".to_owned());
            Err(ConfigError { setting: setting.to_owned(), problem, mend })
        })
    }
}
