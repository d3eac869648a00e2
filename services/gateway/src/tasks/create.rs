//! `POST /task` and `POST /task_manual/{project}`: asking for a synchronisation.

use std::time::Duration;

use axum::{
    Json,
    extract::{Path, State, rejection::PathRejection},
    http::{
        StatusCode,
        header::{HeaderMap, LOCATION},
    },
    response::{IntoResponse, Response},
};
use proto::{Action, Cause, ProjectId, TaskId};
use serde::Serialize;

use super::AcceptedBody;
use crate::{
    caller::extract::{JobCaller, Operator},
    intake::{Accepted, TriggerError},
    plain::wants_text,
    problem::Problem,
    state::Gateway,
};

/// Asks for a synchronisation of the calling job's own project
///
/// While a task of the project waits, another trigger joins it and is answered with its id.
#[utoipa::path(
    post, path = "/task", operation_id = "create_task", tag = "tasks",
    request_body(content = ref("#/components/schemas/JobToken"), description = "The job token, when no header carries it"),
    security(("job_token" = []), ("id_token" = [])),
    responses(
        (status = 202, description = "Accepted; Location names the task", content((ref("#/components/schemas/Accepted") = "application/json"), (String = "text/plain")), headers(("Location" = String))),
        (status = 403, description = "GitLab refuses the job's user"),
    ),
)]
pub(crate) async fn create(
    State(gateway): State<Gateway>,
    headers: HeaderMap,
    JobCaller(job): JobCaller,
) -> Result<Response, Problem> {
    gateway.rates.project(job.project)?;
    trigger(&gateway, &headers, job.project, job.cause).await
}

/// Asks for a synchronisation of any project
#[utoipa::path(
    post, path = "/task_manual/{project}", operation_id = "create_task_manually", tag = "tasks",
    params(("project" = u64, Path, minimum = 1, description = "GitLab's id of the project")),
    security(("person" = ["operator"])),
    responses(
        (status = 202, description = "Accepted; Location names the task", content((ref("#/components/schemas/Accepted") = "application/json"), (String = "text/plain")), headers(("Location" = String))),
    ),
)]
pub(crate) async fn create_manually(
    State(gateway): State<Gateway>,
    Operator(person): Operator,
    headers: HeaderMap,
    project: Result<Path<u64>, PathRejection>,
) -> Result<Response, Problem> {
    let project = project_id(project)?;
    gateway.orders.tell(&person, Some(project), Action::Sync).await?;
    trigger(&gateway, &headers, project, Cause::Manual { by: person.name }).await
}

pub(crate) fn project_id(path: Result<Path<u64>, PathRejection>) -> Result<ProjectId, Problem> {
    let id = path.ok().map(|Path(id)| id).filter(|id| *id > 0);
    id.map(ProjectId)
        .ok_or_else(|| Problem::bad_request("a project is named by GitLab's numeric id, from 1 on"))
}

async fn trigger(
    gateway: &Gateway,
    headers: &HeaderMap,
    project: ProjectId,
    cause: Cause,
) -> Result<Response, Problem> {
    let accepted = gateway.intake.trigger(project, cause).await.map_err(|error| not_stored(&error))?;
    Ok(told(headers, project, accepted))
}

/// 202 with the task's path, in words or as JSON.
pub(crate) fn told(headers: &HeaderMap, project: ProjectId, accepted: Accepted) -> Response {
    accepted_as(headers, accepted.task, AcceptedBody::new(project, accepted))
}

/// The same with another body.
pub(crate) fn accepted_as(headers: &HeaderMap, task: TaskId, body: impl Serialize) -> Response {
    let path = format!("/task/{task}");
    let location = [(LOCATION, path.clone())];
    if wants_text(headers) {
        return (StatusCode::ACCEPTED, location, format!("{path}\n")).into_response();
    }
    (StatusCode::ACCEPTED, location, Json(body)).into_response()
}

pub(crate) fn not_stored(error: &TriggerError) -> Problem {
    tracing::error!(%error, "trigger not stored");
    Problem::unavailable("the task could not be stored", Duration::from_secs(10))
}
