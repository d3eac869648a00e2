//! The server's state and version, and whether a credential is good: all without one.

use std::sync::Arc;

use axum::extract::State;
use axum::routing::get;
use axum::{Json, Router};
use http::HeaderMap;
use serde_json::{Value, json};

use super::app::App;
use super::auth::Credential;
use super::model::Mode;

pub(super) fn routes() -> Router<Arc<App>> {
    Router::new()
        .route("/api/system/status", get(status))
        .route("/api/server/version", get(version))
        .route("/api/authentication/validate", get(validate))
}

async fn status(State(app): State<Arc<App>>) -> Json<Value> {
    let world = app.world();
    let status = match world.mode {
        Mode::Up => "UP",
        Mode::Starting => "STARTING",
        Mode::MigrationNeeded => "DB_MIGRATION_NEEDED",
        Mode::Down => "DOWN",
    };
    Json(json!({ "id": "147B411E-AZ3kq7mB", "version": world.version, "status": status }))
}

async fn version(State(app): State<Arc<App>>) -> String {
    app.world().version.clone()
}

/// 200 also for a bad token: read the body.
async fn validate(State(app): State<Arc<App>>, headers: HeaderMap) -> Json<Value> {
    let world = app.world();
    let valid = match Credential::of(&headers) {
        Some(credential) => world.authenticate(&credential).is_some(),
        None => !world.force_authentication,
    };
    Json(json!({ "valid": valid }))
}
