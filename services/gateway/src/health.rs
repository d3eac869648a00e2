//! `GET /health`: whether a trigger could be taken now.

use std::time::Duration;

use axum::{Json, extract::State};
use proto::subject;
use serde::Serialize;

use crate::{problem::Problem, state::Gateway};

/// What the older tool answered: the word, and the name of the queue.
#[derive(Debug, Serialize)]
pub(crate) struct Health {
    health: &'static str,
    key: &'static str,
}

/// 200 when the streams answer, 503 otherwise. GitLab is not asked: anybody may call this.
pub(crate) async fn health(State(gateway): State<Gateway>) -> Result<Json<Health>, Problem> {
    match tokio::time::timeout(Duration::from_secs(3), gateway.jetstream.check()).await {
        Ok(Ok(())) => Ok(Json(Health { health: "healthy", key: subject::TASKS })),
        Ok(Err(error)) => {
            tracing::warn!(%error, "unhealthy");
            Err(Problem::unavailable("nats-server does not hold the streams", Duration::from_secs(5)))
        }
        Err(_) => Err(Problem::unavailable("nats-server does not answer", Duration::from_secs(5))),
    }
}
