//! People, first API version (deprecated, still there): the list, and deactivating.
//!
//! It calls the external login `externalIdentity` and does not know the external id.

use std::sync::Arc;

use axum::extract::State;
use axum::response::IntoResponse;
use axum::routing::{get, post};
use axum::{Json, Router};
use serde_json::{Value, json};

use super::app::{Answer, App, Refusal};
use super::auth::Caller;
use super::model::User;
use super::page::Page;
use super::params::Params;
use super::world::World;

pub(super) fn routes() -> Router<Arc<App>> {
    Router::new()
        .route("/api/users/search", get(search))
        .route("/api/users/current", get(current))
        .route("/api/users/create", post(create))
        .route("/api/users/deactivate", post(deactivate))
}

impl World {
    fn user_v1(&self, user: &User, for_admin: bool) -> Value {
        let mut value =
            json!({ "login": user.login, "name": user.name, "active": user.active, "managed": user.managed });
        let groups: Vec<&str> =
            self.groups_of(&user.id).filter_map(|id| Some(self.groups.get(id)?.name.as_str())).collect();
        let tokens = self.tokens.values().filter(|token| token.user == user.id).count();
        let details = json!({
            "email": user.email, "local": user.local, "externalIdentity": user.external_login,
            "externalProvider": user.external_provider, "groups": groups, "tokensCount": tokens,
            "lastConnectionDate": user.last_connection,
        });
        if let (true, Some(fields), Value::Object(details)) = (for_admin, value.as_object_mut(), details) {
            fields.extend(details);
        }
        value
    }

    /// With everything that goes with the person.
    pub(super) fn deactivate_checked(&mut self, caller: &Caller, id: &str) -> Result<(), Refusal> {
        let user = self.asked_user_id(id)?;
        if caller.is(id) {
            return Err(Refusal::invalid("Self-deactivation is not possible"));
        }
        if user.managed {
            return Err(Refusal::invalid("Operation not allowed when the instance is externally managed."));
        }
        let login = user.login.clone();
        self.deactivate(id);
        self.log(caller, None, "deactivate_user", &login, true);
        Ok(())
    }
}

async fn search(State(app): State<Arc<App>>, caller: Caller, params: Params) -> Answer {
    let world = app.world();
    let page = Page::first(&params, 50, 500)?;
    let text = params.search(2)?;
    if params.get("managed").is_some() {
        return Err(Refusal::invalid("The 'managed' parameter is only available for managed instances."));
    }
    let is_admin = world.has_global(&caller, "admin");
    if params.get("externalIdentity").is_some() {
        world.require_global(&caller, "admin")?;
    }
    let asked = |user: &&User| {
        user.active != params.is("deactivated")
            && params.get("externalIdentity").is_none_or(|wanted| wanted == user.external_login)
            && text.as_ref().is_none_or(|text| {
                format!("{}\n{}\n{}", user.login, user.name, user.email.as_deref().unwrap_or_default())
                    .to_lowercase()
                    .contains(text)
            })
    };
    let mut found: Vec<&User> = world.users.values().filter(asked).collect();
    found.sort_by(|a, b| a.login.cmp(&b.login));
    let total = found.len();
    let users: Vec<Value> = page.cut(found).into_iter().map(|user| world.user_v1(user, is_admin)).collect();
    Ok(Json(json!({ "paging": page.json(total), "users": users })).into_response())
}

async fn current(State(app): State<Arc<App>>, caller: Caller) -> Answer {
    let world = app.world();
    let Some(user) = caller.user.as_ref().and_then(|id| world.users.get(id)) else {
        return Ok(Json(json!({ "isLoggedIn": false })).into_response());
    };
    let global: Vec<&str> = super::model::GLOBAL_PERMISSIONS
        .into_iter()
        .filter(|permission| world.has_global(&caller, permission))
        .collect();
    let mut value = world.user_v1(user, true);
    if let Some(fields) = value.as_object_mut() {
        fields.insert("isLoggedIn".to_owned(), true.into());
        fields.insert("permissions".to_owned(), json!({ "global": global }));
    }
    Ok(Json(value).into_response())
}

async fn create(State(app): State<Arc<App>>, caller: Caller, params: Params) -> Answer {
    let mut world = app.world();
    world.require_global(&caller, "admin")?;
    let login = params.required("login")?;
    let local = params.get("local").is_none_or(|local| local == "true");
    let password = params.get("password").filter(|_| local);
    let id = world.create_user(
        login,
        params.required("name")?,
        params.get("email").map(str::to_owned),
        password,
    )?;
    world.log(&caller, None, "create_user", login, true);
    let user = world.asked_user_id(&id)?;
    Ok(Json(json!({ "user": world.user_v1(user, true) })).into_response())
}

async fn deactivate(State(app): State<Arc<App>>, caller: Caller, params: Params) -> Answer {
    let mut world = app.world();
    world.require_global(&caller, "admin")?;
    let login = params.required("login")?;
    let id = world.active_user(login).map(|user| user.id.clone());
    let id = id.ok_or_else(|| Refusal::not_found(format!("User '{login}' doesn't exist")))?;
    world.deactivate_checked(&caller, &id)?;
    let user = world.asked_user_id(&id)?;
    Ok(Json(json!({ "user": world.user_v1(user, true) })).into_response())
}
