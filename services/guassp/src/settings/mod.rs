//! Every setting, as read from defaults, file and environment; and what each role makes of them.
//!
//! A role asks for its own part ([`Settings::gateway`] and the like) and names what is missing; settings that it
//! does not need may be missing.

mod access;
mod applier;
mod checks;
mod client;
mod gateway;
mod gitlab;
mod issues;
mod limits;
mod reconcile;
mod resolver;
mod seen;
mod sonarqube;
mod variables;
mod webhooks;

use std::{
    collections::BTreeSet,
    net::{IpAddr, SocketAddr},
    path::PathBuf,
    time::Duration,
};

use ::resolver::hooks::Choice;
use proto::UserId;
use runtime::{
    config::{self, ConfigError, Sources, duration},
    http::Limits,
    jetstream::{connect::Nats, topology::Queue},
    secret::Secret,
    telemetry::Log,
};
use serde::{Deserialize, Serialize};

pub(crate) use self::client::Endpoint;
use self::{
    access::Access, applier::Applier, client::Client, gateway::Gateway, gitlab::GitLab, issues::Issues,
    reconcile::Reconcile, resolver::Resolver, seen::Seen, sonarqube::SonarQube, webhooks::Webhooks,
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
    reconcile: Reconcile,
    webhooks: Webhooks,
    resolver: Resolver,
    applier: Applier,
    issues: Issues,
    client: Client,
    #[serde(skip)]
    seen: Seen,
}

#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct Listen {
    address: IpAddr,
    port: u16,
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

    /// The same, of a process with this environment.
    pub(crate) fn from(
        file: Option<PathBuf>,
        environment: Vec<(String, String)>,
    ) -> Result<Self, ConfigError> {
        let seen = Seen::of(&environment);
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
            reconcile: self.reconcile.as_configured(),
            webhooks: self.webhooks.as_configured()?,
            sonarqube_secret: self.webhooks.sonarqube_secret(),
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

    /// What looking at GitLab needs.
    pub(crate) fn gitlab_doctor(&self, places: Choice) -> Result<::resolver::doctor::Config, ConfigError> {
        let gitlab = self.gitlab.client(&self.http)?;
        Ok(::resolver::doctor::Config { gitlab, hooks: self.hooks()?, places })
    }

    /// What looking at a gateway needs.
    pub(crate) fn gateway_doctor(&self) -> Result<::gateway::doctor::Config, ConfigError> {
        Ok(::gateway::doctor::Config {
            gitlab_url: self.gitlab.url()?,
            limits: self.http.clone(),
            callers: self.gateway.callers()?,
            takes_hooks: self.webhooks.has_secret(),
        })
    }

    /// How GitLab is called, for commands.
    pub(crate) fn gitlab_client(&self) -> Result<::resolver::gitlab::Config, ConfigError> {
        self.gitlab.client(&self.http)
    }

    /// How SonarQube is called, for commands.
    pub(crate) fn sonarqube_client(&self) -> Result<::applier::sonarqube::Config, ConfigError> {
        self.sonarqube.client(&self.http)
    }

    /// The secrets that may change while a service runs.
    pub(crate) fn secrets(&self) -> Vec<Secret> {
        let tokens = [&self.gitlab.token, &self.sonarqube.token, &self.gateway.tokens, &self.issues.token];
        let all = tokens.into_iter().flatten().chain(self.webhooks.secrets());
        all.filter(|secret| secret.file().is_some()).cloned().collect()
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

    fn exempt_users(&self) -> BTreeSet<UserId> {
        self.gitlab.skip_users()
    }
}

#[cfg(test)]
mod tests;
