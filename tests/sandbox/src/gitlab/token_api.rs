//! Who the token is, what it may do, and which GitLab this is.

use std::sync::Arc;

use axum::extract::{OriginalUri, Path, State};
use axum::response::IntoResponse;
use axum::routing::get;
use axum::{Json, Router};
use serde_json::json;

use super::app::{Answer, App, Refusal};
use super::auth::{Caller, Known};
use super::json::{user, user_details};
use super::page::{page, param};

pub(super) fn routes() -> Router<Arc<App>> {
    Router::new()
        .route("/user", get(own))
        .route("/users", get(named))
        .route("/users/{id}", get(other))
        .route("/personal_access_tokens/self", get(token))
        .route("/metadata", get(metadata))
}

pub(super) async fn version(State(app): State<Arc<App>>, Known(_): Known) -> Answer {
    let world = app.world();
    Ok(Json(json!({ "version": world.version, "revision": "0f5f0a1b2c3" })).into_response())
}

async fn metadata(State(app): State<Arc<App>>, Known(_): Known) -> Answer {
    let world = app.world();
    let (version, enterprise) = (&world.version, world.is_enterprise());
    Ok(Json(json!({ "version": version, "revision": "0f5f0a1b2c3", "enterprise": enterprise }))
        .into_response())
}

async fn own(State(app): State<Arc<App>>, caller: Caller) -> Answer {
    let world = app.world();
    let user = world.users.get(&caller.user).ok_or_else(Refusal::unauthorized)?;
    Ok(Json(user_details(user, &app.url, true)).into_response())
}

/// Only by `username`, which is looked up whatever its case.
async fn named(State(app): State<Arc<App>>, _: Caller, OriginalUri(uri): OriginalUri) -> Answer {
    let world = app.world();
    let name = param(&uri, "username").unwrap_or_default().to_lowercase();
    let found = world.users.values().filter(|user| user.username.to_lowercase() == name);
    let rows: Vec<_> = found.map(|found| user(found, &app.url)).collect();
    Ok(page(rows, &uri, app.context(&world), Some))
}

async fn other(State(app): State<Arc<App>>, caller: Caller, Path(id): Path<u64>) -> Answer {
    let world = app.world();
    let user = world.users.get(&id).ok_or_else(|| Refusal::not_found("User"))?;
    Ok(Json(user_details(user, &app.url, world.is_admin(caller.user))).into_response())
}

async fn token(State(app): State<Arc<App>>, Known(caller): Known) -> Answer {
    let world = app.world();
    let token = world.tokens.get(&caller.token).ok_or_else(Refusal::unauthorized)?;
    Ok(Json(json!({
        "id": 1, "name": token.name, "revoked": false, "created_at": "2025-01-15T09:00:00.000Z",
        "scopes": token.scopes, "user_id": token.user, "last_used_at": null, "active": true,
        "expires_at": token.expires_at,
    }))
    .into_response())
}
