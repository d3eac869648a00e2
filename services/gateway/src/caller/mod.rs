//! Who is calling: a CI job, by its job token or its ID token, or a person, by a token or by the network.
//!
//! With nothing configured only job tokens are taken, and GitLab judges each of them. What a caller may do with a
//! task is decided where the task is shown or made. Of a credential nothing is kept but its SHA-256, for a moment.

mod count;
mod credential;
pub(crate) mod extract;
mod id_token;
mod job_token;
mod keys;
pub(crate) mod network;
mod people;

use std::{net::IpAddr, sync::Arc, time::Duration};

use ipnet::IpNet;
use proto::{Cause, ProjectId};
use runtime::{clock::Clock, http::Limits, metrics::Metrics};
use secrecy::{ExposeSecret, SecretString};
use url::Url;

pub use self::people::{People, PersonToken, PersonTokens, Role, TokensError, Wrong};
use self::{
    count::{Kind, Outcome, Verdicts},
    id_token::IdTokens,
    job_token::JobTokens,
    network::{Client, Networks},
};
use crate::{StartError, problem::Problem};

/// Who may call, beside CI jobs with their job token.
#[derive(Debug, Clone)]
pub struct Config {
    /// The tokens of people.
    pub people: People,
    /// Networks whose clients have a role without a token.
    pub allow: Allow,
    /// Whose `X-Forwarded-For` is believed.
    pub trusted_proxies: Vec<IpNet>,
    /// For how long GitLab's verdict on a job token holds; zero asks GitLab each time.
    pub verdict_ttl: Duration,
    /// GitLab's ID tokens.
    pub id_tokens: IdTokenConfig,
}

impl Default for Config {
    /// Nobody but jobs with a job token.
    fn default() -> Self {
        Self {
            people: People::default(),
            allow: Allow::default(),
            trusted_proxies: Vec::new(),
            verdict_ttl: Duration::from_secs(10),
            id_tokens: IdTokenConfig::default(),
        }
    }
}

/// Networks whose clients have a role without a token.
#[derive(Debug, Clone, Default)]
pub struct Allow {
    /// Clients there have the role [`Role::Viewer`].
    pub viewer: Vec<IpNet>,
    /// Clients there have the role [`Role::Operator`].
    pub operator: Vec<IpNet>,
}

/// What is asked of an ID token.
#[derive(Debug, Clone)]
pub struct IdTokenConfig {
    /// The `aud` that an ID token must have; without one ID tokens are refused.
    pub audience: Option<String>,
    /// The `iss` that an ID token must have, letter by letter; GitLab's address when not set.
    pub issuer: Option<String>,
    /// By how much GitLab's clock may differ.
    pub clock_skew: Duration,
}

impl Default for IdTokenConfig {
    fn default() -> Self {
        Self { audience: None, issuer: None, clock_skew: Duration::from_secs(30) }
    }
}

/// A job that GitLab vouches for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Job {
    pub(crate) project: ProjectId,
    pub(crate) cause: Cause,
}

/// A person, or whoever calls from a trusted network.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Person {
    /// The name of the token, or `network` and the address.
    pub(crate) name: String,
    pub(crate) role: Role,
}

/// Whoever calls.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Caller {
    Job(Job),
    Person(Person),
}

/// Knows everybody who may call.
#[derive(Debug)]
pub(crate) struct Callers {
    people: People,
    networks: Networks,
    job_tokens: JobTokens,
    id_tokens: Option<IdTokens>,
    verdicts: Verdicts,
}

impl Callers {
    /// # Errors
    /// When the issuer is no URL, an HTTP client cannot be set up, or the metric's name is taken.
    pub(crate) fn new(
        config: Config,
        gitlab: &Url,
        limits: &Limits,
        metrics: &Arc<Metrics>,
        clock: Clock,
    ) -> Result<Self, StartError> {
        let Config { people, allow, trusted_proxies, verdict_ttl, id_tokens } = config;
        let verdicts = Verdicts::new(metrics)?;
        let job_tokens = JobTokens::new(gitlab, limits, metrics.clone(), verdict_ttl, verdicts.clone())?;
        let id_tokens = IdTokens::new(id_tokens, gitlab, limits, metrics, clock, verdicts.clone())?;
        Ok(Self { people, networks: Networks::new(allow, trusted_proxies), job_tokens, id_tokens, verdicts })
    }

    /// The job that the token belongs to.
    ///
    /// # Errors
    /// 401 or 403 when it is refused, 503 when there is no verdict.
    pub(crate) async fn job(&self, token: &SecretString) -> Result<Job, Problem> {
        match (&self.id_tokens, id_token::is_id_token(token.expose_secret())) {
            (_, false) => self.job_tokens.verify(token).await,
            (Some(id_tokens), true) => id_tokens.verify(token).await,
            (None, true) => {
                self.verdicts.count(Kind::IdToken, Outcome::Refused);
                Err(id_token::switched_off())
            }
        }
    }

    /// The person whom the token belongs to.
    ///
    /// # Errors
    /// 401 when it is nobody's.
    pub(crate) fn person(&self, token: &SecretString) -> Result<Person, Problem> {
        let found = self.people.owner(token);
        self.verdicts.count(Kind::Person, if found.is_some() { Outcome::Accepted } else { Outcome::Refused });
        found.ok_or_else(|| {
            Problem::unauthorized("nobody has this token: `guassp token new` makes one, for GUASSP_TOKENS")
        })
    }

    /// Whether many callers are behind this address.
    pub(crate) fn is_proxy(&self, address: IpAddr) -> bool {
        self.networks.is_proxy(address)
    }

    /// What a caller without a credential is by the network it calls from.
    pub(crate) fn neighbour(&self, client: Option<Client>) -> Option<Person> {
        let client = client?;
        let role = self.networks.role(client)?;
        self.verdicts.count(Kind::Network, Outcome::Accepted);
        Some(Person { name: format!("network {}", client.address), role })
    }
}
