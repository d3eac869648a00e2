//! `POST /webhooks/sonarqube`: an analysis has ended. One of a project that nobody knows yet is its first: the project it
//! belongs to is looked for, and synchronised at once. Of all others nothing follows.
//!
//! SonarQube signs the body with the webhook's secret (`X-Sonar-Webhook-HMAC-SHA256`, hex HMAC-SHA256; docs "Webhooks").
//! It waits ten seconds for an answer, and does not send again: what is missed here, the next listing finds.

use std::time::Duration;

use aws_lc_rs::hmac;
use axum::{
    Json,
    body::Bytes,
    extract::State,
    http::{HeaderMap, StatusCode},
};
use data_encoding::HEXLOWER_PERMISSIVE;
use moka::sync::Cache;
use proto::{
    Cause, Presence, ProjectId, TaskId,
    live::{Discover, Discovered},
};
use runtime::{live::ask, secret::Secret};
use schemars::JsonSchema;
use secrecy::ExposeSecret;
use serde::{Deserialize, Serialize};

use crate::{
    directory::look, live::refused, problem::Problem, projects::unread, state::Gateway, tasks::not_stored,
};

const SIGNATURE: &str = "x-sonar-webhook-hmac-sha256";
/// SonarQube waits ten seconds, and the directory may take some of them.
const PATIENCE: Duration = Duration::from_secs(6);
/// Keys that belong to nobody, and for how long each is remembered.
const REMEMBERED: u64 = 10_000;
const MEMORY: Duration = Duration::from_secs(60);

/// What is read of the payload.
#[derive(Deserialize, JsonSchema)]
#[schemars(rename = "Analysis")]
pub(crate) struct AnalysisBody {
    /// The project that was analysed; none in what is only a test.
    project: Option<AnalysedProject>,
}

/// The project that was analysed.
#[derive(Deserialize, JsonSchema)]
struct AnalysedProject {
    /// Its key in SonarQube.
    key: String,
}

/// What became of a webhook.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "AnalysisSeen")]
pub(crate) struct SeenBody {
    /// In words.
    message: String,
    /// GitLab's id of the project, where it is known.
    project: Option<ProjectId>,
    /// The task that synchronises it, where it is new.
    task: Option<TaskId>,
}

/// Takes SonarQube's word that an analysis has ended
///
/// A project that was never seen before is synchronised at once. The secret of the webhook is `webhooks.sonarqube_secret`.
#[utoipa::path(
    post, path = "/webhooks/sonarqube", operation_id = "analysis_ended", tag = "webhooks",
    request_body(content = ref("#/components/schemas/Analysis"), description = "As SonarQube sends it"),
    security(("sonarqube" = [])),
    responses((status = 202, description = "What there is to do is stored", body = ref("#/components/schemas/AnalysisSeen"))),
)]
pub(crate) async fn analysis_ended(
    State(gateway): State<Gateway>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<(StatusCode, Json<SeenBody>), Problem> {
    verify(gateway.sonarqube_secret.as_ref(), &headers, &body)?;
    let AnalysisBody { project } = serde_json::from_slice(&body)
        .map_err(|error| Problem::bad_request(format!("the body is no analysis of SonarQube: {error}")))?;
    let seen = match project {
        Some(AnalysedProject { key }) => seen(&gateway, key).await?,
        None => SeenBody { message: "Nothing was analysed".to_owned(), project: None, task: None },
    };
    Ok((StatusCode::ACCEPTED, Json(seen)))
}

async fn seen(gateway: &Gateway, key: String) -> Result<SeenBody, Problem> {
    let owner = gateway.jetstream.catalog.owner(&key).await.map_err(|error| unread(&error))?;
    if let Some(project) = owner {
        let message = format!("{key} is known as GitLab project {project}");
        return Ok(SeenBody { message, project: Some(project), task: None });
    }
    let asked_before = gateway.foreign.contains_key(&key);
    let found = if asked_before { None } else { discover(gateway, &key).await? };
    let Some(project) = found else {
        let message = format!("{key} belongs to no GitLab project that is known");
        if !asked_before {
            gateway.foreign.insert(key, ());
        }
        return Ok(SeenBody { message, project: None, task: None });
    };
    let accepted = gateway.intake.trigger(project, Cause::Appeared).await;
    let task = accepted.map_err(|error| not_stored(&error))?.task;
    tracing::info!(sonarqube.project.key = key, gitlab.project.id = %project, task.id = %task,
        "SonarQube has a new project");
    let message = format!("{key} is new, and belongs to GitLab project {project}");
    Ok(SeenBody { message, project: Some(project), task: Some(task) })
}

/// The GitLab project of a SonarQube project that nobody knows. Where only the name is left to go by, the one of that
/// path: its sync makes sure of it.
async fn discover(gateway: &Gateway, key: &str) -> Result<Option<ProjectId>, Problem> {
    let client = gateway.jetstream.context().client();
    let discover = Discover { key: key.to_owned() };
    let Discovered { project, name } = ask(&client, &discover, PATIENCE).await.map_err(refused)?;
    match name.filter(|name| project.is_none() && name.contains('/')) {
        Some(name) => named(gateway, &name).await,
        None => Ok(project),
    }
}

/// The GitLab project that has this path now.
async fn named(gateway: &Gateway, path: &str) -> Result<Option<ProjectId>, Problem> {
    look(gateway, |known| {
        let (project, _) = known.find_project(path)?;
        let is_it = project.path == path && project.presence == Presence::Present;
        is_it.then_some(project.id)
    })
    .await
}

/// The keys that belonged to nobody a moment ago: not each analysis of a project of other origin is a question.
pub(crate) fn foreign() -> Cache<String, ()> {
    Cache::builder().max_capacity(REMEMBERED).time_to_live(MEMORY).build()
}

/// In constant time, and before anything of the body is looked at.
fn verify(secret: Option<&Secret>, headers: &HeaderMap, body: &[u8]) -> Result<(), Problem> {
    let secret = secret.ok_or_else(|| {
        Problem::unauthorized("webhooks of SonarQube are not taken: set webhooks.sonarqube_secret")
    })?;
    let mut given = headers.get_all(SIGNATURE).into_iter();
    let (Some(signature), None) = (given.next(), given.next()) else {
        return Err(Problem::unauthorized(
            "no signature: give SonarQube's webhook the secret that is set as webhooks.sonarqube_secret",
        ));
    };
    let key = hmac::Key::new(hmac::HMAC_SHA256, secret.current().expose_secret().as_bytes());
    let signature = HEXLOWER_PERMISSIVE.decode(signature.as_bytes()).unwrap_or_default();
    hmac::verify(&key, body, &signature).map_err(|_| {
        Problem::unauthorized(
            "the signature is wrong: is the secret webhooks.sonarqube_secret that of the webhook?",
        )
    })
}
