//! `POST /webhooks/gitlab/test`: what would happen with a payload. Nothing is stored, and nothing is done.

use std::time::Duration;

use axum::{
    Json,
    extract::State,
    http::HeaderMap,
    response::{IntoResponse, Response},
};
use proto::GitLabEvent;
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Map, Value};

use super::{
    Delivery,
    consequence::{Consequence, NoConsequence},
    normalise::normalise,
    secrets::Verified,
};
use crate::{
    caller::extract::Viewer, guard::hooks::Payload, plain::wants_text, problem::Problem, state::Gateway,
};

/// A payload of a webhook, as GitLab sends it.
#[derive(JsonSchema)]
#[schemars(rename = "Payload")]
#[expect(dead_code, reason = "it only describes what is read")]
pub(crate) struct PayloadBody(Map<String, Value>);

/// What would happen with a payload.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "Rehearsal")]
pub(crate) struct RehearsalBody {
    /// The event as it would be published, without the payload.
    event: GitLabEvent,
    /// What would be looked at; null where the event cannot change access.
    consequence: Option<Consequence>,
    /// The same in words.
    sentences: Vec<String>,
}

/// Tells what would happen with a payload of a webhook
///
/// Nothing is stored, and nothing is done.
#[utoipa::path(
    post, path = "/webhooks/gitlab/test", operation_id = "rehearse_webhook", tag = "webhooks",
    request_body(content = ref("#/components/schemas/Payload"), description = "The payload as GitLab sends it"),
    params(("X-Gitlab-Event" = Option<String>, Header, description = "The kind of hook, as GitLab names it")),
    security(("person" = [])),
    responses(
        (status = 200, description = "What would happen", content((ref("#/components/schemas/Rehearsal") = "application/json"), (String = "text/plain"))),
        (status = 413, description = "The body is larger than webhooks.max_body_bytes"),
    ),
)]
pub(crate) async fn rehearse(
    State(gateway): State<Gateway>,
    _: Viewer,
    headers: HeaderMap,
    payload: Payload,
) -> Result<Response, Problem> {
    let nobody = Verified { id: None };
    let event = normalise(Delivery::of(nobody, &headers, payload.bytes.clone(), gateway.clock.now()))?
        .without_original();
    let consequence = Consequence::of(&event);
    let sentences = vec![about(&event), outlook(&gateway, consequence).await?];
    if wants_text(&headers) {
        return Ok((sentences.join("\n") + "\n").into_response());
    }
    Ok(Json(RehearsalBody { event, consequence: consequence.ok(), sentences }).into_response())
}

fn about(event: &GitLabEvent) -> String {
    let action = event.action.as_deref().map(|action| format!(", {action}")).unwrap_or_default();
    format!("the event is about: {}{action}; it is published as {}", event.kind.key(), event.subject())
}

async fn outlook(
    gateway: &Gateway,
    consequence: Result<Consequence, NoConsequence>,
) -> Result<String, Problem> {
    let consequence = match consequence {
        Ok(consequence) => consequence,
        Err(NoConsequence::Harmless) => {
            return Ok("it cannot change access, so nothing more happens".to_owned());
        }
        Err(NoConsequence::Nameless) => {
            return Ok("it may change access, but names no id, so nothing more happens: has the hook a custom template?"
                .to_owned());
        }
    };
    if let Consequence::Project(project) = consequence {
        let has = gateway.jetstream.catalog.has(project).await.map_err(|error| {
            tracing::warn!(%error, "catalogue not read");
            Problem::unavailable(
                "the catalogue of SonarQube's projects cannot be read",
                Duration::from_secs(5),
            )
        })?;
        if !has {
            return Ok(format!("SonarQube does not have project {project}, so nothing more happens"));
        }
    }
    Ok(format!("it may change access: {consequence}"))
}
