//! Held plans: a guard stopped what would be done, and a person decides.
//!
//! **Invariant:** a decision is about the changes that the person has seen, which the digest names. A newer plan that is
//! held meanwhile is another matter.

use axum::{
    Json,
    body::Bytes,
    extract::{Path, State, rejection::PathRejection},
    http::HeaderMap,
    response::Response,
};
use proto::{Action, Cause, Decision, Hold, ProjectId, Ruling};
use schemars::JsonSchema;
use serde::Deserialize;

use crate::{
    caller::extract::Operator,
    control::unwritten,
    problem::Problem,
    projects::unread,
    state::Gateway,
    tasks::{not_stored, project_id, told},
};

/// Which plan it is about.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Digest")]
pub(crate) struct DigestBody {
    /// The digest of the held plan that you have seen: `held.digest` of `GET /projects/{id}`.
    digest: String,
}

/// Has the held plan carried out
///
/// The project gets a task, or the one that waits does it. It reads GitLab afresh: where that comes to other changes than
/// those that were approved, they are held anew.
#[utoipa::path(
    post, path = "/projects/{id}/approve", operation_id = "approve_plan", tag = "control",
    params(("id" = u64, Path, minimum = 1, description = "GitLab's id of the project")),
    request_body(content = ref("#/components/schemas/Digest"), description = "What was seen"),
    security(("person" = ["operator"])),
    responses(
        (status = 202, description = "Accepted; Location names the task", content((ref("#/components/schemas/Accepted") = "application/json"), (String = "text/plain")), headers(("Location" = String))),
        (status = 404, description = "No plan of the project is held"),
        (status = 409, description = "Another plan is held than the one that was seen"),
    ),
)]
pub(crate) async fn approve(
    State(gateway): State<Gateway>,
    Operator(person): Operator,
    id: Result<Path<u64>, PathRejection>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Response, Problem> {
    let project = project_id(id)?;
    let hold = seen(&gateway, project, &body).await?;
    if is_rejected(&gateway, project, &hold).await? {
        return Err(nothing_held(project));
    }
    let Hold { task: held, digest, .. } = hold.clone();
    gateway.orders.tell(&person, Some(project), Action::Approve { held, digest }).await?;
    decide(&gateway, project, hold, Ruling::Approved, &person.name).await?;
    let cause = Cause::Approved { by: person.name };
    let accepted = gateway.intake.trigger(project, cause).await.map_err(|error| not_stored(&error))?;
    Ok(told(&headers, project, accepted))
}

/// Forgets the held plan
///
/// Nothing of it is done. When a later sync comes to the same changes they are held anew.
#[utoipa::path(
    post, path = "/projects/{id}/reject", operation_id = "reject_plan", tag = "control",
    params(("id" = u64, Path, minimum = 1, description = "GitLab's id of the project")),
    request_body(content = ref("#/components/schemas/Digest"), description = "What was seen"),
    security(("person" = ["operator"])),
    responses(
        (status = 200, description = "It is rejected", body = ref("#/components/schemas/Decision")),
        (status = 404, description = "No plan of the project is held"),
        (status = 409, description = "Another plan is held than the one that was seen"),
    ),
)]
pub(crate) async fn reject(
    State(gateway): State<Gateway>,
    Operator(person): Operator,
    id: Result<Path<u64>, PathRejection>,
    body: Bytes,
) -> Result<Json<Decision>, Problem> {
    let project = project_id(id)?;
    let hold = seen(&gateway, project, &body).await?;
    let Hold { task: held, digest, .. } = hold.clone();
    gateway.orders.tell(&person, Some(project), Action::Reject { held, digest }).await?;
    decide(&gateway, project, hold, Ruling::Rejected, &person.name).await.map(Json)
}

/// The held plan, if it is the one that the caller has seen. It may have been decided about: whoever asks again because
/// no answer came does no harm.
async fn seen(gateway: &Gateway, project: ProjectId, body: &[u8]) -> Result<Hold, Problem> {
    let DigestBody { digest } = serde_json::from_slice(body)
        .map_err(|_| Problem::bad_request("the body is not JSON of the form {\"digest\": \"...\"}"))?;
    let hold = gateway.jetstream.projects.hold(project).await.map_err(|error| unread(&error))?;
    let hold = hold.ok_or_else(|| nothing_held(project))?;
    if hold.digest != digest {
        return Err(Problem::conflict(format!(
            "another plan of project {project} is held than the one that was seen: look at it, GET /projects/{project}"
        )));
    }
    Ok(hold)
}

async fn is_rejected(gateway: &Gateway, project: ProjectId, hold: &Hold) -> Result<bool, Problem> {
    let decision = gateway.jetstream.projects.decision(project).await.map_err(|error| unread(&error))?;
    Ok(decision.is_some_and(|decision| decision.is_about(hold) && decision.ruling == Ruling::Rejected))
}

async fn decide(
    gateway: &Gateway,
    project: ProjectId,
    hold: Hold,
    ruling: Ruling,
    by: &str,
) -> Result<Decision, Problem> {
    let Hold { task: held, digest, .. } = hold;
    let decision = Decision { held, digest, ruling, by: by.to_owned(), at: gateway.clock.now() };
    let projects = &gateway.jetstream.projects;
    projects.decide(project, decision.clone()).await.map_err(|error| unwritten(&error))?;
    Ok(decision)
}

fn nothing_held(project: ProjectId) -> Problem {
    Problem::not_found(format!("no plan of project {project} is held"))
}
