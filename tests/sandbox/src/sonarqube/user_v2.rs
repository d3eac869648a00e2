//! Finding people, second API version: the only one that shows `externalId`, GitLab's numeric id.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::response::IntoResponse;
use axum::routing::get;
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
        .route("/api/v2/users-management/users", get(search))
        .route("/api/v2/users-management/users/{id}", get(one))
}

/// `in_full` to system administrators, and to the person.
pub(super) fn user_json(user: &User, in_full: bool) -> Value {
    let mut value = json!({ "login": user.login, "name": user.name, "active": user.active, "avatar": null });
    let details = json!({
        "id": user.id, "email": user.email, "local": user.local, "managed": user.managed,
        "externalLogin": user.external_login, "externalProvider": user.external_provider,
        "externalId": user.external_id, "sonarQubeLastConnectionDate": user.last_connection,
        "sonarLintLastConnectionDate": null, "scmAccounts": [],
    });
    if let (true, Some(fields), Value::Object(details)) = (in_full, value.as_object_mut(), details) {
        fields.extend(details);
    }
    value
}

fn is_named(user: &User, text: &str) -> bool {
    let email = user.email.as_deref().unwrap_or_default();
    [user.login.as_str(), user.name.as_str(), email].iter().any(|field| field.to_lowercase().contains(text))
}

/// Sorted by login.
async fn search(State(app): State<Arc<App>>, caller: Caller, params: Params) -> Answer {
    let world = app.world();
    let page = Page::second(&params)?;
    let is_admin = world.has_global(&caller, "admin");
    if params.get("externalIdentity").is_some() && !is_admin {
        return Err(Refusal::new(403, "Parameter externalIdentity requires Administer System permission."));
    }
    let active = params.get("active").is_none_or(|value| value == "true");
    let text = params.get("q").map(str::to_lowercase);
    let since = params.get("sonarQubeLastConnectionDateFrom");
    let asked = |user: &&User| {
        user.active == active
            && params.get("externalIdentity").is_none_or(|wanted| wanted == user.external_login)
            && text.as_ref().is_none_or(|text| is_named(user, text))
            && since.is_none_or(|since| user.last_connection.as_deref().is_some_and(|last| last >= since))
    };
    let mut found: Vec<&User> = world.users.values().filter(asked).collect();
    found.sort_by(|a, b| a.login.cmp(&b.login));
    let total = found.len();
    let json = |user: &User| user_json(user, is_admin || caller.is(&user.id));
    let users: Vec<Value> = page.cut(found).into_iter().map(json).collect();
    Ok(Json(json!({ "users": users, "page": page.json(total) })).into_response())
}

async fn one(State(app): State<Arc<App>>, caller: Caller, Path(id): Path<String>) -> Answer {
    let world = app.world();
    let user = world.asked_user_id(&id)?;
    Ok(Json(user_json(user, world.has_global(&caller, "admin") || caller.is(&id))).into_response())
}

impl World {
    pub(super) fn asked_user_id(&self, id: &str) -> Result<&User, Refusal> {
        self.users.get(id).ok_or_else(|| Refusal::not_found(format!("User '{id}' not found")))
    }
}
