//! `POST /task` and `GET /task/{id}`.

use std::time::Duration;

use axum::{
    Json,
    body::Bytes,
    extract::{
        Path, State,
        rejection::{BytesRejection, PathRejection},
    },
    http::{HeaderMap, StatusCode, header::LOCATION},
    response::{IntoResponse, Response},
};
use jiff::Timestamp;
use proto::{Cause, Outcome, PlanSummary, ProjectId, Stages, TaskId, TaskRecord, TaskState};
use serde::Serialize;
use tracing::Instrument;

use crate::{
    intake::{Accepted, TriggerError},
    job_token,
    metrics::Joined,
    problem::Problem,
    state::Gateway,
};

/// What a caller is told about an accepted trigger.
#[derive(Debug, Serialize)]
struct AcceptedBody {
    id: TaskId,
    message: String,
    project: ProjectId,
    /// Whether the trigger joined a task that waited already.
    joined: bool,
}

/// A CI job asks for a synchronisation of its own project.
pub(crate) async fn create(
    State(gateway): State<Gateway>,
    headers: HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Result<Response, Problem> {
    let span = tracing::info_span!(
        "POST /task",
        otel.name = "POST /task",
        otel.kind = "server",
        http.request.method = "POST",
        http.route = "/task"
    );
    async {
        let body = body.map_err(|rejection| unreadable(&rejection))?;
        let token = job_token::token(&headers, &body)?;
        let job = gateway.tokens.verify(&token).await?;
        let project = job.project;
        let accepted =
            gateway.intake.trigger(project, job.cause).await.map_err(|error| not_stored(&error))?;
        Ok(answer(project, accepted))
    }
    .instrument(span)
    .await
}

fn answer(project: ProjectId, Accepted { task, joined }: Accepted) -> Response {
    let joined = joined == Joined::Yes;
    let what = if joined { "joined the task that waits" } else { "was added to the queue" };
    let body = AcceptedBody {
        id: task,
        message: format!("The synchronisation of project {project} {what}"),
        project,
        joined,
    };
    (StatusCode::ACCEPTED, [(LOCATION, format!("/task/{task}"))], Json(body)).into_response()
}

fn unreadable(rejection: &BytesRejection) -> Problem {
    if rejection.status() == StatusCode::PAYLOAD_TOO_LARGE {
        Problem::too_large("the body is larger than 64 KiB")
    } else {
        Problem::bad_request("the body could not be read to its end")
    }
}

fn not_stored(error: &TriggerError) -> Problem {
    tracing::error!(%error, "trigger not stored");
    Problem::unavailable("the task could not be stored", Duration::from_secs(10))
}

/// What a caller is told about a task. `state`, `job` and `ended_at` are the older tool's names.
#[derive(Debug, Serialize)]
struct TaskBody {
    id: TaskId,
    state: TaskState,
    /// The GitLab project; the older tool called it the job.
    job: ProjectId,
    project: ProjectId,
    cause: Cause,
    reason: Option<String>,
    stages: Stages,
    plan: Option<PlanSummary>,
    ended_at: Option<Timestamp>,
    outcome: Option<Outcome>,
    trace_id: Option<String>,
}

impl From<TaskRecord> for TaskBody {
    fn from(record: TaskRecord) -> Self {
        let TaskRecord { id, project, cause, state, reason, waits: _, stages, plan, outcome, trace_id } =
            record;
        Self {
            id,
            state,
            job: project,
            project,
            cause,
            reason,
            ended_at: stages.ended,
            stages,
            plan,
            outcome,
            trace_id,
        }
    }
}

/// Tells how a task of the caller's own project goes, while it is queued, while it runs and after.
pub(crate) async fn show(
    State(gateway): State<Gateway>,
    id: Result<Path<TaskId>, PathRejection>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let Path(id) = id.map_err(|_| Problem::bad_request("the task's id is no UUID"))?;
    let job = gateway.tokens.verify(&job_token::token(&headers, b"")?).await?;
    let record = gateway.jetstream.records.get(id).await.map_err(|error| {
        tracing::warn!(%error, "record not read");
        Problem::unavailable("the task's record cannot be read", Duration::from_secs(5))
    })?;
    // A task of another project answers as one that is not there: ids of strangers are not confirmed.
    match record.filter(|record| record.project == job.project) {
        Some(record) => Ok(Json(TaskBody::from(record)).into_response()),
        None => Err(Problem::not_found(format!("there is no task {id} of this job's project"))),
    }
}
