//! The resolver: reads a project's memberships from GitLab and publishes the plan that follows from them.
//!
//! It is the only service that holds the GitLab token, and it never talks to SonarQube. The story of a task is
//! `resolve::Resolver::work`, that of a group that changed `fan_out`, that of an end date `ends`, that of a look at all
//! projects `sweep`, that of where everything lies `directory`, that of a question `look`. What GitLab says is read in `gitlab`; what follows from it is decided in
//! the crate `access`.

mod directory;
pub mod doctor;
mod ends;
mod facts;
mod fan_out;
pub mod gitlab;
pub mod hooks;
mod look;
mod metrics;
mod plan;
mod resolve;
mod sweep;

use access::{Exemptions, Policy};
use runtime::{
    Runtime,
    jetstream::{self, Retry, watch_queue},
    live,
    secret::Secret,
    token,
};
use std::time::Duration;

use crate::{
    directory::DirectoryKeeper, fan_out::FanOuts, look::Looker, metrics::ResolverMetrics, resolve::Resolver,
    sweep::Sweeper,
};
pub use crate::{
    ends::ExpiryJob,
    gitlab::{GitLab, Reached, ReadError, Reading},
    sweep::Sweep,
};

/// Steps of fan-outs worked on at a time: each is short, and tasks come first.
const FAN_OUT_WORKERS: usize = 2;

/// Events of GitLab looked at at a time, for the directory.
const DIRECTORY_WORKERS: usize = 2;

/// How patient the directory is with an event: waits count as attempts, too, and a token that has ended is noticed by
/// people after a day, or three. The last pause is reached soon, so a thousand attempts take three days.
const DIRECTORY_RETRY: Retry =
    Retry { attempts: 1_000, first_pause: Duration::from_secs(2), longest_pause: Duration::from_secs(300) };

/// What a resolver needs to know.
#[derive(Debug, Clone)]
pub struct Config {
    /// GitLab, and how it is read.
    pub gitlab: gitlab::Config,
    /// How many tasks are worked on at a time.
    pub workers: usize,
    /// How often and how patiently a failed reading is repeated.
    pub retry: Retry,
    /// The shortest time between the beginnings of two readings of one project. A burst of triggers that is shorter
    /// makes two readings: the one that runs, and one for all the others.
    pub min_interval: Duration,
    /// Who is left alone.
    pub exempt: Exemptions,
    /// What each role may do in which project, and which projects are left alone.
    pub policy: Policy,
    /// When GitLab removes memberships that have ended.
    pub expiry: ExpiryJob,
    /// How often all projects are looked at for changes that nobody tells of.
    pub sweep: Sweep,
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
    /// A metric's name is taken.
    #[error("metrics: {0}")]
    Metrics(#[from] prometheus::Error),
}

/// Starts a resolver; it works until the runtime's life ends. What is doubtful about the policy is logged.
///
/// # Errors
/// When the client of GitLab cannot be set up.
pub fn start(config: Config, runtime: &Runtime) -> Result<(), StartError> {
    let budgets = runtime.jetstream.budgets.clone();
    let gitlab = GitLab::new(&config.gitlab, Some(budgets), runtime.metrics.clone())?;
    for warning in config.policy.warnings() {
        tracing::warn!(warning, "a higher role has fewer permissions than a lower one");
    }
    let looker = Looker {
        gitlab: gitlab.clone(),
        exempt: config.exempt.clone(),
        policy: config.policy.clone(),
        clock: runtime.clock.clone(),
    };
    runtime.lifecycle.spawn(watch_token(gitlab.clone(), config.gitlab.token.clone(), runtime.clone()));
    let (workers, retry, expiry) = (config.workers, config.retry.clone(), config.expiry.clone());
    let metrics = ResolverMetrics::new(&runtime.metrics)?;
    let every = config.sweep.every;
    let directory = DirectoryKeeper::new(gitlab.clone(), runtime);
    let sweeper = Sweeper {
        gitlab: gitlab.clone(),
        directory: directory.clone(),
        exempt: config.exempt.clone(),
        policy: config.policy.clone(),
        sweep: config.sweep.clone(),
        metrics: metrics.clone(),
        runtime: runtime.clone(),
    };
    let fan_outs = FanOuts {
        gitlab: gitlab.clone(),
        sweeper,
        directory: directory.clone(),
        metrics,
        runtime: runtime.clone(),
    };
    let resolver = Resolver::new(gitlab, directory.clone(), config, runtime);
    runtime.lifecycle.spawn(jetstream::run(resolver, workers, retry.clone(), runtime.clone()));
    runtime.lifecycle.spawn(jetstream::run(fan_outs, FAN_OUT_WORKERS, retry, runtime.clone()));
    runtime.lifecycle.spawn(directory.clone().keep());
    runtime.lifecycle.spawn(jetstream::run(directory, DIRECTORY_WORKERS, DIRECTORY_RETRY, runtime.clone()));
    runtime.lifecycle.spawn(watch_queue::<DirectoryKeeper>(runtime.clone()));
    runtime.lifecycle.spawn(ends::watch(expiry, runtime.clone()));
    runtime.lifecycle.spawn(sweep::watch(every, runtime.clone()));
    runtime.lifecycle.spawn(watch_queue::<Resolver>(runtime.clone()));
    let life = runtime.clone();
    runtime.lifecycle.spawn(async move { live::serve(|question| looker.answer(question), life).await });
    runtime.lifecycle.spawn(watch_queue::<FanOuts>(runtime.clone()));
    Ok(())
}

async fn watch_token(gitlab: GitLab, secret: Secret, runtime: Runtime) {
    token::watch(gitlab::SYSTEM, secret, || gitlab.token(), runtime).await;
}
