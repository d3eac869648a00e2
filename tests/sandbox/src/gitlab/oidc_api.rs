//! What an OIDC provider publishes: where its keys are, and the keys. Anybody may read it.

use std::sync::Arc;

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use http::header::CACHE_CONTROL;
use serde_json::json;

use super::app::App;

pub(super) fn routes() -> Router<Arc<App>> {
    Router::new()
        .route("/.well-known/openid-configuration", get(configuration))
        .route("/oauth/discovery/keys", get(keys))
        .route("/-/jwks", get(keys))
}

async fn configuration(State(app): State<Arc<App>>) -> Response {
    let url = &app.url;
    Json(json!({
        "issuer": url,
        "authorization_endpoint": format!("{url}/oauth/authorize"),
        "token_endpoint": format!("{url}/oauth/token"),
        "userinfo_endpoint": format!("{url}/oauth/userinfo"),
        "jwks_uri": format!("{url}/oauth/discovery/keys"),
        "response_types_supported": ["code"],
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": ["RS256"],
    }))
    .into_response()
}

async fn keys(State(app): State<Arc<App>>) -> Response {
    let keys = app.world().published_keys();
    ([(CACHE_CONTROL, "max-age=86400, public, must-revalidate")], Json(keys)).into_response()
}
