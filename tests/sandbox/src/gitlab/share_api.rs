//! Inviting a group to a project or group, and taking it back. GitLab sends no event for any of this.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::response::IntoResponse;
use axum::routing::{delete, post};
use axum::{Json, Router};
use bytes::Bytes;
use http::{StatusCode, Uri};
use serde_json::json;

use super::app::{Answer, App, Refusal};
use super::auth::Caller;
use super::fields::{Fields, access_level, fields, number};
use super::member_read::Kind;

pub(super) fn routes() -> Router<Arc<App>> {
    Router::new()
        .route("/projects/{id}/share", post(project_share))
        .route("/projects/{id}/share/{group}", delete(project_unshare))
        .route("/groups/{id}/share", post(group_share))
        .route("/groups/{id}/share/{group}", delete(group_unshare))
}

async fn project_share(
    State(app): State<Arc<App>>,
    caller: Caller,
    Path(id): Path<String>,
    uri: Uri,
    body: Bytes,
) -> Answer {
    share(&app, &caller, Kind::Project, &id, &fields(&uri, &body))
}

async fn group_share(
    State(app): State<Arc<App>>,
    caller: Caller,
    Path(id): Path<String>,
    uri: Uri,
    body: Bytes,
) -> Answer {
    share(&app, &caller, Kind::Group, &id, &fields(&uri, &body))
}

async fn project_unshare(
    State(app): State<Arc<App>>,
    caller: Caller,
    Path((id, group)): Path<(String, u64)>,
) -> Answer {
    unshare(&app, &caller, Kind::Project, &id, group)
}

async fn group_unshare(
    State(app): State<Arc<App>>,
    caller: Caller,
    Path((id, group)): Path<(String, u64)>,
) -> Answer {
    unshare(&app, &caller, Kind::Group, &id, group)
}

fn share(app: &App, caller: &Caller, kind: Kind, id: &str, fields: &Fields) -> Answer {
    let mut world = app.world();
    let place = world.managed_place(kind, id, caller)?;
    let group = number(fields, "group_id")?;
    let level = access_level(fields, "group_access")?;
    if !world.groups.contains_key(&group) {
        return Err(Refusal::not_found("Group"));
    }
    if world.links_of(place).any(|link| link.group == group) {
        return Err(Refusal::conflict("Group already shared with this group"));
    }
    world.invite_group(place, group, level);
    let path = world.path_of(place);
    world.log(caller, path, "share", format!("{group} {level}"));
    let body = json!({ "group_id": group, "group_access": level, "expires_at": null });
    Ok((StatusCode::CREATED, Json(body)).into_response())
}

fn unshare(app: &App, caller: &Caller, kind: Kind, id: &str, group: u64) -> Answer {
    let mut world = app.world();
    let place = world.managed_place(kind, id, caller)?;
    if !world.links_of(place).any(|link| link.group == group) {
        return Err(Refusal::not_found("Group Link"));
    }
    world.remove_link(place, group);
    let path = world.path_of(place);
    world.log(caller, path, "unshare", group.to_string());
    Ok(StatusCode::NO_CONTENT.into_response())
}
