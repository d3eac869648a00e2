//! Changing groups through GitLab's own API, as a demo does: an owner does. A top group is for everybody to begin.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::response::IntoResponse;
use axum::routing::{post, put};
use axum::{Json, Router};
use bytes::Bytes;
use http::{StatusCode, Uri};
use serde_json::json;

use super::app::{Answer, App, Refusal};
use super::auth::Caller;
use super::fields::{fields, visibility};
use super::member_read::Kind;
use super::model::{Place, level};
use super::project_change::join;

type Shared = State<Arc<App>>;

pub(super) fn routes() -> Router<Arc<App>> {
    Router::new()
        .route("/groups", post(create))
        .route("/groups/{id}", put(update).delete(delete))
        .route("/groups/{id}/transfer", post(transfer))
}

/// Whoever begins a group owns it.
async fn create(State(app): Shared, caller: Caller, uri: Uri, body: Bytes) -> Answer {
    let fields = fields(&uri, &body);
    let mut world = app.world();
    let own = fields.get("path").ok_or_else(|| Refusal::invalid("path is missing"))?;
    let above = match fields.get("parent_id") {
        Some(parent) => world.namespace_for(Some(parent), &caller)?,
        None => String::new(),
    };
    let path = join(&above, own);
    world.refuse_taken(&path)?;
    let visibility = visibility(&fields)?;
    let id = world.next_id();
    world.add_group(id, &path);
    if let Some(visibility) = visibility {
        world.set_group_visibility(id, visibility);
    }
    world.add_member(Place::Group(id), caller.user, level::OWNER);
    shown(&app, world, &caller, id, "add_group", StatusCode::CREATED)
}

async fn update(State(app): Shared, caller: Caller, Path(id): Path<String>, uri: Uri, body: Bytes) -> Answer {
    let fields = fields(&uri, &body);
    let mut world = app.world();
    let id = world.place_with(Kind::Group, &id, &caller, level::OWNER)?.id();
    let visibility = visibility(&fields)?;
    if let Some(visibility) = visibility {
        world.set_group_visibility(id, visibility);
    }
    if let Some(locked) = fields.get("share_with_group_lock") {
        world.set_share_lock(id, locked == "true");
    }
    if let Some(path) = fields.get("path") {
        world.rename_group(id, path);
    }
    shown(&app, world, &caller, id, "update_group", StatusCode::OK)
}

/// Below the group `group_id`, or to the top without one.
async fn transfer(
    State(app): Shared,
    caller: Caller,
    Path(id): Path<String>,
    uri: Uri,
    body: Bytes,
) -> Answer {
    let fields = fields(&uri, &body);
    let mut world = app.world();
    let id = world.place_with(Kind::Group, &id, &caller, level::OWNER)?.id();
    let parent = fields.get("group_id").map(|to| world.place_with(Kind::Group, to, &caller, level::OWNER));
    let parent = parent.transpose()?.map(Place::id);
    world.move_group(id, parent);
    shown(&app, world, &caller, id, "transfer_group", StatusCode::CREATED)
}

/// At once, as GitLab Free did before 18.0.
async fn delete(State(app): Shared, caller: Caller, Path(id): Path<String>) -> Answer {
    let mut world = app.world();
    let id = world.place_with(Kind::Group, &id, &caller, level::OWNER)?.id();
    world.delete_group(id);
    world.log(&caller, None, "delete_group", id.to_string());
    Ok((StatusCode::ACCEPTED, Json(json!({ "message": "202 Accepted" }))).into_response())
}

fn shown(
    app: &App,
    mut world: super::Opened<'_>,
    caller: &Caller,
    id: u64,
    action: &'static str,
    status: StatusCode,
) -> Answer {
    let path = world.path_of(Place::Group(id));
    world.log(caller, path, action, id.to_string());
    let group = world.groups.get(&id).ok_or_else(|| Refusal::not_found("Group"))?;
    Ok((status, Json(world.group_json(group, &app.url))).into_response())
}
