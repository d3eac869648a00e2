//! Making, changing and deactivating people, second API version: the only one that sets `externalId`.
//!
//! A person made here belongs to the provider `sonarqube`; only a merge-patch gives him to GitLab.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::response::IntoResponse;
use axum::routing::{patch, post};
use axum::{Json, Router};
use bytes::Bytes;
use http::{HeaderMap, StatusCode, header};
use serde::Deserialize;

use super::app::{Answer, App, Refusal, no_content};
use super::auth::Caller;
use super::params::json_body;
use super::user_v2::user_json;
use super::world::World;

pub(super) fn routes() -> Router<Arc<App>> {
    Router::new()
        .route("/api/v2/users-management/users", post(create))
        .route("/api/v2/users-management/users/{id}", patch(update).delete(deactivate))
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct NewUser {
    login: String,
    name: String,
    email: Option<String>,
    password: Option<String>,
    local: Option<bool>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Patch {
    login: Option<String>,
    name: Option<String>,
    email: Option<String>,
    external_provider: Option<String>,
    external_login: Option<String>,
    external_id: Option<String>,
}

async fn create(State(app): State<Arc<App>>, caller: Caller, body: Bytes) -> Answer {
    let mut world = app.world();
    world.require_global(&caller, "admin")?;
    let new: NewUser = json_body(&body)?;
    let password = new.password.as_deref().filter(|_| new.local.unwrap_or(true));
    let id = world.create_user(&new.login, &new.name, new.email, password)?;
    world.log(&caller, None, "create_user", &new.login, true);
    let user = world.asked_user_id(&id)?;
    Ok((StatusCode::CREATED, Json(user_json(user, true))).into_response())
}

impl World {
    /// A deactivated person of this login comes back; an active one is in the way.
    pub(super) fn create_user(
        &mut self,
        login: &str,
        name: &str,
        email: Option<String>,
        password: Option<&str>,
    ) -> Result<String, Refusal> {
        let old = self.user_by_login(login).map(|user| (user.id.clone(), user.active));
        let id = match old {
            Some((_, true)) => {
                return Err(Refusal::invalid(format!("An active user with login '{login}' already exists")));
            }
            Some((id, false)) => id,
            None => self.add_local_user(login, name, password),
        };
        if let Some(user) = self.users.get_mut(&id) {
            user.active = true;
            name.clone_into(&mut user.name);
            user.email = email;
        }
        Ok(id)
    }

    fn check_identity(&self, id: &str, patch: &Patch) -> Result<(), Refusal> {
        let user = self.asked_user_id(id)?;
        let provider = patch.external_provider.as_deref().unwrap_or(&user.external_provider);
        if provider != "sonarqube" && (provider != "gitlab" || !self.is_gitlab_enabled()) {
            // The first list holds the providers that are switched on (seen on 26.8).
            let enabled = if self.is_gitlab_enabled() { "gitlab" } else { "" };
            let text = format!(
                "Value of 'externalProvider' ({provider}) must be one of: [{enabled}] or [LDAP, LDAP_{{serverKey}}]"
            );
            return Err(Refusal::invalid(text));
        }
        let new_id = patch.external_id.as_deref().unwrap_or(&user.external_id);
        let new_login = patch.external_login.as_deref().unwrap_or(&user.external_login);
        let mut others =
            self.users.values().filter(|other| other.id != id && other.external_provider == provider);
        let taken = |what: &str, value: &str| {
            format!("A user with provider {what} '{value}' and identity provider '{provider}' already exists")
        };
        match others.find(|other| other.external_id == new_id || other.external_login == new_login) {
            Some(other) if other.external_id == new_id => Err(Refusal::invalid(taken("id", new_id))),
            Some(_) => Err(Refusal::invalid(taken("login", new_login))),
            None => Ok(()),
        }
    }
}

fn set<T>(place: &mut T, value: Option<T>) {
    if let Some(value) = value {
        *place = value;
    }
}

async fn update(
    State(app): State<Arc<App>>,
    caller: Caller,
    Path(id): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Answer {
    let kind = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    if !kind.starts_with("application/merge-patch+json") {
        return Err(Refusal::new(415, format!("Content-Type '{kind}' is not supported.")));
    }
    let mut world = app.world();
    world.require_global(&caller, "admin")?;
    let patch: Patch = json_body(&body)?;
    world.check_identity(&id, &patch)?;
    let missing = || Refusal::not_found(format!("User '{id}' not found"));
    let user = world.users.get_mut(&id).ok_or_else(missing)?;
    user.local = user.local && patch.external_provider.is_none();
    set(&mut user.login, patch.login);
    set(&mut user.name, patch.name);
    set(&mut user.email, patch.email.map(Some));
    set(&mut user.external_provider, patch.external_provider);
    set(&mut user.external_login, patch.external_login);
    set(&mut user.external_id, patch.external_id);
    let (login, body) = (user.login.clone(), user_json(user, true));
    world.log(&caller, None, "update_user", &login, true);
    Ok(Json(body).into_response())
}

async fn deactivate(State(app): State<Arc<App>>, caller: Caller, Path(id): Path<String>) -> Answer {
    let mut world = app.world();
    world.require_global(&caller, "admin")?;
    world.deactivate_checked(&caller, &id)?;
    no_content()
}
