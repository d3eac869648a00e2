//! Groups, first API version (deprecated, still there).

use std::sync::Arc;

use axum::extract::State;
use axum::response::IntoResponse;
use axum::routing::{get, post};
use axum::{Json, Router};
use serde_json::{Value, json};

use super::app::{Answer, App, Refusal, no_content};
use super::auth::Caller;
use super::model::{ANYONE, Group};
use super::page::Page;
use super::params::Params;
use super::world::World;

pub(super) fn routes() -> Router<Arc<App>> {
    Router::new()
        .route("/api/user_groups/search", get(search))
        .route("/api/user_groups/create", post(create))
        .route("/api/user_groups/add_user", post(add_user))
        .route("/api/user_groups/remove_user", post(remove_user))
}

impl World {
    pub(super) fn create_group(&mut self, name: &str, description: &str) -> Result<String, Refusal> {
        if name.eq_ignore_ascii_case(ANYONE) {
            return Err(Refusal::invalid("Anyone group cannot be used"));
        }
        if self.group_by_name(name).is_some() {
            return Err(Refusal::invalid(format!("Group '{name}' already exists")));
        }
        let id = self.add_group(name);
        if let Some(group) = self.groups.get_mut(&id) {
            description.clone_into(&mut group.description);
        }
        Ok(id)
    }

    fn named_group(&self, params: &Params) -> Result<&Group, Refusal> {
        let name = params.required("name")?;
        self.group_by_name(name).ok_or_else(|| Refusal::not_found(format!("No group with name '{name}'")))
    }

    fn named_membership(&self, params: &Params) -> Result<(String, String), Refusal> {
        let group = self.named_group(params)?;
        let login = params.required("login")?;
        let missing = || Refusal::not_found(format!("Could not find a user with login '{login}'"));
        let user = self.active_user(login).ok_or_else(missing)?;
        if group.is_default() {
            let text = format!("Default group '{}' cannot be used to perform this action", group.name);
            return Err(Refusal::invalid(text));
        }
        Ok((user.id.clone(), group.id.clone()))
    }
}

async fn search(State(app): State<Arc<App>>, caller: Caller, params: Params) -> Answer {
    let world = app.world();
    world.require_global(&caller, "admin")?;
    let page = Page::first(&params, 100, 500)?;
    let text = params.search(1)?.unwrap_or_default();
    let mut found: Vec<&Group> =
        world.groups.values().filter(|group| group.name.to_lowercase().contains(&text)).collect();
    found.sort_by(|a, b| a.name.cmp(&b.name));
    let total = found.len();
    let json = |group: &Group| {
        let members =
            world.users.values().filter(|user| user.active && world.is_member(&user.id, group)).count();
        json!({ "name": group.name, "description": group.description, "membersCount": members,
            "default": group.is_default(), "managed": group.managed })
    };
    let groups: Vec<Value> = page.cut(found).into_iter().map(json).collect();
    Ok(Json(json!({ "paging": page.json(total), "groups": groups })).into_response())
}

async fn create(State(app): State<Arc<App>>, caller: Caller, params: Params) -> Answer {
    let mut world = app.world();
    world.require_global(&caller, "admin")?;
    let (name, description) = (params.required("name")?, params.get("description").unwrap_or_default());
    let id = world.create_group(name, description)?;
    world.log(&caller, None, "create_group", name, true);
    let group =
        json!({ "id": id, "name": name, "description": description, "membersCount": 0, "default": false });
    Ok(Json(json!({ "group": group })).into_response())
}

async fn add_user(State(app): State<Arc<App>>, caller: Caller, params: Params) -> Answer {
    let mut world = app.world();
    world.require_global(&caller, "admin")?;
    let pair = world.named_membership(&params)?;
    let is_new = !world.memberships.values().any(|known| *known == pair);
    if is_new {
        world.add_membership(&pair.0, &pair.1);
    }
    let detail = format!("{} {}", params.required("login")?, params.required("name")?);
    world.log(&caller, None, "add_user_to_group", &detail, is_new);
    no_content()
}

async fn remove_user(State(app): State<Arc<App>>, caller: Caller, params: Params) -> Answer {
    let mut world = app.world();
    world.require_global(&caller, "admin")?;
    let pair = world.named_membership(&params)?;
    let before = world.memberships.len();
    world.memberships.retain(|_, known| *known != pair);
    let effective = world.memberships.len() < before;
    let detail = format!("{} {}", params.required("login")?, params.required("name")?);
    world.log(&caller, None, "remove_user_from_group", &detail, effective);
    no_content()
}
