//! Member lists of projects and groups: all of them, or the direct ones; as pages, or one person.

use std::sync::Arc;

use axum::extract::{OriginalUri, Path, State};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use http::Uri;

use super::app::{Answer, App, Refusal};
use super::auth::{Caller, Visitor};
use super::listing::Listed;
use super::model::{MembershipState, Place, User};
use super::page::{page, param, params};
use super::world::World;

pub(super) fn routes() -> Router<Arc<App>> {
    Router::new()
        .route("/projects/{id}/members/all", get(project_all))
        .route("/projects/{id}/members/all/{user}", get(project_all_one))
        .route("/groups/{id}/members/all", get(group_all))
        .route("/groups/{id}/members/all/{user}", get(group_all_one))
}

/// `projects` or `groups`: where a member call points to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Project,
    Group,
}

impl World {
    pub(super) fn place(&self, kind: Kind, id: &str, caller: u64) -> Result<Place, Refusal> {
        match kind {
            Kind::Project => self.visible_project(id, caller).map(|project| Place::Project(project.id)),
            Kind::Group => self.visible_group(id, caller).map(|group| Place::Group(group.id)),
        }
    }
}

async fn project_all(
    State(app): State<Arc<App>>,
    Visitor(caller): Visitor,
    Path(id): Path<String>,
    OriginalUri(uri): OriginalUri,
) -> Answer {
    let mut world = app.world();
    world.limit_members_all(caller.user)?;
    let project = world.visible_project(&id, caller.user)?.id;
    let rows = world.listed(project, caller.user);
    Ok(answer(&app, &world, &rows, &uri, caller.user))
}

async fn project_all_one(
    State(app): State<Arc<App>>,
    caller: Caller,
    Path((id, user)): Path<(String, u64)>,
) -> Answer {
    let mut world = app.world();
    world.limit_members_all(caller.user)?;
    let project = world.visible_project(&id, caller.user)?.id;
    let rows = world.listed(project, caller.user);
    one(&app, &world, &rows, user, caller.user)
}

async fn group_all(
    State(app): State<Arc<App>>,
    caller: Caller,
    Path(id): Path<String>,
    OriginalUri(uri): OriginalUri,
) -> Answer {
    let world = app.world();
    let rows = world.all_group_members(world.visible_group(&id, caller.user)?.id);
    Ok(answer(&app, &world, &rows, &uri, caller.user))
}

async fn group_all_one(
    State(app): State<Arc<App>>,
    caller: Caller,
    Path((id, user)): Path<(String, u64)>,
) -> Answer {
    let world = app.world();
    let rows = world.all_group_members(world.visible_group(&id, caller.user)?.id);
    one(&app, &world, &rows, user, caller.user)
}

pub(super) fn direct(app: &App, caller: &Caller, kind: Kind, id: &str, uri: &Uri) -> Answer {
    let world = app.world();
    let rows = world.direct_members(world.place(kind, id, caller.user)?);
    Ok(answer(app, &world, &rows, uri, caller.user))
}

pub(super) fn direct_one(app: &App, caller: &Caller, kind: Kind, id: &str, user: u64) -> Answer {
    let world = app.world();
    let rows = world.direct_members(world.place(kind, id, caller.user)?);
    one(app, &world, &rows, user, caller.user)
}

fn answer(app: &App, world: &World, rows: &[Listed], uri: &Uri, caller: u64) -> Response {
    let (for_admin, filter) = (world.is_admin(caller), Filter::asked(uri));
    let rows: Vec<&Listed> = rows.iter().filter(|listed| filter.takes(world, listed)).collect();
    page(rows, uri, app.context(world), |listed| world.member_json(listed, &app.url, for_admin))
}

fn one(app: &App, world: &World, rows: &[Listed], user: u64, caller: u64) -> Answer {
    let listed = rows.iter().find(|listed| listed.user == user);
    let json = listed.and_then(|listed| world.member_json(listed, &app.url, world.is_admin(caller)));
    json.map(|json| Json(json).into_response()).ok_or_else(|| Refusal::not_found(""))
}

/// The filters `query`, `user_ids[]` and `state`.
#[derive(Debug)]
struct Filter {
    text: String,
    ids: Vec<String>,
    state: Option<MembershipState>,
}

impl Filter {
    fn asked(uri: &Uri) -> Self {
        let ids = params(uri)
            .into_iter()
            .filter(|(key, _)| key.starts_with("user_ids"))
            .map(|(_, id)| id)
            .collect();
        let state = match param(uri, "state").as_deref() {
            Some("awaiting") => Some(MembershipState::Awaiting),
            Some("active") => Some(MembershipState::Active),
            _ => None,
        };
        Self { text: param(uri, "query").unwrap_or_default().to_lowercase(), ids, state }
    }

    fn takes(&self, world: &World, listed: &Listed) -> bool {
        (self.ids.is_empty() || self.ids.contains(&listed.user.to_string()))
            && self.state.is_none_or(|state| listed.row.state == state)
            && (self.text.is_empty() || world.users.get(&listed.user).is_some_and(|user| self.names(user)))
    }

    fn names(&self, user: &User) -> bool {
        format!("{} {}", user.name, user.username).to_lowercase().contains(&self.text)
    }
}
