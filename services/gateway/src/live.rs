//! `GET /projects/{id}/access` and `GET /projects/{id}/plan`: who has what and why, and what a sync would change, asked
//! of a resolver and an applier at this moment.

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
use proto::{
    AccessReport,
    live::{Look, Looked, Paths, Question},
};
use runtime::live::{AskError, ask, preview};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    caller::{
        Caller,
        extract::{Reader, Viewer},
    },
    plain::wants_text,
    problem::Problem,
    state::Gateway,
    tasks::project_id,
};

/// How long GitLab and SonarQube may take; the gateway gives a request up after `gateway.limits.request_timeout`.
const PATIENCE: Duration = Duration::from_secs(40);
/// When to ask again, where nobody could answer.
const AGAIN: Duration = Duration::from_secs(10);

/// About whom.
#[derive(Debug, Default, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct About {
    /// Only this person: GitLab's id, or the username.
    person: Option<String>,
}

/// Who has what in a project, and why.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "Access")]
pub(crate) struct AccessBody {
    /// Why a sync would do nothing, whatever SonarQube has; null where the settings do not leave the project out.
    skipped: Option<String>,
    #[serde(flatten)]
    report: AccessReport,
}

/// Tells who has which access, by which memberships
#[utoipa::path(
    get, path = "/projects/{id}/access", operation_id = "show_access", tag = "projects", params(
        ("id" = u64, Path, minimum = 1, description = "GitLab's id of the project"), About,
    ),
    security(("person" = [])),
    responses(
        (status = 200, description = "Who has what, and why", body = ref("#/components/schemas/Access")),
        (status = 404, description = "GitLab has no such project, or does not show it"),
    ),
)]
pub(crate) async fn access(
    State(gateway): State<Gateway>,
    _: Viewer,
    id: Result<Path<u64>, PathRejection>,
    about: Result<Query<About>, QueryRejection>,
) -> Result<Json<AccessBody>, Problem> {
    let Query(about) = about.map_err(|rejection| Problem::bad_request(rejection.body_text()))?;
    let paths = Some(about.person.map_or(Paths::Everybody, Paths::Person));
    let Looked { skipped, access, .. } =
        asked(&gateway, &Look { project: project_id(id)?.to_string(), paths }).await?;
    let report = access.ok_or_else(Problem::internal)?;
    Ok(Json(AccessBody { skipped, report }))
}

/// Tells what a sync would change now
///
/// A job sees the plan of its own project.
#[utoipa::path(
    get, path = "/projects/{id}/plan", operation_id = "show_plan", tag = "projects",
    params(("id" = u64, Path, minimum = 1, description = "GitLab's id of the project")),
    security(("job_token" = []), ("id_token" = []), ("person" = [])),
    responses(
        (status = 200, description = "What would change", content((ref("#/components/schemas/Preview") = "application/json"), (String = "text/plain"))),
        (status = 403, description = "GitLab refuses the job's user"),
        (status = 404, description = "GitLab has no such project, or does not show it, or it is not the job's"),
    ),
)]
pub(crate) async fn plan(
    State(gateway): State<Gateway>,
    Reader(caller): Reader,
    id: Result<Path<u64>, PathRejection>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let id = project_id(id)?;
    if let Caller::Job(job) = caller {
        gateway.rates.project(job.project)?;
        if job.project != id {
            return Err(Problem::not_found(format!("project {id} is not this job's")));
        }
    }
    let client = gateway.jetstream.context().client();
    let preview = preview(&client, &id.to_string(), PATIENCE).await.map_err(refused)?;
    Ok(if wants_text(&headers) { preview.to_string().into_response() } else { Json(preview).into_response() })
}

/// Asks a resolver or an applier.
///
/// # Errors
/// Their refusals: 404 and 409 as they are, anything else as 503.
pub(crate) async fn asked<Q: Question>(gateway: &Gateway, question: &Q) -> Result<Q::Answer, Problem> {
    ask(&gateway.jetstream.context().client(), question, PATIENCE).await.map_err(refused)
}

pub(crate) fn refused(error: AskError) -> Problem {
    match error {
        AskError::Refused { code: 404, reason } => Problem::not_found(reason),
        AskError::Refused { code: 409, reason } => Problem::conflict(reason),
        AskError::Refused { reason, .. } => Problem::unavailable(reason, AGAIN),
        AskError::Nobody(_) => {
            Problem::unavailable("no resolver or no applier runs that could answer", AGAIN)
        }
        AskError::TooLate(..) => Problem::unavailable("GitLab or SonarQube took too long to answer", AGAIN),
        AskError::Unavailable(_) | AskError::Unreadable(_) => {
            tracing::warn!(%error, "a live question was not answered");
            Problem::unavailable("the question could not be asked", AGAIN)
        }
    }
}
