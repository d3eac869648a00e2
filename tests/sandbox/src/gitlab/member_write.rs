//! Changing direct memberships, so that a demo can act through GitLab's own API.
//!
//! A project takes a maintainer, a group an owner. Adding somebody who is a direct member already is a conflict.

use std::sync::Arc;

use axum::extract::{OriginalUri, Path, State};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use bytes::Bytes;
use http::{StatusCode, Uri};

use super::app::{Answer, App, Refusal};
use super::auth::Caller;
use super::fields::{Fields, access_level, fields, number};
use super::member_read::{Kind, direct, direct_one};
use super::model::{Place, level};
use super::world::World;

pub(super) fn routes() -> Router<Arc<App>> {
    Router::new()
        .route("/projects/{id}/members", get(project_list).post(project_add))
        .route("/projects/{id}/members/{user}", get(project_one).put(project_change).delete(project_remove))
        .route("/groups/{id}/members", get(group_list).post(group_add))
        .route("/groups/{id}/members/{user}", get(group_one).put(group_change).delete(group_remove))
}

impl World {
    /// The place, when the caller may change its members.
    pub(super) fn managed_place(&self, kind: Kind, id: &str, caller: &Caller) -> Result<Place, Refusal> {
        let needed = match kind {
            Kind::Project => level::MAINTAINER,
            Kind::Group => level::OWNER,
        };
        self.place_with(kind, id, caller, needed)
    }

    /// The place, when the caller has this level there or is an administrator.
    pub(super) fn place_with(
        &self,
        kind: Kind,
        id: &str,
        caller: &Caller,
        needed: u16,
    ) -> Result<Place, Refusal> {
        let place = self.place(kind, id, caller.user)?;
        let own = match place {
            Place::Project(id) => self.effective(id).get(&caller.user).copied().unwrap_or_default(),
            Place::Group(id) => self.level_in_group(caller.user, id),
        };
        if own >= needed || self.is_admin(caller.user) {
            Ok(place)
        } else {
            Err(Refusal::forbidden("403 Forbidden"))
        }
    }

    pub(super) fn path_of(&self, place: Place) -> Option<String> {
        match place {
            Place::Project(id) => self.projects.get(&id).map(|project| project.path_with_namespace.clone()),
            Place::Group(id) => self.groups.get(&id).map(|group| group.full_path.clone()),
        }
    }

    fn is_direct(&self, place: Place, user: u64) -> bool {
        self.memberships.iter().any(|row| row.place == place && row.user == Some(user))
    }
}

fn add(app: &App, caller: &Caller, kind: Kind, id: &str, fields: &Fields) -> Answer {
    let mut world = app.world();
    let place = world.managed_place(kind, id, caller)?;
    let user = number(fields, "user_id")?;
    let level = access_level(fields, "access_level")?;
    if !world.users.contains_key(&user) {
        return Err(Refusal::not_found("User"));
    }
    if world.is_direct(place, user) {
        return Err(Refusal::conflict("Member already exists"));
    }
    world.add_member_until(place, user, level, fields.get("expires_at").map(String::as_str));
    log(&mut world, caller, place, "add_member", user, level);
    Ok((StatusCode::CREATED, shown(app, &world, place, user)).into_response())
}

fn change(app: &App, caller: &Caller, kind: Kind, id: &str, user: u64, fields: &Fields) -> Answer {
    let mut world = app.world();
    let place = world.managed_place(kind, id, caller)?;
    let level = access_level(fields, "access_level")?;
    if !world.is_direct(place, user) {
        return Err(Refusal::not_found(""));
    }
    for row in world.rows_of(place, user) {
        world.change_membership(row, |row| {
            row.level = level;
            row.expires_at = fields.get("expires_at").cloned().or_else(|| row.expires_at.take());
        });
    }
    log(&mut world, caller, place, "update_member", user, level);
    Ok(shown(app, &world, place, user))
}

fn remove(app: &App, caller: &Caller, kind: Kind, id: &str, user: u64) -> Answer {
    let mut world = app.world();
    let place = world.managed_place(kind, id, caller)?;
    if !world.is_direct(place, user) {
        return Err(Refusal::not_found(""));
    }
    world.remove_member(place, user);
    log(&mut world, caller, place, "remove_member", user, level::NONE);
    Ok(StatusCode::NO_CONTENT.into_response())
}

fn log(world: &mut World, caller: &Caller, place: Place, action: &'static str, user: u64, level: u16) {
    let (path, detail) = (world.path_of(place), format!("{} {level}", world.username(user)));
    world.log(caller, path, action, detail);
}

fn shown(app: &App, world: &World, place: Place, user: u64) -> Response {
    let rows = world.direct_members(place);
    let row = rows.iter().find(|row| row.user == user);
    Json(row.and_then(|row| world.member_json(row, &app.url, false))).into_response()
}

type Shared = State<Arc<App>>;

async fn project_list(
    State(app): Shared,
    caller: Caller,
    Path(id): Path<String>,
    uri: OriginalUri,
) -> Answer {
    direct(&app, &caller, Kind::Project, &id, &uri)
}

async fn group_list(State(app): Shared, caller: Caller, Path(id): Path<String>, uri: OriginalUri) -> Answer {
    direct(&app, &caller, Kind::Group, &id, &uri)
}

async fn project_one(State(app): Shared, caller: Caller, Path((id, user)): Path<(String, u64)>) -> Answer {
    direct_one(&app, &caller, Kind::Project, &id, user)
}

async fn group_one(State(app): Shared, caller: Caller, Path((id, user)): Path<(String, u64)>) -> Answer {
    direct_one(&app, &caller, Kind::Group, &id, user)
}

async fn project_add(
    State(app): Shared,
    caller: Caller,
    Path(id): Path<String>,
    uri: Uri,
    body: Bytes,
) -> Answer {
    add(&app, &caller, Kind::Project, &id, &fields(&uri, &body))
}

async fn group_add(
    State(app): Shared,
    caller: Caller,
    Path(id): Path<String>,
    uri: Uri,
    body: Bytes,
) -> Answer {
    add(&app, &caller, Kind::Group, &id, &fields(&uri, &body))
}

type OneMember = Path<(String, u64)>;

async fn project_change(
    State(app): Shared,
    caller: Caller,
    path: OneMember,
    uri: Uri,
    body: Bytes,
) -> Answer {
    change(&app, &caller, Kind::Project, &path.0.0, path.0.1, &fields(&uri, &body))
}

async fn group_change(State(app): Shared, caller: Caller, path: OneMember, uri: Uri, body: Bytes) -> Answer {
    change(&app, &caller, Kind::Group, &path.0.0, path.0.1, &fields(&uri, &body))
}

async fn project_remove(State(app): Shared, caller: Caller, Path((id, user)): OneMember) -> Answer {
    remove(&app, &caller, Kind::Project, &id, user)
}

async fn group_remove(State(app): Shared, caller: Caller, Path((id, user)): OneMember) -> Answer {
    remove(&app, &caller, Kind::Group, &id, user)
}
