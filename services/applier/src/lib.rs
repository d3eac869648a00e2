//! The applier: makes SonarQube match a permission plan.
//!
//! It is the only service that holds the SonarQube token, and it never talks to GitLab nor widens a plan. The story
//! of a plan is `apply::Applier::work`, that of one SonarQube project `project::ProjectSync::run`. Who an account
//! belongs to is decided in `people`, which SonarQube projects are meant in `projects`, what has to change in the
//! crate `access`; only `sonarqube::Writer` changes anything.

mod apply;
mod audit;
mod catalog;
mod compare;
mod difference;
mod metrics;
pub mod people;
mod project;
pub mod projects;
pub mod sonarqube;
mod write;

use std::{sync::Arc, time::Duration};

use runtime::{
    Runtime,
    config::ConfigError,
    jetstream::{self, Retry, watch_queue},
    live,
};

use crate::{
    apply::Applier, audit::Audit, catalog::Keeper, compare::Comparer, metrics::ApplierMetrics,
    people::Directory, projects::Projects,
};

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
    /// How often the catalogue of SonarQube's projects is brought up to date as a whole.
    pub catalog_refresh: Duration,
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
    // A reader of its own: what a listing has read, plans do not take for their own reading.
    let (lister, _) = sonarqube::connect(&config.sonarqube, runtime.metrics.clone())?;
    let keeper = Keeper {
        projects: Projects::new(lister.clone(), config.projects.clone())?,
        reader: lister,
        refresh: config.catalog_refresh,
        runtime: runtime.clone(),
    };
    let people = Arc::new(Directory::new(reader.clone(), config.people));
    let projects = Arc::new(Projects::new(reader.clone(), config.projects)?);
    let comparer = Comparer { reader: reader.clone(), people: people.clone(), projects: projects.clone() };
    let applier = Applier {
        people,
        projects,
        reader,
        writer,
        audit: Audit::new(runtime.jetstream.publisher.clone(), runtime.clock.clone()),
        metrics: ApplierMetrics::new(&runtime.metrics)?,
        parallel_calls: config.parallel_calls,
        runtime: runtime.clone(),
    };
    runtime.lifecycle.spawn(jetstream::run(applier, config.workers, config.retry, runtime.clone()));
    runtime.lifecycle.spawn(keeper.keep());
    runtime.lifecycle.spawn(watch_queue::<Applier>(runtime.clone()));
    let life = runtime.clone();
    runtime.lifecycle.spawn(async move { live::serve(|question| comparer.answer(question), life).await });
    Ok(())
}
