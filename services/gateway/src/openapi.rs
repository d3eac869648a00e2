//! `GET /openapi.json`: the description of this API (`OpenAPI` 3.1), made from the handlers and from the types that
//! they answer with. A copy is in `deploy/openapi.json`; a test compares.

mod examples;
mod refusals;
mod schemas;

use std::sync::{Arc, OnceLock};

use axum::{
    http::{HeaderValue, header::CONTENT_TYPE},
    response::{IntoResponse, Response},
};
use serde_json::{Value, json};
use utoipa::openapi::{
    InfoBuilder, OpenApi, OpenApiBuilder, ServerBuilder,
    security::{ApiKey, ApiKeyValue, HttpAuthScheme, HttpBuilder, SecurityScheme},
    tag::TagBuilder,
};

const ABOUT: &str = "\
Keeps SonarQube's project permissions in line with GitLab's memberships. A CI job posts a task for its own project, and \
may follow it; people look at everything, and operators order.

Every refusal is problem JSON (RFC 9457) with a stable `type`. With `Accept: text/plain` tasks and refusals are a line \
or two of text. Every answer that asks for patience, 429 and 503, says in `Retry-After` after how many seconds to ask \
again. A path that is not here is 404, another method 405, both in the form of every refusal.";
const TAGS: [(&str, &str); 8] = [
    ("tasks", "A task is one synchronisation of one GitLab project"),
    ("projects", "How far each project is"),
    ("directory", "Which group owns a project, and where everything lies and lay"),
    ("control", "Pausing and resuming, deciding about held plans, putting back"),
    ("dead letters", "Messages that were given up, with the reason"),
    ("webhooks", "What GitLab and SonarQube tell without being asked"),
    ("events", "What happens, as it happens"),
    ("health", "For load balancers and for programs that read this document"),
];

/// The document as it is served; set once, when the routes are made.
#[derive(Debug, Clone, Default)]
pub(crate) struct Document(Arc<OnceLock<String>>);

impl Document {
    /// Sets the document, made of the routes' own.
    pub(crate) fn set(&self, routes: OpenApi) -> Result<(), serde_json::Error> {
        let text = serde_json::to_string_pretty(&complete(routes)?)? + "\n";
        let _ = self.0.set(text);
        Ok(())
    }

    /// The document.
    pub(crate) fn text(&self) -> &str {
        self.0.get().map(String::as_str).unwrap_or_default()
    }
}

/// Describes this API
#[utoipa::path(
    get, path = "/openapi.json", operation_id = "describe", tag = "health",
    responses((status = 200, description = "This document", body = serde_json::Value)),
)]
pub(crate) async fn openapi(
    axum::extract::State(gateway): axum::extract::State<crate::state::Gateway>,
) -> Response {
    let kind = [(CONTENT_TYPE, HeaderValue::from_static("application/json"))];
    (kind, gateway.document.text().to_owned()).into_response()
}

/// What the routes say of themselves, with the schemas, the ways to prove who calls, and the refusals that every path
/// has.
fn complete(routes: OpenApi) -> Result<Value, serde_json::Error> {
    let info = InfoBuilder::new().title("guassp").version(env!("CARGO_PKG_VERSION")).description(Some(ABOUT));
    let tags = TAGS.map(|(name, about)| TagBuilder::new().name(name).description(Some(about)).build());
    let here = ServerBuilder::new().url("/").description(Some("This gateway")).build();
    let base = OpenApiBuilder::new().info(info.build()).tags(Some(tags)).servers(Some([here])).build();
    let mut document = serde_json::to_value(base.merge_from(routes))?;
    let ways = serde_json::to_value(security())?;
    if let Some(sections) = document.as_object_mut() {
        let components = json!({ "schemas": schemas::all(), "securitySchemes": ways });
        sections.insert("components".to_owned(), components);
    }
    refusals::add(&mut document);
    document.get_mut("paths").into_iter().for_each(unsign);
    document.get_mut("paths").into_iter().for_each(require);
    Ok(document)
}

/// The bodies without which an order means nothing. utoipa calls a body that is named by its schema optional.
const NEEDED: [&str; 4] = [
    "#/components/schemas/Digest",
    "#/components/schemas/Before",
    "#/components/schemas/Payload",
    "#/components/schemas/Analysis",
];

/// Says which bodies are needed.
fn require(value: &mut Value) {
    let Value::Object(fields) = value else { return };
    let schema =
        |body: &Value| body.pointer("/content/application~1json/schema/$ref")?.as_str().map(str::to_owned);
    if let Some(body) = fields.get_mut("requestBody")
        && schema(body).is_some_and(|schema| NEEDED.contains(&schema.as_str()))
        && let Some(body) = body.as_object_mut()
    {
        body.insert("required".to_owned(), true.into());
    }
    fields.values_mut().for_each(require);
}

/// Whole numbers in paths and queries are up to 2^64-1, as they are in bodies; utoipa calls them signed.
fn unsign(value: &mut Value) {
    match value {
        Value::Object(fields) => {
            if fields.get("format").is_some_and(|format| format == "int64") {
                fields.extend([("format".into(), "uint64".into()), ("maximum".into(), u64::MAX.into())]);
            }
            fields.values_mut().for_each(unsign);
        }
        Value::Array(items) => items.iter_mut().for_each(unsign),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

fn security() -> std::collections::BTreeMap<&'static str, SecurityScheme> {
    let bearer = |about: &str| {
        let scheme = HttpBuilder::new().scheme(HttpAuthScheme::Bearer).description(Some(about)).build();
        SecurityScheme::Http(scheme)
    };
    let header = |name: &str, about: &str| {
        SecurityScheme::ApiKey(ApiKey::Header(ApiKeyValue::with_description(name, about)))
    };
    let signature = "A signature of the delivery (Standard Webhooks), made with the hook's signing token";
    let hmac = "Hex HMAC-SHA256 of the body with the secret of SonarQube's webhook";
    [
        ("job_token", header("JOB-TOKEN", "A CI job's token, $CI_JOB_TOKEN")),
        ("webhook_token", header("X-Gitlab-Token", "The secret token of a hook in GitLab")),
        ("webhook_signature", header("webhook-signature", signature)),
        ("id_token", bearer("A CI job's ID token, or its job token")),
        ("person", bearer("A person's token, made by `guassp token new`")),
        ("sonarqube", header("X-Sonar-Webhook-HMAC-SHA256", hmac)),
    ]
    .into()
}
