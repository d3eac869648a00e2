//! The admin port: `/metrics`, `/live`, `/ready`. Apart from the public port, so that it need not be reachable by CI.

use std::{net::SocketAddr, sync::Arc};

use axum::{Router, extract::State, http::StatusCode, routing::get};
use tokio::net::TcpListener;

use crate::{lifecycle::Lifecycle, metrics::Metrics, readiness::Readiness};

/// What the admin port shows.
#[derive(Debug, Clone)]
pub struct Admin {
    /// Shown by `/metrics`.
    pub metrics: Arc<Metrics>,
    /// Shown by `/ready`.
    pub readiness: Readiness,
}

impl Admin {
    /// Serves the admin port until the life ends; returns the address it listens on.
    ///
    /// # Errors
    /// When the address cannot be bound.
    pub async fn serve(self, address: SocketAddr, life: &Lifecycle) -> std::io::Result<SocketAddr> {
        let listener = TcpListener::bind(address).await?;
        let address = listener.local_addr()?;
        let stop = life.clone();
        let hard = life.clone();
        let server =
            axum::serve(listener, self.router()).with_graceful_shutdown(async move { stop.stopping().await });
        life.spawn(async move {
            tokio::select! {
                result = server => if let Err(error) = result { tracing::error!(%error, "the admin port failed") },
                () = hard.aborting() => {}
            }
        });
        Ok(address)
    }

    fn router(self) -> Router {
        Router::new()
            .route("/metrics", get(metrics))
            .route("/live", get(|| async { "alive\n" }))
            .route("/ready", get(ready))
            .with_state(self)
    }
}

async fn metrics(State(admin): State<Admin>) -> Result<String, (StatusCode, String)> {
    admin.metrics.render().map_err(|error| (StatusCode::INTERNAL_SERVER_ERROR, error.to_string()))
}

async fn ready(State(admin): State<Admin>) -> (StatusCode, String) {
    let missing = admin.readiness.missing();
    if missing.is_empty() {
        (StatusCode::OK, "ready\n".to_owned())
    } else {
        (StatusCode::SERVICE_UNAVAILABLE, format!("not ready: {}\n", missing.join(", ")))
    }
}
