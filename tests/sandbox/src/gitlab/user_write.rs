//! Changing accounts through GitLab's own API, as a demo does: for administrators.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::response::IntoResponse;
use axum::routing::{post, put};
use axum::{Json, Router};
use bytes::Bytes;
use http::{StatusCode, Uri};

use super::app::{Answer, App, Refusal};
use super::auth::Caller;
use super::fields::fields;
use super::json::user_details;
use super::model::UserState;
use super::world::World;

type Shared = State<Arc<App>>;

pub(super) fn routes() -> Router<Arc<App>> {
    let set = |state| {
        post(async move |State(app): Shared, caller: Caller, Path(id): Path<u64>| {
            let mut world = app.world();
            world.administered(id, &caller)?;
            world.set_state(id, state);
            world.log(&caller, None, "set_user_state", format!("{id} {state}"));
            Ok::<_, Refusal>((StatusCode::CREATED, Json(true)))
        })
    };
    Router::new()
        .route("/users/{id}", put(update).delete(delete))
        .route("/users/{id}/block", set(UserState::Blocked))
        .route("/users/{id}/unblock", set(UserState::Active))
        .route("/users/{id}/deactivate", set(UserState::Deactivated))
        .route("/users/{id}/activate", set(UserState::Active))
        .route("/users/{id}/ban", set(UserState::Banned))
        .route("/users/{id}/unban", set(UserState::Active))
}

impl World {
    fn administered(&self, user: u64, caller: &Caller) -> Result<(), Refusal> {
        if !self.is_admin(caller.user) {
            return Err(Refusal::forbidden("403 Forbidden"));
        }
        self.users.get(&user).map(|_| ()).ok_or_else(|| Refusal::not_found("User"))
    }
}

async fn update(State(app): Shared, caller: Caller, Path(id): Path<u64>, uri: Uri, body: Bytes) -> Answer {
    let mut world = app.world();
    world.administered(id, &caller)?;
    if let Some(username) = fields(&uri, &body).get("username") {
        world.rename_user(id, username);
    }
    world.log(&caller, None, "update_user", id.to_string());
    let user = world.users.get(&id).map(|user| user_details(user, &app.url, true));
    Ok(Json(user).into_response())
}

async fn delete(State(app): Shared, caller: Caller, Path(id): Path<u64>) -> Answer {
    let mut world = app.world();
    world.administered(id, &caller)?;
    world.delete_user(id);
    world.log(&caller, None, "delete_user", id.to_string());
    Ok(StatusCode::NO_CONTENT.into_response())
}
