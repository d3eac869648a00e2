//! The settings of a stack: those of a real installation, only less patient.

use std::{net::SocketAddr, time::Duration};

use access::{Cap, Exemptions, Policy};
use applier::rules::{BreakerConfig, Drift, Mode, Rules, Ways};
use gateway::caller;
use runtime::secret::Secret;
use runtime::{
    clock::Clock,
    http::Limits,
    jetstream::{Retry, topology::Queue},
};
use url::Url;

/// The secret token of the hook in GitLab.
pub(crate) const HOOK_SECRET: &str = "hook-secret";
/// What ID tokens are for.
pub(crate) const AUDIENCE: &str = "guassp";

/// The secret of SonarQube's webhook.
const SONARQUBE_SECRET: &str = "correct horse battery staple";

/// The longest pause after a failed attempt.
pub(crate) const LONGEST_PAUSE: Duration = Duration::from_secs(2);

/// What tests change about the services.
#[derive(Debug, Clone)]
pub struct Settings {
    pub ack_wait: Duration,
    pub attempts: u64,
    pub first_pause: Duration,
    pub min_interval: Duration,
    pub stranded_after: Duration,
    pub workers: usize,
    pub call_timeout: Duration,
    pub skip_groups: Vec<String>,
    pub exempt: Exemptions,
    pub policy: Policy,
    pub key_template: Option<String>,
    /// What is written without a person's word.
    pub rules: Rules,
    pub mode: Mode,
    pub ways: Ways,
    pub breaker: BreakerConfig,
    pub mapping: applier::people::Mapping,
    /// How often it is looked for people and projects that were not there.
    pub pending_every: Duration,
    /// How often all of SonarQube's projects are listed.
    pub catalog_refresh: Duration,
    /// How often all projects are looked at; zero is never.
    pub sweep_every: Duration,
    /// How often every project is read whole; zero is never.
    pub reconcile_every: Duration,
    /// How old what is kept of GitLab's groups may be.
    pub cache_age: Duration,
    /// Calls to GitLab of all resolvers together.
    pub budget: resolver::gitlab::Budget,
    /// The time as the services see it.
    pub clock: Clock,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            ack_wait: Duration::from_secs(10),
            attempts: 4,
            first_pause: Duration::from_millis(50),
            min_interval: Duration::ZERO,
            stranded_after: Duration::from_secs(300),
            workers: 2,
            call_timeout: Duration::from_secs(20),
            skip_groups: Vec::new(),
            exempt: Exemptions::default(),
            policy: Policy::default(),
            key_template: None,
            rules: rules(),
            mode: Mode::Apply,
            ways: Ways::Auto,
            breaker: BreakerConfig { failures: 5, probe_every: Duration::from_millis(100) },
            mapping: applier::people::Mapping::default(),
            pending_every: Duration::from_secs(600),
            catalog_refresh: Duration::from_secs(600),
            sweep_every: Duration::ZERO,
            reconcile_every: Duration::ZERO,
            cache_age: Duration::from_secs(600),
            budget: resolver::gitlab::Budget::default(),
            clock: Clock::system(),
        }
    }
}

impl Settings {
    pub(crate) fn queue(&self) -> Queue {
        Queue { ack_wait: self.ack_wait, ..broker::queue() }
    }

    pub(crate) fn gateway(&self, gitlab: &str) -> gateway::Config {
        gateway::Config {
            listen: SocketAddr::from(([127, 0, 0, 1], 0)),
            gitlab_url: url(gitlab),
            limits: self.limits(),
            callers: callers(),
            guard: guard(),
            stranded_after: self.stranded_after,
            reconcile: gateway::Reconcile { every: self.reconcile_every, per_minute: 60_000 },
            webhooks: gateway::webhooks::Config {
                secrets: vec![HOOK_SECRET.into()],
                ..gateway::webhooks::Config::default()
            },
            sonarqube_secret: Some(SONARQUBE_SECRET.into()),
        }
    }

    pub(crate) fn resolver(&self, gitlab: &str, token: &str) -> resolver::Config {
        resolver::Config {
            gitlab: resolver::gitlab::Config {
                url: url(gitlab),
                token: Secret::from(token),
                limits: self.limits(),
                parallel_calls: 4,
                cache_rows: 100_000,
                cache_age: self.cache_age,
                budget: self.budget,
            },
            workers: self.workers,
            retry: self.retry(),
            min_interval: self.min_interval,
            exempt: self.exempt.clone(),
            policy: self.policy.clone(),
            expiry: resolver::ExpiryJob {
                at: jiff::civil::time(0, 10, 0, 0),
                zone: jiff::tz::TimeZone::UTC,
                margin: Duration::from_secs(300),
                look_every: Duration::from_millis(200),
            },
            sweep: resolver::Sweep { every: self.sweep_every, parallel_calls: 8 },
        }
    }

    pub(crate) fn applier(&self, sonarqube: &str, token: &str) -> applier::Config {
        applier::Config {
            sonarqube: applier::sonarqube::Config {
                url: url(sonarqube),
                token: Secret::from(token),
                alm_key: None,
                limits: self.limits(),
            },
            people: applier::people::Config {
                provider: "gitlab".to_owned(),
                mapping: self.mapping.clone(),
                exempt: self.exempt.users.clone(),
                skip_groups: self.skip_groups.clone(),
                refresh_after: Duration::ZERO,
                max_age: Duration::from_secs(600),
            },
            projects: applier::projects::Config {
                keys: std::collections::BTreeMap::new(),
                key_template: self.key_template.clone(),
                by_name: true,
            },
            rules: self.rules.clone(),
            mode: self.mode,
            ways: self.ways,
            breaker: self.breaker,
            workers: self.workers,
            parallel_calls: 4,
            catalog_refresh: self.catalog_refresh,
            pending_every: self.pending_every,
            retry: self.retry(),
        }
    }

    fn retry(&self) -> Retry {
        Retry { attempts: self.attempts, first_pause: self.first_pause, longest_pause: LONGEST_PAUSE }
    }

    fn limits(&self) -> Limits {
        Limits {
            connect_timeout: Duration::from_secs(5),
            timeout: self.call_timeout,
            max_answer_bytes: 32 << 20,
        }
    }
}

/// Those of a real installation.
fn rules() -> Rules {
    Rules {
        drift: Drift::Repair,
        closed_groups: std::collections::BTreeSet::new(),
        cap: Cap { revokes: 500, percent: 50, percent_from: 20 },
        revokes_per_hour: 5_000,
        adopt: false,
    }
}

fn url(text: &str) -> Url {
    text.parse().expect("a URL")
}

/// The default callers, and jobs with an ID token.
fn callers() -> caller::Config {
    let id_tokens = caller::IdTokenConfig { audience: Some(AUDIENCE.to_owned()), ..Default::default() };
    caller::Config { id_tokens, ..Default::default() }
}

/// The default limits of a gateway, less those on how often a caller asks: all of a test's callers are one address.
const fn guard() -> gateway::guard::Limits {
    let time = Duration::from_secs(10);
    gateway::guard::Limits {
        connections: 16_384,
        active: 1536,
        active_per_address: 256,
        header_timeout: time,
        body_timeout: time,
        answer_timeout: Duration::from_secs(30),
        request_timeout: Duration::from_secs(90),
        concurrency: 512,
        watchers: 1024,
        caller_per_second: 100_000,
        caller_burst: 100_000,
        project_per_minute: 100_000,
        project_burst: 100_000,
    }
}
