//! `DELETE /task/{id}`: canceling a task that nobody has begun.

use std::time::Duration;

use axum::{
    Json,
    extract::{Path, State, rejection::PathRejection},
};
use proto::{Action, TaskId, TaskRecord};
use runtime::jetstream::records::Cancel;
use schemars::JsonSchema;
use serde::Serialize;

use super::show::{task_id, unknown};
use crate::{caller::extract::Operator, problem::Problem, state::Gateway};

/// What the older tool answered.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "Canceled")]
pub(crate) struct CanceledBody {
    /// The task. From now on it is `canceled`.
    id: TaskId,
    /// Always `DELETED`.
    state: &'static str,
}

/// Cancels a task that nobody works on
///
/// Triggers that joined it are canceled with it; one that comes later gets a task of its own.
#[utoipa::path(
    delete, path = "/task/{id}", operation_id = "cancel_task", tag = "tasks",
    params(("id" = uuid::Uuid, Path, description = "The task")),
    security(("person" = ["operator"])),
    responses(
        (status = 200, description = "It is canceled now, or was before", body = ref("#/components/schemas/Canceled")),
        (status = 404, description = "There is no such task"),
        (status = 409, description = "Somebody works on it, or it has ended"),
    ),
)]
pub(crate) async fn cancel(
    State(gateway): State<Gateway>,
    Operator(person): Operator,
    id: Result<Path<TaskId>, PathRejection>,
) -> Result<Json<CanceledBody>, Problem> {
    let id = task_id(id)?;
    let records = &gateway.jetstream.records;
    let record = records.get(id).await.map_err(|error| unsure(&error))?.ok_or_else(|| unknown(id))?;
    gateway.orders.tell(&person, Some(record.project), Action::Cancel { task: id }).await?;
    let reason = format!("canceled by {}", person.name);
    match records.cancel(id, &reason).await.map_err(|error| unsure(&error))? {
        Cancel::Canceled(record) => {
            let projects = &gateway.jetstream.projects;
            projects.cancel_newest(record.project, id).await.map_err(|error| unsure(&error))?;
            Ok(Json(CanceledBody { id, state: "DELETED" }))
        }
        Cancel::TooLate(record) => Err(too_late(&record)),
        Cancel::Unknown => Err(unknown(id)),
    }
}

fn too_late(record: &TaskRecord) -> Problem {
    Problem::conflict(format!("the task is {} and can no longer be canceled", record.state.key()))
}

fn unsure(error: &dyn std::fmt::Display) -> Problem {
    tracing::warn!(%error, "cancel not stored");
    Problem::unavailable(
        "it could not be stored that the task is canceled; ask again",
        Duration::from_secs(5),
    )
}
