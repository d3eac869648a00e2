//! `POST /groups/{id}/sync`: a group changed, so every project that this reaches is synchronised.

use std::time::Duration;

use axum::{
    Json,
    extract::{Path, State, rejection::PathRejection},
    http::StatusCode,
};
use proto::{Action, FanOut, FanOutId, GroupId};
use runtime::jetstream::PublishError;
use schemars::JsonSchema;
use serde::Serialize;

use crate::{caller::extract::Operator, problem::Problem, state::Gateway};

/// What a caller is told about an accepted fan-out.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "GroupAccepted")]
pub(crate) struct GroupAcceptedBody {
    /// The fan-out: the log names it at each step.
    id: FanOutId,
    /// The same in words.
    message: String,
    /// The GitLab group.
    group: GroupId,
}

/// Asks for a synchronisation of every project that a change of a group reaches
///
/// These are the projects of the group and of the groups below it, of the groups that invited the group and of those
/// below them, and the projects elsewhere that invited one of all these; as far as SonarQube has them. Each gets a task
/// of its own, unless one waits.
#[utoipa::path(
    post, path = "/groups/{id}/sync", operation_id = "sync_group", tag = "tasks",
    params(("id" = u64, Path, minimum = 1, description = "GitLab's id of the group")),
    security(("person" = ["operator"])),
    responses((status = 202, description = "Accepted", body = ref("#/components/schemas/GroupAccepted"))),
)]
pub(crate) async fn sync(
    State(gateway): State<Gateway>,
    Operator(person): Operator,
    id: Result<Path<u64>, PathRejection>,
) -> Result<(StatusCode, Json<GroupAcceptedBody>), Problem> {
    let group = group_id(id)?;
    gateway.orders.tell(&person, None, Action::SyncGroup { group }).await?;
    let begin = FanOut::begin(group, Some(person.name));
    gateway.jetstream.publish_fan_out(&begin).await.map_err(|error| not_stored(&error))?;
    tracing::info!(fan_out.id = %begin.id, gitlab.group.id = group.0, "fan-out accepted");
    let message = format!("The projects that group {group} reaches are being looked for");
    Ok((StatusCode::ACCEPTED, Json(GroupAcceptedBody { id: begin.id, message, group })))
}

pub(crate) fn not_stored(error: &PublishError) -> Problem {
    tracing::error!(%error, "fan-out not stored");
    Problem::unavailable("the fan-out could not be stored", Duration::from_secs(10))
}

fn group_id(path: Result<Path<u64>, PathRejection>) -> Result<GroupId, Problem> {
    let id = path.ok().map(|Path(id)| id).filter(|id| *id > 0);
    id.map(GroupId).ok_or_else(|| Problem::bad_request("a group is named by GitLab's numeric id, from 1 on"))
}
