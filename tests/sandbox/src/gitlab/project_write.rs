//! Changing projects through GitLab's own API, as a demo does. A maintainer changes the path and the visibility, an owner
//! moves, archives and deletes.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::response::IntoResponse;
use axum::routing::{post, put};
use axum::{Json, Router};
use bytes::Bytes;
use http::{StatusCode, Uri};
use jiff::{SignedDuration, Timestamp};
use serde_json::json;

use super::app::{Answer, App, Refusal};
use super::auth::Caller;
use super::fields::{Fields, fields, visibility};
use super::member_read::Kind;
use super::model::level;
use super::project_change::join;
use super::world::World;

type Shared = State<Arc<App>>;

/// A deletion is only marked; it comes so many hours later, or when somebody asks again.
const DELETION_DELAY_H: i64 = 30 * 24;

pub(super) fn routes() -> Router<Arc<App>> {
    Router::new()
        .route("/projects", post(create))
        .route("/projects/{id}", put(update).delete(delete))
        .route("/projects/{id}/transfer", put(transfer))
        .route("/projects/{id}/archive", post(archive))
        .route("/projects/{id}/unarchive", post(unarchive))
}

impl World {
    /// The path of a group in which the caller may put something; without an id, the caller's own namespace.
    pub(super) fn namespace_for(&self, id: Option<&String>, caller: &Caller) -> Result<String, Refusal> {
        let Some(id) = id else { return Ok(self.username(caller.user)) };
        let place = self.place_with(Kind::Group, id, caller, level::MAINTAINER)?;
        Ok(self.path_of(place).unwrap_or_default())
    }

    pub(super) fn refuse_taken(&self, path: &str) -> Result<(), Refusal> {
        let projects = self.projects.values().map(|project| &project.path_with_namespace);
        let groups = self.groups.values().map(|group| &group.full_path);
        if projects.chain(groups).any(|taken| taken.eq_ignore_ascii_case(path)) {
            return Err(Refusal::with(400, json!({ "message": { "path": ["has already been taken"] } })));
        }
        Ok(())
    }
}

async fn create(State(app): Shared, caller: Caller, uri: Uri, body: Bytes) -> Answer {
    let fields = fields(&uri, &body);
    let mut world = app.world();
    let own = fields
        .get("path")
        .or_else(|| fields.get("name"))
        .ok_or_else(|| Refusal::invalid("path is missing"))?;
    let path = join(&world.namespace_for(fields.get("namespace_id"), &caller)?, own);
    world.refuse_taken(&path)?;
    let visibility = visibility(&fields)?;
    let id = world.next_id();
    world.add_project(id, &path);
    if let Some(visibility) = visibility {
        world.set_visibility(id, visibility);
    }
    shown(&app, world, &caller, id, "add_project", StatusCode::CREATED)
}

async fn update(State(app): Shared, caller: Caller, Path(id): Path<String>, uri: Uri, body: Bytes) -> Answer {
    let fields: Fields = fields(&uri, &body);
    let mut world = app.world();
    let id = world.place_with(Kind::Project, &id, &caller, level::MAINTAINER)?.id();
    let visibility = visibility(&fields)?;
    if let Some(visibility) = visibility {
        world.set_visibility(id, visibility);
    }
    if let Some(path) = fields.get("path") {
        world.rename_project(id, path);
    }
    shown(&app, world, &caller, id, "update_project", StatusCode::OK)
}

/// `namespace` is the id or path of a group.
async fn transfer(
    State(app): Shared,
    caller: Caller,
    Path(id): Path<String>,
    uri: Uri,
    body: Bytes,
) -> Answer {
    let fields = fields(&uri, &body);
    let mut world = app.world();
    let id = world.place_with(Kind::Project, &id, &caller, level::OWNER)?.id();
    let to = fields.get("namespace").ok_or_else(|| Refusal::invalid("namespace is missing"))?;
    let to = world.namespace_for(Some(to), &caller)?;
    world.transfer_project(id, &to);
    shown(&app, world, &caller, id, "transfer_project", StatusCode::OK)
}

async fn archive(State(app): Shared, caller: Caller, Path(id): Path<String>) -> Answer {
    let mut world = app.world();
    let id = world.place_with(Kind::Project, &id, &caller, level::OWNER)?.id();
    world.archive_project(id);
    shown(&app, world, &caller, id, "archive_project", StatusCode::CREATED)
}

async fn unarchive(State(app): Shared, caller: Caller, Path(id): Path<String>) -> Answer {
    let mut world = app.world();
    let id = world.place_with(Kind::Project, &id, &caller, level::OWNER)?.id();
    world.unarchive_project(id);
    shown(&app, world, &caller, id, "unarchive_project", StatusCode::CREATED)
}

/// Marks it first; with `permanently_remove=true` one that is marked is deleted at once.
async fn delete(State(app): Shared, caller: Caller, Path(id): Path<String>, uri: Uri, body: Bytes) -> Answer {
    let mut world = app.world();
    let id = world.place_with(Kind::Project, &id, &caller, level::OWNER)?.id();
    let at_once = fields(&uri, &body).get("permanently_remove").is_some_and(|value| value == "true");
    let marked = world.projects.get(&id).is_some_and(|project| project.marked_for_deletion.is_some());
    match (marked, at_once) {
        (true, true) => world.delete_project(id),
        (true, false) => return Err(Refusal::bad("Project has been already marked for deletion")),
        (false, true) => return Err(Refusal::bad("Project must be marked for deletion first.")),
        (false, false) => {
            let due = world.now().saturating_add(SignedDuration::from_hours(DELETION_DELAY_H));
            let date = due.unwrap_or(Timestamp::MAX).strftime("%Y-%m-%d").to_string();
            world.mark_for_deletion(id, &date);
        }
    }
    world.log(&caller, None, "delete_project", id.to_string());
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
    let path = world.projects.get(&id).map(|project| project.path_with_namespace.clone());
    world.log(caller, path, action, id.to_string());
    let project = world.projects.get(&id).ok_or_else(|| Refusal::not_found("Project"))?;
    Ok((status, Json(world.project_json(project, &app.url, caller.user))).into_response())
}
