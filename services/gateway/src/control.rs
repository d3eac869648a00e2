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
use proto::{Action, Cause, Pause, ProjectId, TaskId};
use runtime::jetstream::KvError;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    caller::{Person, extract::Operator},
    problem::Problem,
    state::Gateway,
    tasks::{not_stored, project_id},
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
    paused: Option<Pause>,
    /// The task that catches up with what happened during the pause of a single project that goes on.
    task: Option<TaskId>,
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
    let (project, reason) = (project_id(id)?, reason(&body)?);
    pause(&gateway, &person, Some(project), reason).await.map(Json)
}

/// Lets one project go on
///
/// It gets a task, so that nothing that happened during the pause is left undone.
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
    let project = project_id(id)?;
    let resumed = resume(&gateway, &person, Some(project)).await?;
    let cause = Cause::Manual { by: person.name };
    let accepted = gateway.intake.trigger(project, cause).await.map_err(|error| not_stored(&error))?;
    Ok(Json(ControlBody { task: Some(accepted.task), ..resumed }))
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
    pause(&gateway, &person, None, reason(&body)?).await.map(Json)
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
    resume(&gateway, &person, None).await.map(Json)
}

/// Pauses the project, or everything: told, then written.
///
/// # Errors
/// 503 when it cannot be told or written.
pub(crate) async fn pause(
    gateway: &Gateway,
    person: &Person,
    project: Option<ProjectId>,
    reason: Option<String>,
) -> Result<ControlBody, Problem> {
    gateway.orders.tell(person, project, Action::Pause { reason: reason.clone() }).await?;
    let pause = Pause { by: person.name.clone(), at: gateway.clock.now(), reason };
    set(gateway, project, Some(pause)).await
}

async fn resume(
    gateway: &Gateway,
    person: &Person,
    project: Option<ProjectId>,
) -> Result<ControlBody, Problem> {
    gateway.orders.tell(person, project, Action::Resume).await?;
    set(gateway, project, None).await
}

async fn set(
    gateway: &Gateway,
    project: Option<ProjectId>,
    pause: Option<Pause>,
) -> Result<ControlBody, Problem> {
    let projects = &gateway.jetstream.projects;
    projects.set_pause(project, pause.clone()).await.map_err(|error| unwritten(&error))?;
    Ok(ControlBody { project, paused: pause, task: None })
}

/// An order that could not be written down.
pub(crate) fn unwritten(error: &KvError) -> Problem {
    tracing::error!(%error, "order not stored");
    Problem::unavailable("it could not be stored; ask again", Duration::from_secs(10))
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
