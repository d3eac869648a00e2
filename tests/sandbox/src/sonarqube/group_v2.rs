//! Groups and memberships, second API version. A membership is taken back by its own id. That of an unknown group is
//! an empty list, no error.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::response::IntoResponse;
use axum::routing::{delete, get};
use axum::{Json, Router};
use bytes::Bytes;
use http::StatusCode;
use serde::Deserialize;
use serde_json::{Value, json};

use super::app::{Answer, App, Refusal, no_content};
use super::auth::Caller;
use super::model::{Grantee, Group, User};
use super::page::Page;
use super::params::{Params, json_body};
use super::world::World;

const GROUPS: &str = "/api/v2/authorizations/groups";
const MEMBERSHIPS: &str = "/api/v2/authorizations/group-memberships";

pub(super) fn routes() -> Router<Arc<App>> {
    Router::new()
        .route(GROUPS, get(search).post(create))
        .route("/api/v2/authorizations/groups/{id}", get(one).delete(remove))
        .route(MEMBERSHIPS, get(memberships).post(join))
        .route("/api/v2/authorizations/group-memberships/{id}", delete(leave))
}

fn group_json(group: &Group) -> Value {
    json!({
        "id": group.id, "name": group.name, "description": group.description, "managed": group.managed,
        "default": group.is_default(),
    })
}

impl World {
    /// Id, user and group of the rows that everybody has in the default group.
    fn default_memberships(&self) -> impl Iterator<Item = (String, String, String)> {
        let default = self.groups.values().filter(|group| group.is_default());
        let people = || self.users.values().filter(|user| user.active);
        let row = |user: &User, group: &Group| {
            (format!("{}-{}", group.id, user.id), user.id.clone(), group.id.clone())
        };
        default.flat_map(move |group| people().map(move |user| row(user, group)))
    }

    fn asked_group_id(&self, id: &str) -> Result<&Group, Refusal> {
        self.groups.get(id).ok_or_else(|| Refusal::not_found(format!("Group '{id}' not found")))
    }
}

async fn search(State(app): State<Arc<App>>, caller: Caller, params: Params) -> Answer {
    let world = app.world();
    world.require_global(&caller, "admin")?;
    let page = Page::second(&params)?;
    let text = params.get("q").unwrap_or_default().to_lowercase();
    let mut found: Vec<&Group> =
        world.groups.values().filter(|group| group.name.to_lowercase().contains(&text)).collect();
    found.sort_by(|a, b| a.name.cmp(&b.name));
    let total = found.len();
    let groups: Vec<Value> = page.cut(found).into_iter().map(group_json).collect();
    Ok(Json(json!({ "groups": groups, "page": page.json(total) })).into_response())
}

async fn one(State(app): State<Arc<App>>, caller: Caller, Path(id): Path<String>) -> Answer {
    let world = app.world();
    world.require_global(&caller, "admin")?;
    Ok(Json(group_json(world.asked_group_id(&id)?)).into_response())
}

#[derive(Debug, Deserialize)]
struct NewGroup {
    name: String,
    description: Option<String>,
}

async fn create(State(app): State<Arc<App>>, caller: Caller, body: Bytes) -> Answer {
    let mut world = app.world();
    world.require_global(&caller, "admin")?;
    let new: NewGroup = json_body(&body)?;
    let id = world.create_group(&new.name, new.description.as_deref().unwrap_or_default())?;
    world.log(&caller, None, "create_group", &new.name, true);
    Ok((StatusCode::CREATED, Json(group_json(world.asked_group_id(&id)?))).into_response())
}

async fn remove(State(app): State<Arc<App>>, caller: Caller, Path(id): Path<String>) -> Answer {
    let mut world = app.world();
    world.require_global(&caller, "admin")?;
    let group = world.asked_group_id(&id)?;
    if group.is_default() {
        let text = format!("Default group '{}' cannot be used to perform this action", group.name);
        return Err(Refusal::invalid(text));
    }
    let (name, grantee) = (group.name.clone(), Grantee::Group(id.clone()));
    world.global.remove_grantee(&grantee);
    world.projects.values_mut().for_each(|project| project.grants.remove_grantee(&grantee));
    world.templates.iter_mut().for_each(|template| template.grants.remove_grantee(&grantee));
    world.memberships.retain(|_, (_, group)| *group != id);
    world.groups.remove(&id);
    world.log(&caller, None, "delete_group", &name, true);
    no_content()
}

fn membership_json(id: &str, user: &str, group: &str) -> Value {
    json!({ "id": id, "groupId": group, "userId": user })
}

async fn memberships(State(app): State<Arc<App>>, caller: Caller, params: Params) -> Answer {
    let world = app.world();
    world.require_global(&caller, "admin")?;
    let page = Page::second(&params)?;
    let asked = |(_, user, group): &(String, String, String)| {
        params.get("userId").is_none_or(|wanted| wanted == user)
            && params.get("groupId").is_none_or(|wanted| wanted == group)
    };
    let stored =
        world.memberships.iter().map(|(id, (user, group))| (id.clone(), user.clone(), group.clone()));
    let mut found: Vec<_> = stored.chain(world.default_memberships()).filter(asked).collect();
    found.sort();
    let total = found.len();
    let cut = page.cut(found).into_iter();
    let rows: Vec<Value> = cut.map(|(id, user, group)| membership_json(&id, &user, &group)).collect();
    Ok(Json(json!({ "groupMemberships": rows, "page": page.json(total) })).into_response())
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct NewMembership {
    user_id: String,
    group_id: String,
}

async fn join(State(app): State<Arc<App>>, caller: Caller, body: Bytes) -> Answer {
    let mut world = app.world();
    world.require_global(&caller, "admin")?;
    let new: NewMembership = json_body(&body)?;
    let (user, group) = (world.asked_user_id(&new.user_id)?, world.asked_group_id(&new.group_id)?);
    if group.is_default() {
        let text = format!("Default group '{}' cannot be used to perform this action", group.name);
        return Err(Refusal::invalid(text));
    }
    let detail = format!("{} {}", user.login, group.name);
    let pair = (new.user_id, new.group_id);
    if world.memberships.values().any(|known| *known == pair) {
        let text = format!("User '{}' is already a member of group '{}'", pair.0, pair.1);
        return Err(Refusal::invalid(text));
    }
    let id = world.add_membership(&pair.0, &pair.1);
    world.log(&caller, None, "add_user_to_group", &detail, true);
    Ok((StatusCode::CREATED, Json(membership_json(&id, &pair.0, &pair.1))).into_response())
}

async fn leave(State(app): State<Arc<App>>, caller: Caller, Path(id): Path<String>) -> Answer {
    let mut world = app.world();
    world.require_global(&caller, "admin")?;
    let missing = || Refusal::not_found(format!("Group membership '{id}' not found"));
    let (user, group) = world.memberships.remove(&id).ok_or_else(missing)?;
    world.log(&caller, None, "remove_user_from_group", &format!("{user} {group}"), true);
    no_content()
}
