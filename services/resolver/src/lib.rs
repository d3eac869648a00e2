//! The resolver: reads a project's memberships from GitLab and publishes the plan that follows from them.
//!
//! It is the only service that holds the GitLab token, and it never talks to SonarQube. The story of a task is
//! `resolve::Resolver::work`; what GitLab says is read in `gitlab`; what follows from it is decided in the crate
//! `access`.

mod gitlab;
mod plan;
mod resolve;

use access::{Exemptions, Preset};
use runtime::{
    Runtime,
    http::Limits,
    jetstream::{self, Retry, watch_queue},
};
use secrecy::SecretString;
use std::time::Duration;
use url::Url;

pub use crate::gitlab::{GitLab, ReadError, Reading};
use crate::resolve::Resolver;

/// What a resolver needs to know.
#[derive(Debug, Clone)]
pub struct Config {
    /// GitLab.
    pub gitlab_url: Url,
    /// A token that may read the projects' members; `read_api` is enough.
    pub gitlab_token: SecretString,
    /// How patient calls to GitLab are.
    pub limits: Limits,
    /// How many tasks are worked on at a time.
    pub workers: usize,
    /// How often and how patiently a failed reading is repeated.
    pub retry: Retry,
    /// The shortest time between the beginnings of two readings of one project. A burst of triggers that is shorter
    /// makes two readings: the one that runs, and one for all the others.
    pub min_interval: Duration,
    /// Who is left alone.
    pub exempt: Exemptions,
    /// What each role may do in SonarQube.
    pub roles: Preset,
    /// Whether SonarQube's visibility follows GitLab's.
    pub visibility: bool,
}

/// Why a resolver could not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The HTTP client could not be set up.
    #[error("the client of GitLab cannot be set up: {0}")]
    Client(#[from] reqwest::Error),
    /// The token cannot be a header's value.
    #[error("GITLAB_TOKEN holds characters that no token has: set it again, without spaces or line ends")]
    Token,
}

/// Starts a resolver; it works until the runtime's life ends.
///
/// # Errors
/// When the client of GitLab cannot be set up.
pub fn start(config: Config, runtime: &Runtime) -> Result<(), StartError> {
    let gitlab =
        GitLab::new(&config.gitlab_url, &config.gitlab_token, &config.limits, runtime.metrics.clone())?;
    let (workers, retry) = (config.workers, config.retry.clone());
    let resolver = Resolver::new(gitlab, config, runtime);
    runtime.lifecycle.spawn(jetstream::run(resolver, workers, retry, runtime.clone()));
    runtime.lifecycle.spawn(watch_queue::<Resolver>(runtime.clone()));
    Ok(())
}
