//! The applier: makes SonarQube match a permission plan.
//!
//! It is the only service that holds the SonarQube token, and it never talks to GitLab nor widens a plan. The story
//! of a plan is `apply::Applier::work`, that of one SonarQube project `project::ProjectSync::run`. Who an account
//! belongs to is decided in `people`, which SonarQube projects are meant in `projects`, what has to change in the
//! crate `access`; only `sonarqube::Writer` changes anything.

mod apply;
mod audit;
mod metrics;
pub mod people;
mod project;
pub mod projects;
pub mod sonarqube;
mod write;

use runtime::{
    Runtime,
    config::ConfigError,
    jetstream::{self, Retry, watch_queue},
};

use crate::{apply::Applier, audit::Audit, metrics::ApplierMetrics, people::Directory, projects::Projects};

/// What an applier needs to know.
#[derive(Debug, Clone)]
pub struct Config {
    /// How SonarQube is reached.
    pub sonarqube: sonarqube::Config,
    /// How people are told.
    pub people: people::Config,
    /// How projects are found.
    pub projects: projects::Config,
    /// How many plans are worked on at a time.
    pub workers: usize,
    /// How many calls to SonarQube are made at a time for one project.
    pub parallel_calls: usize,
    /// How often and how patiently a failed plan is repeated.
    pub retry: Retry,
}

/// Why an applier could not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// A setting does not fit.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// A metric's name is taken.
    #[error("metrics: {0}")]
    Metrics(#[from] prometheus::Error),
}

/// Starts an applier; it works until the runtime's life ends.
///
/// # Errors
/// When a setting does not fit.
pub fn start(config: Config, runtime: &Runtime) -> Result<(), StartError> {
    let (reader, writer) = sonarqube::connect(&config.sonarqube, runtime.metrics.clone())?;
    let applier = Applier {
        people: Directory::new(reader.clone(), config.people),
        projects: Projects::new(reader.clone(), config.projects)?,
        reader,
        writer,
        audit: Audit::new(runtime.jetstream.publisher.clone(), runtime.clock.clone()),
        metrics: ApplierMetrics::new(&runtime.metrics)?,
        parallel_calls: config.parallel_calls,
        runtime: runtime.clone(),
    };
    runtime.lifecycle.spawn(jetstream::run(applier, config.workers, config.retry, runtime.clone()));
    runtime.lifecycle.spawn(watch_queue::<Applier>(runtime.clone()));
    Ok(())
}
