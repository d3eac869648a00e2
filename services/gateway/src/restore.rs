//! `POST /projects/{id}/restore`: putting a project back as it was before a task.
//!
//! The project is paused first, and stays so whatever becomes of it: its next sync would undo what was put back.

use axum::{
    body::Bytes,
    extract::{Path, State, rejection::PathRejection},
    http::HeaderMap,
    response::Response,
};
use proto::{
    Action, ProjectId, TaskId,
    live::{PutBack, PuttingBack},
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    caller::extract::Operator,
    control::pause,
    live::asked,
    problem::Problem,
    state::Gateway,
    tasks::{accepted_as, project_id},
};

/// How far back.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Before")]
pub(crate) struct BeforeBody {
    /// Everything that this task and those after it changed is undone.
    before: TaskId,
}

/// What a caller is told about a project that is being put back.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "Restoring")]
pub(crate) struct RestoringBody {
    /// The task under which it is done.
    id: TaskId,
    /// The same in words.
    message: String,
    /// The GitLab project.
    project: ProjectId,
}

/// Puts a project back as it was before a task
///
/// The project is paused first. Resume it when GitLab is right again.
#[utoipa::path(
    post, path = "/projects/{id}/restore", operation_id = "restore_project", tag = "control",
    params(("id" = u64, Path, minimum = 1, description = "GitLab's id of the project")),
    request_body(content = ref("#/components/schemas/Before"), description = "How far back"),
    security(("person" = ["operator"])),
    responses(
        (status = 202, description = "Accepted; Location names the task", content((ref("#/components/schemas/Restoring") = "application/json"), (String = "text/plain")), headers(("Location" = String))),
        (status = 404, description = "The audit has no such task of the project any more; the project stays paused"),
        (status = 409, description = "A sync is being written at this moment: ask again; the project stays paused"),
    ),
)]
pub(crate) async fn restore(
    State(gateway): State<Gateway>,
    Operator(person): Operator,
    id: Result<Path<u64>, PathRejection>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Response, Problem> {
    let project = project_id(id)?;
    let BeforeBody { before } = serde_json::from_slice(&body).map_err(|_| {
        Problem::bad_request("the body is not JSON of the form {\"before\": \"<id of a task>\"}")
    })?;
    let reason = format!("restored to before task {before}: resume when GitLab is right again");
    pause(&gateway, &person, Some(project), Some(reason)).await?;
    gateway.orders.tell(&person, Some(project), Action::Restore { before }).await?;
    let question = PutBack { project, before, by: person.name };
    let asked = asked(&gateway, &question).await;
    let PuttingBack { task: id } = asked.map_err(|problem| problem.and("the project stays paused"))?;
    let message = format!("Project {project} is being put back as it was before task {before}");
    Ok(accepted_as(&headers, id, RestoringBody { id, message, project }))
}
