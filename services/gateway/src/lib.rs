//! The gateway: takes triggers from verified callers, publishes tasks, tells how they went.
//!
//! It holds no token of GitLab or SonarQube, reads no memberships and writes no plans. The story of an accepted task
//! is `intake::Intake::trigger`; who may call is decided in `caller`; `routes` is the HTTP surface, which `guard`
//! stands around and `listen` serves. That every project is read whole now and then is `reconcile`.

mod board;
pub mod caller;
mod control;
mod dead;
mod directory;
pub mod doctor;
mod events;
mod groups;
pub mod guard;
mod health;
mod holds;
mod intake;
mod listen;
mod live;
mod metrics;
mod openapi;
mod orders;
mod paging;
mod plain;
mod problem;
mod projects;
mod reconcile;
mod restore;
mod routes;
mod sonarqube_hook;
mod state;
mod status;
mod stranded;
mod tasks;
mod turns;
pub mod webhooks;

use std::{net::SocketAddr, sync::Arc, time::Duration};

use runtime::{Runtime, http::Limits, secret::Secret};
use url::Url;

pub use crate::reconcile::Reconcile;
use crate::{
    board::Board,
    caller::Callers,
    guard::{Guard, Hooks, metrics::HttpMetrics},
    intake::Intake,
    listen::Port,
    metrics::{GatewayMetrics, ReconcileMetrics},
    openapi::Document,
    orders::Orders,
    reconcile::Reconciler,
    state::{Gateway, Parts},
    webhooks::{metrics::HookMetrics, work},
};

/// What a gateway needs to know.
#[derive(Debug, Clone)]
pub struct Config {
    /// Where the public port listens.
    pub listen: SocketAddr,
    /// The GitLab that vouches for job tokens.
    pub gitlab_url: Url,
    /// How patient calls to it are.
    pub limits: Limits,
    /// Who may call.
    pub callers: caller::Config,
    /// How much the gateway takes on.
    pub guard: guard::Limits,
    /// A task that nobody has begun for so long, and whose message is gone, is published again.
    pub stranded_after: Duration,
    /// How often every project is read whole.
    pub reconcile: Reconcile,
    /// What is taken of GitLab's webhooks.
    pub webhooks: webhooks::Config,
    /// The secret of SonarQube's webhook; without one it is not taken.
    pub sonarqube_secret: Option<Secret>,
}

/// Why a gateway could not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The address is taken, or not this machine's.
    #[error("LISTEN_ADDRESS, LISTEN_PORT: {address} cannot be listened on ({error}): choose another")]
    Listen {
        /// The address.
        address: SocketAddr,
        /// The system's words.
        error: std::io::Error,
    },
    /// The HTTP client could not be set up.
    #[error("the client of GitLab cannot be set up: {0}")]
    Client(#[from] reqwest::Error),
    /// The issuer of ID tokens has no address.
    #[error(
        "gateway.id_tokens.issuer: {issuer} is no URL ({error}): write it like https://gitlab.example.com"
    )]
    Issuer {
        /// The issuer as configured.
        issuer: String,
        /// Why it is no URL.
        error: url::ParseError,
    },
    /// A metric's name is taken.
    #[error("metrics: {0}")]
    Metrics(#[from] prometheus::Error),
    /// The description of the API cannot be written, which is a fault of this program.
    #[error("the description of the API cannot be written: {0}")]
    Description(#[from] serde_json::Error),
}

/// Starts a gateway; it serves until the runtime's life ends. Returns the address it listens on.
///
/// # Errors
/// When the address cannot be listened on, or a client cannot be set up.
pub async fn start(config: Config, runtime: Runtime) -> Result<SocketAddr, StartError> {
    let listener = listen::bind(config.listen)
        .await
        .map_err(|error| StartError::Listen { address: config.listen, error })?;
    let address =
        listener.local_addr().map_err(|error| StartError::Listen { address: config.listen, error })?;
    let http = HttpMetrics::new(&runtime.metrics)?;
    let hooks = HookMetrics::new(&runtime.metrics)?;
    let guarded = Hooks { config: &config.webhooks, clock: runtime.clock.clone(), metrics: hooks.clone() };
    let guard = Guard::new(&config.guard, http.clone(), guarded);
    let gateway = Gateway::from(parts(&config, &runtime, &guard, hooks.clone())?);
    let work =
        work::HookWork::new(gateway.intake.clone(), &runtime, hooks, config.webhooks.look_again.clone());
    let (intake, board, callers) = (gateway.intake.clone(), gateway.board.clone(), gateway.callers.clone());
    keep_up(&gateway, &config, &runtime)?;
    let router = routes::router(gateway, guard)?;

    let life = runtime.lifecycle.clone();
    work.begin(&runtime);
    runtime.lifecycle.spawn(stranded::watch(intake, config.stranded_after, life.clone()));
    let watching = life.clone();
    runtime.lifecycle.spawn(async move { board.keep(&watching).await });
    let latch = runtime.readiness.latch("gateway");
    latch.set(true);
    let port = Port::new(router, &config.guard, move |address| callers.is_proxy(address), http, life);
    runtime.lifecycle.spawn(async move {
        port.serve(listener).await;
        latch.set(false);
    });
    tracing::info!(%address, "gateway listens");
    Ok(address)
}

/// Keeps what handlers look up in memory, and asks for the stalest projects.
fn keep_up(gateway: &Gateway, config: &Config, runtime: &Runtime) -> Result<(), StartError> {
    let Runtime { jetstream, clock, lifecycle, .. } = runtime;
    let (directory, projects) = (gateway.directory.clone(), gateway.project_board.clone());
    let life = lifecycle.clone();
    lifecycle.spawn(async move { directory.keep(&life).await });
    let life = lifecycle.clone();
    lifecycle.spawn(async move { projects.keep(&life).await });
    let (board, metrics) = (gateway.project_board.clone(), ReconcileMetrics::new(&runtime.metrics)?);
    lifecycle.spawn(reconcile::count(board.clone(), metrics.clone(), clock.clone(), lifecycle.clone()));
    let (jetstream, clock, intake) = (jetstream.clone(), clock.clone(), gateway.intake.clone());
    let reconciler = Reconciler { jetstream, clock, intake, board, metrics, settings: config.reconcile };
    lifecycle.spawn(reconciler.watch(lifecycle.clone()));
    Ok(())
}

fn parts(config: &Config, runtime: &Runtime, guard: &Guard, hooks: HookMetrics) -> Result<Parts, StartError> {
    let Runtime { jetstream, clock, metrics, lifecycle, .. } = runtime;
    let callers =
        Callers::new(config.callers.clone(), &config.gitlab_url, &config.limits, metrics, clock.clone())?;
    let intake =
        Intake::new(jetstream.clone(), clock.clone(), GatewayMetrics::new(metrics)?, lifecycle.clone());
    Ok(Parts {
        callers: Arc::new(callers),
        rates: guard.rates.clone(),
        watchers: guard.watchers.clone(),
        intake: Arc::new(intake),
        hooks,
        board: Arc::new(Board::new(jetstream.records.clone(), clock.clone())),
        directory: Arc::new(jetstream.directory.mirror()),
        project_board: Arc::new(jetstream.project_board()),
        stale_after: status::stale_after(config.reconcile.every),
        foreign: sonarqube_hook::foreign(),
        sonarqube_secret: config.sonarqube_secret.clone(),
        orders: Orders::new(jetstream.publisher.clone(), clock.clone()),
        jetstream: jetstream.clone(),
        clock: clock.clone(),
        life: lifecycle.clone(),
        document: Document::default(),
    })
}
