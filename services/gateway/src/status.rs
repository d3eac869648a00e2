//! `GET /status`: how the whole system is.

use std::time::Duration;

use axum::{
    Json,
    extract::State,
    http::HeaderMap,
    response::{IntoResponse, Response},
};
use jiff::Timestamp;
use proto::{
    TokenState,
    status::{ProjectCounts, QueueStatus, ServiceStatus, TokenStatus},
};
use runtime::{
    jetstream::{BindError, QueueState, projects::ProjectRow},
    token::days_left,
};

use crate::{caller::extract::Viewer, plain::wants_text, problem::Problem, projects, state::Gateway};

/// How long the projects may take to be in memory after the start.
const PATIENCE: Duration = Duration::from_secs(3);
/// A project that was not brought in line for longer is stale, where nothing else is set.
const STALE: Duration = Duration::from_hours(48);

/// When a project is stale, where each is to be read so often: after twice that.
pub(crate) const fn stale_after(every: Duration) -> Duration {
    if every.is_zero() { STALE } else { every.saturating_mul(2) }
}

/// Tells how the whole system is
#[utoipa::path(
    get, path = "/status", operation_id = "show_status", tag = "health", security(("person" = [])),
    responses((status = 200, description = "The system", content((ref("#/components/schemas/Status") = "application/json"), (String = "text/plain")))),
)]
pub(crate) async fn show(
    State(gateway): State<Gateway>,
    _: Viewer,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let status = read(&gateway).await.map_err(|error| {
        tracing::warn!(%error, "status not read");
        Problem::unavailable("the state of the system cannot be read", Duration::from_secs(5))
    })?;
    Ok(if wants_text(&headers) { status.to_string().into_response() } else { Json(status).into_response() })
}

async fn read(gateway: &Gateway) -> Result<ServiceStatus, BindError> {
    let (jetstream, now) = (&gateway.jetstream, gateway.clock.now());
    let tokens = jetstream.projects.tokens().await?;
    Ok(ServiceStatus {
        version: env!("CARGO_PKG_VERSION").to_owned(),
        paused: jetstream.projects.control(None).await?.pause,
        tokens: tokens.into_iter().map(|state| token(state, now)).collect(),
        projects: counts(gateway, now).await?,
        queues: jetstream.queues(now).await?.iter().map(queue).collect(),
        dead_letters: jetstream.count_dead_letters().await?,
    })
}

fn token(state: TokenState, now: Timestamp) -> TokenStatus {
    let TokenState { system, account, expires_at, checked_at, problem, .. } = state;
    TokenStatus { system, account, expires_at, days_left: days_left(expires_at, now), checked_at, problem }
}

fn queue(state: &QueueState) -> QueueStatus {
    let QueueState { stage, waiting, in_hand, oldest } = *state;
    QueueStatus { stage: stage.to_owned(), waiting, in_hand, oldest_seconds: oldest.as_secs() }
}

/// Of the projects that SonarQube has. What is left alone is as it is to be, however long ago that was.
async fn counts(gateway: &Gateway, now: Timestamp) -> Result<ProjectCounts, BindError> {
    let is_stale = |row: &ProjectRow| {
        let is_fresh = |at| now.duration_since(at).unsigned_abs() <= gateway.stale_after;
        !row.left_alone && !row.applied.is_some_and(is_fresh)
    };
    let counted = gateway.project_board.read_within(PATIENCE, |board| {
        let stale = board.in_sonarqube().filter(|(_, row)| is_stale(row)).count();
        (board.in_sonarqube().count(), stale)
    });
    let (known, stale) = counted
        .await
        .ok_or_else(|| BindError::Unavailable("the projects are not in memory yet".to_owned()))?;
    let held = projects::held(&gateway.jetstream.projects).await?.len();
    Ok(ProjectCounts { known, held, stale })
}
