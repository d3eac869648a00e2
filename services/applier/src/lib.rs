//! The applier: makes SonarQube match a permission plan.
//!
//! It is the only service that holds the SonarQube token, and it never talks to GitLab nor widens a plan. The story
//! of a plan's message is `apply::Applier::work`, that of its projects `sync::Syncs::run`, that of one SonarQube project
//! `project::ProjectSync::run`. Who an account belongs to is decided in `people`, which SonarQube projects are meant in
//! `projects`, what has to change in `difference` by the rules of the crate `access`, whether it may be written in
//! `guards`; only `sonarqube::Writer` changes anything, and plans are written by `write::Pen` alone.
//!
//! Beside plans it keeps the catalogue of projects (`catalog`), looks out for what plans had to leave undone (`waiting`),
//! answers what a plan would change (`compare`) and whose a new project is (`discover`), and puts projects back (`put_back`). What an administrator has to see to
//! before all that is told by [`doctor`].

mod apply;
mod audit;
mod breaker;
mod catalog;
mod compare;
mod difference;
mod discover;
pub mod doctor;
mod guards;
mod metrics;
mod namesakes;
pub mod people;
mod project;
pub mod projects;
mod put_back;
mod restore;
pub mod rules;
pub mod sonarqube;
mod summary;
mod sync;
pub mod uninstall;
mod waiting;
mod write;

use std::{sync::Arc, time::Duration};

use runtime::{
    Runtime,
    config::ConfigError,
    jetstream::{self, Retry, watch_queue},
    live,
    secret::Secret,
    token,
};
use tokio::sync::Semaphore;

use crate::{
    apply::Applier,
    audit::Audit,
    breaker::Breaker,
    catalog::Keeper,
    compare::Comparer,
    discover::Discoverer,
    guards::Guards,
    metrics::ApplierMetrics,
    namesakes::Namesakes,
    people::Directory,
    projects::Projects,
    put_back::Restorer,
    rules::{BreakerConfig, Mode, Rules, Ways},
    sonarqube::{Account, Reader, Writer},
    sync::{Hand, Syncs},
    waiting::Lookout,
    write::{Desk, Pace},
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
    /// What is written without a person's word.
    pub rules: Rules,
    /// Whether anything is written.
    pub mode: Mode,
    /// How changes are written.
    pub ways: Ways,
    /// When nothing is written because SonarQube is not well.
    pub breaker: BreakerConfig,
    /// How many plans are worked on at a time.
    pub workers: usize,
    /// How many calls write to SonarQube at a time, for all plans together.
    pub parallel_calls: usize,
    /// How often the catalogue of SonarQube's projects is brought up to date as a whole.
    pub catalog_refresh: Duration,
    /// How often it is looked whether what plans had to leave undone can be done.
    pub pending_every: Duration,
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
    let metrics = Arc::new(ApplierMetrics::new(&runtime.metrics)?);
    let shared = Shared::new(&config, runtime)?;
    start_regular_work(&config, runtime)?;
    serve_questions(&shared, runtime);
    let breaker = Arc::new(Breaker::new(config.breaker, runtime));
    watch(&shared.reader, &breaker, &metrics, runtime);
    runtime.lifecycle.spawn(watch_token(
        shared.reader.clone(),
        config.sonarqube.token.clone(),
        runtime.clone(),
    ));
    let applier = Applier {
        people: shared.people.clone(),
        breaker,
        metrics: metrics.clone(),
        syncs: shared.syncs(&config, metrics, runtime)?,
        runtime: runtime.clone(),
    };
    runtime.lifecycle.spawn(jetstream::run(applier, config.workers, config.retry, runtime.clone()));
    runtime.lifecycle.spawn(watch_queue::<Applier>(runtime.clone()));
    Ok(())
}

/// What plans and questions are answered from.
struct Shared {
    reader: Reader,
    people: Arc<Directory>,
    projects: Arc<Projects>,
    guards: Arc<Guards>,
}

impl Shared {
    fn new(config: &Config, runtime: &Runtime) -> Result<Self, ConfigError> {
        let reader = reader(config, runtime)?;
        let (jetstream, clock) = (runtime.jetstream.clone(), runtime.clock.clone());
        Ok(Self {
            people: Arc::new(Directory::new(reader.clone(), config.people.clone())),
            projects: Arc::new(Projects::new(reader.clone(), config.projects.clone())?),
            guards: Arc::new(Guards { rules: config.rules.clone(), jetstream, clock }),
            reader,
        })
    }

    fn syncs(
        &self,
        config: &Config,
        metrics: Arc<ApplierMetrics>,
        runtime: &Runtime,
    ) -> Result<Syncs, ConfigError> {
        Ok(Syncs {
            reader: self.reader.clone(),
            people: self.people.clone(),
            projects: self.projects.clone(),
            guards: self.guards.clone(),
            audit: Audit::new(runtime.jetstream.publisher.clone(), runtime.clock.clone()),
            hand: hand(config, metrics, runtime)?,
            runtime: runtime.clone(),
        })
    }
}

fn reader(config: &Config, runtime: &Runtime) -> Result<Reader, ConfigError> {
    sonarqube::connect(&config.sonarqube, runtime.metrics.clone()).map(|(reader, _)| reader)
}

/// Who only observes is given nothing to write with.
fn writer(config: &Config, runtime: &Runtime) -> Result<Option<Writer>, ConfigError> {
    match config.mode {
        Mode::Observe => Ok(None),
        Mode::Apply => {
            sonarqube::connect(&config.sonarqube, runtime.metrics.clone()).map(|(_, writer)| Some(writer))
        }
    }
}

fn hand(config: &Config, metrics: Arc<ApplierMetrics>, runtime: &Runtime) -> Result<Hand, ConfigError> {
    let Some(writer) = writer(config, runtime)? else { return Ok(Hand::Observes) };
    Ok(Hand::Writes(Box::new(Desk {
        reader: reader(config, runtime)?,
        writer,
        metrics,
        ways: config.ways,
        pace: Pace::default(),
        calls: Semaphore::new(config.parallel_calls),
        parallel: config.parallel_calls,
    })))
}

/// Starts what is done every so often. With a reader of its own: what a listing has read, plans do not take for their
/// own reading.
fn start_regular_work(config: &Config, runtime: &Runtime) -> Result<(), ConfigError> {
    let reader = reader(config, runtime)?;
    let projects = || Projects::new(reader.clone(), config.projects.clone());
    let namesakes = Arc::new(Namesakes::new(runtime.clone()));
    let keeper = Keeper {
        namesakes: namesakes.clone(),
        projects: projects()?,
        reader: reader.clone(),
        refresh: config.catalog_refresh,
        writer: writer(config, runtime)?,
        runtime: runtime.clone(),
    };
    let lookout = Lookout {
        projects: projects()?,
        people: Directory::new(reader.clone(), config.people.clone()),
        reader,
        every: config.pending_every,
        runtime: runtime.clone(),
    };
    runtime.lifecycle.spawn(async move { namesakes.keep().await });
    runtime.lifecycle.spawn(keeper.keep());
    runtime.lifecycle.spawn(lookout.keep());
    Ok(())
}

fn serve_questions(shared: &Shared, runtime: &Runtime) {
    let comparer = Comparer {
        reader: shared.reader.clone(),
        people: shared.people.clone(),
        projects: shared.projects.clone(),
        guards: shared.guards.clone(),
    };
    let discoverer = Discoverer::new(shared.reader.clone(), shared.projects.clone(), runtime.clone());
    let restorer = Restorer { runtime: runtime.clone() };
    let life = runtime.clone();
    runtime.lifecycle.spawn(async move { live::serve(|question| comparer.answer(question), life).await });
    let life = runtime.clone();
    runtime.lifecycle.spawn(async move { live::serve(|question| restorer.answer(question), life).await });
    let life = runtime.clone();
    runtime.lifecycle.spawn(async move { live::serve(|question| discoverer.answer(question), life).await });
}

fn watch(reader: &Reader, breaker: &Arc<Breaker>, metrics: &Arc<ApplierMetrics>, runtime: &Runtime) {
    let (reader, breaker, metrics, life) =
        (reader.clone(), breaker.clone(), metrics.clone(), runtime.clone());
    runtime.lifecycle.spawn(async move { breaker.watch(&reader, &metrics, &life).await });
}

async fn watch_token(reader: Reader, secret: Secret, runtime: Runtime) {
    let read = async || reader.account().await.map(Account::facts);
    token::watch(sonarqube::SYSTEM, secret, read, runtime).await;
}
