//! The gateway: takes triggers from verified callers, publishes tasks, tells how they went.
//!
//! It holds no token of GitLab or SonarQube, reads no memberships and writes no plans. The story of an accepted task
//! is `intake::Intake::trigger`; who may call is decided in `job_token`; `routes` is the HTTP surface.

mod health;
mod intake;
mod job_token;
mod metrics;
mod problem;
mod routes;
mod state;
mod stranded;
mod tasks;
mod turns;

use std::{net::SocketAddr, sync::Arc, time::Duration};

use runtime::{Runtime, http::Limits};
use tokio::net::TcpListener;
use url::Url;

use crate::{intake::Intake, job_token::JobTokens, metrics::GatewayMetrics, state::Gateway};

/// What a gateway needs to know.
#[derive(Debug, Clone)]
pub struct Config {
    /// Where the public port listens.
    pub listen: SocketAddr,
    /// The GitLab that vouches for job tokens.
    pub gitlab_url: Url,
    /// How patient calls to it are.
    pub limits: Limits,
    /// A task that nobody has begun for so long, and whose message is gone, is published again.
    pub stranded_after: Duration,
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
    /// A metric's name is taken.
    #[error("metrics: {0}")]
    Metrics(#[from] prometheus::Error),
}

/// Starts a gateway; it serves until the runtime's life ends. Returns the address it listens on.
///
/// # Errors
/// When the address cannot be listened on, or a client cannot be set up.
pub async fn start(config: Config, runtime: Runtime) -> Result<SocketAddr, StartError> {
    let listener = TcpListener::bind(config.listen)
        .await
        .map_err(|error| StartError::Listen { address: config.listen, error })?;
    let address =
        listener.local_addr().map_err(|error| StartError::Listen { address: config.listen, error })?;
    let tokens = JobTokens::new(&config.gitlab_url, &config.limits, runtime.metrics.clone())?;
    let metrics = GatewayMetrics::new(&runtime.metrics)?;
    let intake = Arc::new(Intake::new(runtime.jetstream.clone(), runtime.clock.clone(), metrics));
    let router =
        routes::router(Gateway { tokens, intake: intake.clone(), jetstream: runtime.jetstream.clone() });

    let life = runtime.lifecycle.clone();
    runtime.lifecycle.spawn(stranded::watch(intake, config.stranded_after, runtime.lifecycle.clone()));
    let latch = runtime.readiness.latch("gateway");
    latch.set(true);
    runtime.lifecycle.spawn(async move {
        let stop = life.clone();
        let server = axum::serve(listener, router).with_graceful_shutdown(async move { stop.stopping().await });
        tokio::select! {
            result = server => if let Err(error) = result { tracing::error!(%error, "the public port failed") },
            () = life.aborting() => {}
        }
        latch.set(false);
    });
    tracing::info!(%address, "gateway listens");
    Ok(address)
}
