//! `GET /projects/{id}/access` and `GET /projects/{id}/plan`: who has what and why, and what a sync would change, asked
//! of a resolver and an applier at this moment.

use std::time::Duration;

use axum::{
    Json,
    extract::{
        Path, Query, State,
        rejection::{PathRejection, QueryRejection},
    },
};
use proto::{
    AccessReport,
    live::{Compare, Compared, Look, Looked, Paths, Preview, Question},
};
use runtime::live::{AskError, ask};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{caller::extract::Viewer, problem::Problem, state::Gateway, tasks::project_id};

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
#[utoipa::path(
    get, path = "/projects/{id}/plan", operation_id = "show_plan", tag = "projects",
    params(("id" = u64, Path, minimum = 1, description = "GitLab's id of the project")),
    security(("person" = [])),
    responses(
        (status = 200, description = "What would change", body = ref("#/components/schemas/Preview")),
        (status = 404, description = "GitLab has no such project, or does not show it"),
    ),
)]
pub(crate) async fn plan(
    State(gateway): State<Gateway>,
    _: Viewer,
    id: Result<Path<u64>, PathRejection>,
) -> Result<Json<Preview>, Problem> {
    let Looked { plan, skipped, .. } =
        asked(&gateway, &Look { project: project_id(id)?.to_string(), paths: None }).await?;
    let question = Compare { plan };
    let compared = match skipped {
        None => asked(&gateway, &question).await?,
        skipped => Compared::nothing(skipped),
    };
    Ok(Json(compared.preview(question.plan)))
}

async fn asked<Q: Question>(gateway: &Gateway, question: &Q) -> Result<Q::Answer, Problem> {
    ask(&gateway.jetstream.context().client(), question, PATIENCE).await.map_err(refused)
}

fn refused(error: AskError) -> Problem {
    match error {
        AskError::Refused { code: 404, reason } => Problem::not_found(reason),
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
