//! Every setting, as read from defaults, file and environment; and what each role makes of them.
//!
//! A role asks for its own part ([`Settings::gateway`] and the like) and names what is missing; settings that it
//! does not need may be missing.

mod access;
mod applier;
mod client;
mod gateway;
mod gitlab;
mod limits;
mod sonarqube;
mod variables;

use std::{
    collections::BTreeSet,
    net::{IpAddr, SocketAddr},
    path::PathBuf,
    time::Duration,
};

use ::access::Exemptions;
use proto::UserId;
use runtime::{
    config::{self, ConfigError, Sources, duration},
    http::Limits,
    jetstream::{Retry, connect::Nats, topology::Queue},
    telemetry::Log,
};
use serde::{Deserialize, Serialize};

pub(crate) use self::client::Endpoint;
use self::{
    access::Access, applier::Applier, client::Client, gateway::Gateway, gitlab::GitLab, sonarqube::SonarQube,
};

const DEFAULTS: &str = include_str!("../../../../config.default.toml");

/// Every setting.
#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Settings {
    pub(crate) data_dir: PathBuf,
    #[serde(with = "duration")]
    pub(crate) stop_grace: Duration,
    pub(crate) log: Log,
    admin: Listen,
    pub(crate) nats: Nats,
    pub(crate) queue: Queue,
    http: Limits,
    gitlab: GitLab,
    sonarqube: SonarQube,
    access: Access,
    gateway: Gateway,
    resolver: Resolver,
    applier: Applier,
    client: Client,
    #[serde(skip)]
    seen: Seen,
}

/// What the environment says beside settings.
#[derive(Debug, Default)]
struct Seen {
    without_effect: Vec<String>,
    exports_traces: bool,
}

#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct Listen {
    address: IpAddr,
    port: u16,
}

#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct Resolver {
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
    #[serde(with = "duration")]
    whole_every: Duration,
    parallel_calls: usize,
}

impl Sweep {
    const fn as_configured(&self) -> resolver::Sweep {
        resolver::Sweep {
            every: self.every,
            whole_every: self.whole_every,
            parallel_calls: self.parallel_calls,
        }
    }
}

impl Settings {
    /// Reads the settings of this process.
    pub(crate) fn load(file: Option<PathBuf>) -> Result<Self, ConfigError> {
        // A compose file passes GUASSP_CONFIG on, empty where nobody set it.
        let file = file.filter(|file| !file.as_os_str().is_empty());
        // A variable that is not text is none of ours: all of ours are.
        let text = |(name, value): (std::ffi::OsString, std::ffi::OsString)| {
            Some((name.into_string().ok()?, value.into_string().ok()?))
        };
        Self::from(file, std::env::vars_os().filter_map(text).collect())
    }

    fn from(file: Option<PathBuf>, environment: Vec<(String, String)>) -> Result<Self, ConfigError> {
        let is_set = |name: &str| environment.iter().any(|(key, value)| key == name && !value.is_empty());
        let seen = Seen {
            without_effect: variables::WITHOUT_EFFECT
                .iter()
                .filter(|name| is_set(name))
                .map(|&name| name.into())
                .collect(),
            exports_traces: variables::TRACE_ENDPOINTS.iter().any(|name| is_set(name)),
        };
        let settings: Self =
            config::load(Sources { defaults: DEFAULTS, file, environment, variables: variables::NAMED })?;
        settings.check_counts()?;
        settings.check_times()?;
        Ok(Self { seen, ..settings })
    }

    /// What a gateway needs.
    pub(crate) fn gateway(&self) -> Result<::gateway::Config, ConfigError> {
        Ok(::gateway::Config {
            listen: self.gateway.listen(),
            gitlab_url: self.gitlab.url()?,
            limits: self.http.clone(),
            guard: self.gateway.limits.clone(),
            callers: self.gateway.callers()?,
            stranded_after: self.gateway.stranded_after,
        })
    }

    /// What a resolver needs.
    pub(crate) fn resolver(&self) -> Result<resolver::Config, ConfigError> {
        Ok(resolver::Config {
            gitlab: self.gitlab.client(&self.http)?,
            workers: self.resolver.workers,
            retry: self.resolver.retry.clone(),
            min_interval: self.resolver.min_interval,
            exempt: Exemptions { users: self.exempt_users(), bots: self.gitlab.bots() },
            policy: self.access.policy()?,
            expiry: self.gitlab.expiry()?,
            sweep: self.resolver.sweep.as_configured(),
        })
    }

    /// What an applier needs.
    pub(crate) fn applier(&self) -> Result<::applier::Config, ConfigError> {
        Ok(::applier::Config {
            sonarqube: self.sonarqube.client(&self.http)?,
            people: self.sonarqube.people(self.exempt_users())?,
            projects: self.sonarqube.projects()?,
            rules: self.applier.rules(self.sonarqube.closed_groups()?),
            mode: self.applier.mode,
            ways: self.applier.write,
            breaker: self.applier.breaker,
            workers: self.applier.workers,
            parallel_calls: self.applier.parallel_calls,
            catalog_refresh: self.applier.catalog_refresh,
            pending_every: self.applier.pending_every,
            retry: self.applier.retry.clone(),
        })
    }

    /// What looking at SonarQube needs.
    pub(crate) fn doctor(&self) -> Result<::applier::doctor::Config, ConfigError> {
        Ok(::applier::doctor::Config {
            sonarqube: self.sonarqube.client(&self.http)?,
            people: self.sonarqube.people(self.exempt_users())?,
            close_groups: self.sonarqube.close_groups()?,
            exposure: self.sonarqube.exposure,
            mode: self.applier.mode,
        })
    }

    /// Where the admin port listens.
    pub(crate) const fn admin_address(&self) -> SocketAddr {
        SocketAddr::new(self.admin.address, self.admin.port)
    }

    /// Variables of the older tool that are set and have no effect.
    pub(crate) fn without_effect(&self) -> &[String] {
        &self.seen.without_effect
    }

    /// Whether an OpenTelemetry endpoint is named.
    pub(crate) const fn exports_traces(&self) -> bool {
        self.seen.exports_traces
    }

    fn exempt_users(&self) -> BTreeSet<UserId> {
        self.gitlab.skip_users()
    }

    /// A count of zero would start a service that does nothing.
    fn check_counts(&self) -> Result<(), ConfigError> {
        let counts = [
            ("resolver.workers", self.resolver.workers as u64),
            ("resolver.retry.attempts", self.resolver.retry.attempts),
            ("resolver.sweep.parallel_calls", self.resolver.sweep.parallel_calls as u64),
            ("queue.replicas", self.queue.replicas as u64),
        ];
        let mut counts = counts
            .into_iter()
            .chain(self.applier.counts())
            .chain(self.gitlab.counts())
            .chain(limits::counts(&self.gateway.limits));
        let zero = counts.find(|(_, count)| *count == 0);
        zero.map_or(Ok(()), |(setting, _)| {
            let (problem, mend) = ("is 0".to_owned(), "give it 1 or more".to_owned());
            Err(ConfigError { setting: setting.to_owned(), problem, mend })
        })
    }
}

impl Settings {
    /// A time of nothing would loop without a pause, or fail every call.
    fn check_times(&self) -> Result<(), ConfigError> {
        let times = [
            ("queue.result_ttl", self.queue.result_ttl),
            ("queue.ack_wait", self.queue.ack_wait),
            ("queue.audit_retention", self.queue.audit_retention),
            ("queue.dead_retention", self.queue.dead_retention),
            ("http.connect_timeout", self.http.connect_timeout),
            ("http.timeout", self.http.timeout),
            ("nats.connect_timeout", self.nats.connect_timeout),
            ("nats.request_timeout", self.nats.request_timeout),
            ("gateway.stranded_after", self.gateway.stranded_after),
            ("resolver.sweep.whole_every", self.resolver.sweep.whole_every),
        ];
        let mut times = times
            .into_iter()
            .chain(self.applier.times())
            .chain(self.gitlab.times())
            .chain(limits::times(&self.gateway.limits));
        let short = times.find(|(_, time)| *time < Duration::from_secs(1));
        short.map_or(Ok(()), |(setting, time)| {
            let (problem, mend) = (format!("is {time:?}"), "give it one second or more".to_owned());
            Err(ConfigError { setting: setting.to_owned(), problem, mend })
        })
    }
}

#[cfg(test)]
mod tests;
