//! `GET /health`: whether a trigger could be taken now, and whether everything is paused.

use std::time::Duration;

use axum::{Json, extract::State};
use jiff::Timestamp;
use proto::subject;
use runtime::jetstream::BindError;
use schemars::JsonSchema;
use serde::Serialize;

use crate::{problem::Problem, state::Gateway};

const PATIENCE: Duration = Duration::from_secs(3);

/// What the older tool answered, the word and the name of the queue, and whether everything is paused.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "Health")]
pub(crate) struct HealthBody {
    /// Always `healthy`.
    health: &'static str,
    /// The name of the queue.
    key: &'static str,
    /// Since when everything is paused: triggers are taken and wait. Null when it is not.
    paused_since: Option<Timestamp>,
}

/// Tells whether a trigger can be taken now
///
/// GitLab is not asked: anybody may call this.
#[utoipa::path(
    get, path = "/health", operation_id = "show_health", tag = "health",
    responses((status = 200, description = "Triggers can be taken", body = ref("#/components/schemas/Health"))),
)]
pub(crate) async fn health(State(gateway): State<Gateway>) -> Result<Json<HealthBody>, Problem> {
    match tokio::time::timeout(PATIENCE, look(&gateway)).await {
        Ok(Ok(paused_since)) => Ok(Json(HealthBody { health: "healthy", key: subject::TASKS, paused_since })),
        Ok(Err(error)) => {
            tracing::warn!(%error, "unhealthy");
            Err(Problem::unavailable("nats-server does not hold the streams", Duration::from_secs(5)))
        }
        Err(_) => Err(Problem::unavailable("nats-server does not answer", Duration::from_secs(5))),
    }
}

async fn look(gateway: &Gateway) -> Result<Option<Timestamp>, BindError> {
    gateway.jetstream.check().await?;
    Ok(gateway.jetstream.projects.control(None).await?.pause.map(|pause| pause.at))
}
