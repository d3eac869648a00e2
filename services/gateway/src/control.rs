//! Pausing and resuming, of one project or of everything.
//!
//! While a project is paused its triggers are accepted and wait; no sync of it is begun, and nothing is written to
//! SonarQube beyond the sync that is being written at that moment.

use std::time::Duration;

use axum::{
    Json,
    body::Bytes,
    extract::{Path, State, rejection::PathRejection},
};
use jiff::Timestamp;
use proto::{Action, Pause, ProjectId};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    caller::{Person, extract::Operator},
    problem::Problem,
    state::Gateway,
    tasks::project_id,
};

/// The longest reason, in characters.
const LONGEST_REASON: usize = 500;

/// Why it is to be paused.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "PauseReason")]
pub(crate) struct ReasonBody {
    /// In your own words, for whoever asks; 500 characters at most.
    #[schemars(length(max = 500))]
    reason: Option<String>,
}

/// Whether it is paused now.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "Control")]
pub(crate) struct ControlBody {
    /// The GitLab project; null for everything.
    project: Option<ProjectId>,
    /// Who paused, and why; null when it goes on.
    paused: Option<PauseBody>,
}

/// Who paused, and why.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "Pause")]
pub(crate) struct PauseBody {
    /// The person, by the name of their token.
    by: String,
    /// When.
    at: Timestamp,
    /// Why.
    reason: Option<String>,
}

impl From<Pause> for PauseBody {
    fn from(Pause { by, at, reason }: Pause) -> Self {
        Self { by, at, reason }
    }
}

/// Pauses one project
#[utoipa::path(
    post, path = "/projects/{id}/pause", tag = "control",
    params(("id" = u64, Path, minimum = 1, description = "GitLab's id of the project")),
    request_body(content = ref("#/components/schemas/PauseReason"), description = "Why; may be left out"),
    security(("person" = ["operator"])),
    responses((status = 200, description = "It is paused", body = ref("#/components/schemas/Control"))),
)]
pub(crate) async fn pause_project(
    State(gateway): State<Gateway>,
    Operator(person): Operator,
    id: Result<Path<u64>, PathRejection>,
    body: Bytes,
) -> Result<Json<ControlBody>, Problem> {
    pause(&gateway, &person, Some(project_id(id)?), &body).await
}

/// Lets one project go on
#[utoipa::path(
    post, path = "/projects/{id}/resume", tag = "control",
    params(("id" = u64, Path, minimum = 1, description = "GitLab's id of the project")),
    security(("person" = ["operator"])),
    responses((status = 200, description = "It goes on", body = ref("#/components/schemas/Control"))),
)]
pub(crate) async fn resume_project(
    State(gateway): State<Gateway>,
    Operator(person): Operator,
    id: Result<Path<u64>, PathRejection>,
) -> Result<Json<ControlBody>, Problem> {
    resume(&gateway, &person, Some(project_id(id)?)).await
}

/// Pauses everything
#[utoipa::path(
    post, path = "/pause", tag = "control",
    request_body(content = ref("#/components/schemas/PauseReason"), description = "Why; may be left out"),
    security(("person" = ["operator"])),
    responses((status = 200, description = "It is paused", body = ref("#/components/schemas/Control"))),
)]
pub(crate) async fn pause_everything(
    State(gateway): State<Gateway>,
    Operator(person): Operator,
    body: Bytes,
) -> Result<Json<ControlBody>, Problem> {
    pause(&gateway, &person, None, &body).await
}

/// Lets everything go on that is not paused by itself
#[utoipa::path(
    post, path = "/resume", tag = "control", security(("person" = ["operator"])),
    responses((status = 200, description = "It goes on", body = ref("#/components/schemas/Control"))),
)]
pub(crate) async fn resume_everything(
    State(gateway): State<Gateway>,
    Operator(person): Operator,
) -> Result<Json<ControlBody>, Problem> {
    resume(&gateway, &person, None).await
}

async fn pause(
    gateway: &Gateway,
    person: &Person,
    project: Option<ProjectId>,
    body: &[u8],
) -> Result<Json<ControlBody>, Problem> {
    let reason = reason(body)?;
    gateway.orders.tell(person, project, Action::Pause { reason: reason.clone() }).await?;
    let pause = Pause { by: person.name.clone(), at: gateway.clock.now(), reason };
    set(gateway, project, Some(pause)).await
}

async fn resume(
    gateway: &Gateway,
    person: &Person,
    project: Option<ProjectId>,
) -> Result<Json<ControlBody>, Problem> {
    gateway.orders.tell(person, project, Action::Resume).await?;
    set(gateway, project, None).await
}

async fn set(
    gateway: &Gateway,
    project: Option<ProjectId>,
    pause: Option<Pause>,
) -> Result<Json<ControlBody>, Problem> {
    gateway.jetstream.projects.set_pause(project, pause.clone()).await.map_err(|error| {
        tracing::error!(%error, "order not stored");
        Problem::unavailable("it could not be stored; ask again", Duration::from_secs(10))
    })?;
    Ok(Json(ControlBody { project, paused: pause.map(PauseBody::from) }))
}

fn reason(body: &[u8]) -> Result<Option<String>, Problem> {
    if body.is_empty() {
        return Ok(None);
    }
    let ReasonBody { reason } = serde_json::from_slice(body)
        .map_err(|_| Problem::bad_request("the body is not JSON of the form {\"reason\": \"...\"}"))?;
    match reason {
        Some(reason) if reason.chars().count() > LONGEST_REASON => {
            Err(Problem::bad_request("the reason is longer than 500 characters"))
        }
        reason => Ok(reason.filter(|reason| !reason.trim().is_empty())),
    }
}
