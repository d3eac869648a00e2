//! `settings/values`, as far as it tells the visibility of new projects.

use std::sync::Arc;

use axum::extract::State;
use axum::response::IntoResponse;
use axum::routing::get;
use axum::{Json, Router};
use serde_json::{Value, json};

use super::app::{Answer, App};
use super::auth::Caller;
use super::params::Params;

const DEFAULT_VISIBILITY: &str = "projects.default.visibility";

pub(super) fn routes() -> Router<Arc<App>> {
    Router::new().route("/api/settings/values", get(values))
}

/// Keys that the server does not know are left out.
async fn values(State(app): State<Arc<App>>, _caller: Caller, params: Params) -> Answer {
    let asked = params.list("keys").is_none_or(|keys| keys.contains(&DEFAULT_VISIBILITY));
    let visibility = app.world().default_visibility.to_string();
    let settings: Vec<Value> =
        asked.then(|| json!({ "key": DEFAULT_VISIBILITY, "value": visibility })).into_iter().collect();
    Ok(Json(json!({ "settings": settings, "setSecuredSettings": [] })).into_response())
}
