//! DevOps platform settings, first API version: making one, storing a token for it, asking for a binding.

use std::sync::Arc;

use axum::extract::State;
use axum::response::IntoResponse;
use axum::routing::{get, post};
use axum::{Json, Router};
use serde_json::{Value, json};

use super::app::{Answer, App, Refusal, no_content};
use super::auth::Caller;
use super::params::Params;

pub(super) fn routes() -> Router<Arc<App>> {
    Router::new()
        .route("/api/alm_settings/create_gitlab", post(create))
        .route("/api/alm_settings/list", get(list))
        .route("/api/alm_settings/list_definitions", get(definitions))
        .route("/api/alm_settings/get_binding", get(binding))
        .route("/api/alm_integrations/set_pat", post(set_pat))
}

async fn create(State(app): State<Arc<App>>, caller: Caller, params: Params) -> Answer {
    let mut world = app.world();
    world.require_global(&caller, "admin")?;
    let (key, url) = (params.required("key")?, params.required("url")?);
    params.required("personalAccessToken")?;
    if world.settings.iter().any(|setting| setting.key == key) {
        return Err(Refusal::invalid(format!("An DevOps Platform setting with key '{key}' already exists")));
    }
    world.add_setting(key, url);
    world.log(&caller, None, "create_setting", key, true);
    no_content()
}

/// With `project`, for its administrators; without, for whoever may create projects.
async fn list(State(app): State<Arc<App>>, caller: Caller, params: Params) -> Answer {
    let world = app.world();
    match params.get("project") {
        Some(key) => {
            let missing = || Refusal::not_found(format!("Project '{key}' not found"));
            world.require_on_project(&caller, world.projects.get(key).ok_or_else(missing)?, "admin")?;
        }
        None => world.require_global(&caller, "provisioning")?,
    }
    let json =
        |setting: &super::DopSetting| json!({ "key": setting.key, "alm": "gitlab", "url": setting.url });
    let settings: Vec<Value> = world.settings.iter().map(json).collect();
    Ok(Json(json!({ "almSettings": settings })).into_response())
}

async fn definitions(State(app): State<Arc<App>>, caller: Caller) -> Answer {
    let world = app.world();
    world.require_global(&caller, "admin")?;
    let json = |setting: &super::DopSetting| json!({ "key": setting.key, "url": setting.url });
    let gitlab: Vec<Value> = world.settings.iter().map(json).collect();
    let body = json!({ "github": [], "azure": [], "bitbucket": [], "bitbucketcloud": [], "gitlab": gitlab });
    Ok(Json(body).into_response())
}

/// Needs Browse: a system administrator without it is refused on a private project.
async fn binding(State(app): State<Arc<App>>, caller: Caller, params: Params) -> Answer {
    let world = app.world();
    let key = params.required("project")?;
    let missing = || Refusal::not_found(format!("Project '{key}' not found"));
    let project = world.projects.get(key).ok_or_else(missing)?;
    world.require_on_project(&caller, project, "user")?;
    let binding = world.bindings.iter().find(|binding| binding.project_uuid == project.uuid);
    let unbound = || Refusal::not_found(format!("Project '{key}' is not bound to any DevOps Platform"));
    let binding = binding.ok_or_else(unbound)?;
    let setting = world.settings.iter().find(|setting| setting.id == binding.setting).ok_or_else(unbound)?;
    Ok(Json(json!({
        "key": setting.key, "alm": "gitlab", "repository": binding.repository, "url": setting.url,
        "summaryCommentEnabled": true, "monorepo": binding.monorepo,
    }))
    .into_response())
}

/// The token belongs to the caller, and is not tried.
async fn set_pat(State(app): State<Arc<App>>, caller: Caller, params: Params) -> Answer {
    let mut world = app.world();
    world.require_global(&caller, "provisioning")?;
    params.required("pat")?;
    let setting = match (params.get("almSetting"), world.settings.as_slice()) {
        (Some(key), settings) => settings.iter().find(|setting| setting.key == key),
        (None, [only]) => Some(only),
        (None, _) => {
            return Err(Refusal::invalid(
                "Parameter 'almSetting' is required as there are multiple DevOps Platform settings",
            ));
        }
    };
    let key = params.get("almSetting").unwrap_or_default();
    let missing = || Refusal::not_found(format!("DevOps Platform Setting '{key}' not found"));
    let setting = setting.ok_or_else(missing)?.key.clone();
    let user = caller.user.ok_or_else(Refusal::unauthorized)?;
    world.pats.insert((user, setting));
    no_content()
}
