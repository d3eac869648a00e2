//! `GET /task/{id}`: how a task goes, at once or as soon as there is something new.

use std::time::Duration;

use axum::{
    Json,
    extract::{
        Path, Query, State,
        rejection::{PathRejection, QueryRejection},
    },
    http::HeaderMap,
    response::{IntoResponse, Response},
};
use proto::{ProjectId, TaskId, TaskRecord};
use serde::Deserialize;
use tokio::time::Instant;

use super::TaskBody;
use crate::{
    caller::{Caller, extract::Reader},
    guard::shed::Slot,
    plain::wants_text,
    problem::Problem,
    state::Gateway,
};

/// The longest that a caller may wait: proxies in between give up after a minute.
const LONGEST_WAIT: u64 = 60;

/// How long to wait, and for what.
#[derive(Debug, Default, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct Wait {
    /// Answer when the task has ended, or after so many seconds: 0 to 60.
    #[param(maximum = 60)]
    wait: Option<u64>,
    /// With `wait`: answer as soon as the task's revision is above this one.
    after: Option<u64>,
}

impl Wait {
    fn deadline(&self) -> Result<Instant, Problem> {
        match self.wait.unwrap_or_default() {
            seconds @ ..=LONGEST_WAIT => Ok(Instant::now() + Duration::from_secs(seconds)),
            _ => Err(Problem::bad_request("wait is a number of seconds from 0 to 60")),
        }
    }

    /// Whether there is nothing to wait for any more.
    fn is_over(&self, (record, revision): &(TaskRecord, u64)) -> bool {
        record.state.is_final() || self.after.is_some_and(|known| *revision > known)
    }
}

/// Tells how a task goes, while it is queued, while it runs and after
///
/// A job sees the tasks of its own project.
#[utoipa::path(
    get, path = "/task/{id}", operation_id = "show_task", tag = "tasks",
    params(("id" = uuid::Uuid, Path, description = "The task"), Wait),
    security(("job_token" = []), ("id_token" = []), ("person" = [])),
    responses(
        (status = 200, description = "The task", content((ref("#/components/schemas/Task") = "application/json"), (String = "text/plain"))),
        (status = 403, description = "GitLab refuses the job's user"),
        (status = 404, description = "There is no such task, or none of the job's project"),
    ),
)]
pub(crate) async fn show(
    State(gateway): State<Gateway>,
    Reader(caller): Reader,
    id: Result<Path<TaskId>, PathRejection>,
    wait: Result<Query<Wait>, QueryRejection>,
    headers: HeaderMap,
    slot: Slot,
) -> Result<Response, Problem> {
    let id = task_id(id)?;
    let Query(wait) = wait.map_err(|rejection| Problem::bad_request(rejection.body_text()))?;
    let deadline = wait.deadline()?;
    let project = match caller {
        Caller::Job(job) => Some(job.project),
        Caller::Person(_) => None,
    };
    // A task of another project answers as one that is not there: ids of strangers are not confirmed.
    let found = watched(&gateway, id, project, &wait, deadline, &slot).await?;
    let (record, revision) = found.ok_or_else(|| match project {
        Some(_) => Problem::not_found(format!("there is no task {id} of this job's project")),
        None => unknown(id),
    })?;
    let body = TaskBody::new(record, revision);
    Ok(if wants_text(&headers) { body.text().into_response() } else { Json(body).into_response() })
}

pub(super) fn task_id(path: Result<Path<TaskId>, PathRejection>) -> Result<TaskId, Problem> {
    path.map(|Path(id)| id).map_err(|_| Problem::bad_request("the task's id is no UUID"))
}

pub(super) fn unknown(id: TaskId) -> Problem {
    Problem::not_found(format!("there is no task {id}"))
}

/// The task's record: at once, or once it is as the caller waits for it to be.
async fn watched(
    gateway: &Gateway,
    id: TaskId,
    project: Option<ProjectId>,
    wait: &Wait,
    deadline: Instant,
    slot: &Slot,
) -> Result<Option<(TaskRecord, u64)>, Problem> {
    // Asked for before the record is read, so that no change falls in between.
    let mut changes = gateway.board.subscribe(id);
    let mut watching = None;
    loop {
        let found = read(gateway, id).await?;
        let found = found.filter(|(record, _)| project.is_none_or(|project| record.project == project));
        let over = found.as_ref().is_none_or(|found| wait.is_over(found));
        if over || Instant::now() >= deadline || gateway.life.is_stopping() {
            return Ok(found);
        }
        if watching.is_none() {
            watching = Some(gateway.watchers.try_enter(slot)?);
        }
        tokio::select! {
            _ = changes.changed() => {}
            () = tokio::time::sleep_until(deadline) => {}
            () = gateway.life.stopping() => {}
        }
    }
}

async fn read(gateway: &Gateway, id: TaskId) -> Result<Option<(TaskRecord, u64)>, Problem> {
    gateway.jetstream.records.get_revised(id).await.map_err(|error| {
        tracing::warn!(%error, "record not read");
        Problem::unavailable("the task's record cannot be read", Duration::from_secs(5))
    })
}
