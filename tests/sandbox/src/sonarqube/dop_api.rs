//! Bindings to GitLab repositories, second API version.
//!
//! A binding is found by the repository, GitLab's numeric project id as text; several projects of a monorepo share one.
//! Binding a project here trusts the repository id that the caller names: the real server asks GitLab for it.

use std::sync::Arc;

use axum::extract::State;
use axum::response::IntoResponse;
use axum::routing::{get, post};
use axum::{Json, Router};
use bytes::Bytes;
use http::StatusCode;
use serde::Deserialize;
use serde_json::{Value, json};

use super::app::{Answer, App, Refusal};
use super::auth::Caller;
use super::model::Binding;
use super::page::Page;
use super::params::{Params, json_body};
use super::world::World;

pub(super) fn routes() -> Router<Arc<App>> {
    Router::new()
        .route("/api/v2/dop-translation/gitlab-configurations", get(configurations).post(configure))
        .route("/api/v2/dop-translation/dop-settings", get(settings))
        .route("/api/v2/dop-translation/project-bindings", get(bindings))
        .route("/api/v2/dop-translation/bound-projects", post(bind))
}

impl World {
    fn configuration_json(&self) -> Option<Value> {
        let mut value = self.gitlab_configuration.clone()?;
        let fields = value.as_object_mut()?;
        fields.remove("secret");
        fields.remove("provisioningToken");
        fields.insert("id".to_owned(), "gitlab-configuration".into());
        Some(value)
    }

    fn binding_json(&self, binding: &Binding) -> Option<Value> {
        let project = self.project_by_uuid(&binding.project_uuid)?;
        Some(json!({
            "id": binding.id, "devOpsPlatformSettingId": binding.setting, "projectId": project.uuid,
            "projectKey": project.key, "repository": binding.repository, "slug": null,
        }))
    }
}

async fn configurations(State(app): State<Arc<App>>, caller: Caller) -> Answer {
    let world = app.world();
    world.require_global(&caller, "admin")?;
    let rows: Vec<Value> = world.configuration_json().into_iter().collect();
    let page = json!({ "pageIndex": 1, "pageSize": 1000, "total": rows.len() });
    Ok(Json(json!({ "gitlabConfigurations": rows, "page": page })).into_response())
}

/// There can be only one.
async fn configure(State(app): State<Arc<App>>, caller: Caller, body: Bytes) -> Answer {
    let mut world = app.world();
    world.require_global(&caller, "admin")?;
    if world.gitlab_configuration.is_some() {
        return Err(Refusal::invalid(
            "GitLab configuration already exists. Only one Gitlab configuration is supported.",
        ));
    }
    let configuration: Value = json_body(&body)?;
    let required = [
        "enabled",
        "applicationId",
        "url",
        "secret",
        "synchronizeGroups",
        "allowedGroups",
        "provisioningType",
    ];
    if let Some(field) =
        required.into_iter().find(|field| configuration.get(field).is_none_or(Value::is_null))
    {
        let text = format!("Value {{}} for field {field} was rejected. Error: must not be null.");
        return Err(Refusal::invalid(text));
    }
    world.gitlab_configuration = Some(configuration);
    world.log(&caller, None, "configure_gitlab", "", true);
    Ok(Json(world.configuration_json()).into_response())
}

async fn settings(State(app): State<Arc<App>>, caller: Caller) -> Answer {
    let world = app.world();
    world.require_global(&caller, "provisioning")?;
    let json = |setting: &super::DopSetting| json!({ "id": setting.id, "type": "gitlab", "key": setting.key, "url": setting.url, "appId": null });
    let rows: Vec<Value> = world.settings.iter().map(json).collect();
    let page = json!({ "pageIndex": 1, "pageSize": 1000, "total": rows.len() });
    Ok(Json(json!({ "dopSettings": rows, "page": page })).into_response())
}

async fn bindings(State(app): State<Arc<App>>, caller: Caller, params: Params) -> Answer {
    let world = app.world();
    world.require_global(&caller, "provisioning")?;
    let page = Page::second(&params)?;
    let asked = |binding: &&Binding| {
        params.get("repository").is_none_or(|wanted| wanted.eq_ignore_ascii_case(&binding.repository))
            && params.get("dopSettingId").is_none_or(|wanted| wanted == binding.setting)
    };
    let found: Vec<&Binding> = world.bindings.iter().filter(asked).collect();
    let total = found.len();
    let rows: Vec<Value> =
        page.cut(found).into_iter().filter_map(|binding| world.binding_json(binding)).collect();
    Ok(Json(json!({ "projectBindings": rows, "page": page.json(total) })).into_response())
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct NewBinding {
    project_key: String,
    project_name: String,
    dev_ops_platform_setting_id: String,
    repository_identifier: String,
    monorepo: bool,
}

async fn bind(State(app): State<Arc<App>>, caller: Caller, body: Bytes) -> Answer {
    let mut world = app.world();
    world.require_global(&caller, "provisioning")?;
    let new: NewBinding = json_body(&body)?;
    let setting = world.settings.iter().find(|setting| setting.id == new.dev_ops_platform_setting_id);
    let missing = || format!("DevOps platform setting '{}' not found", new.dev_ops_platform_setting_id);
    let key = setting.ok_or_else(|| Refusal::not_found(missing()))?.key.clone();
    let has_pat = caller.user.clone().is_some_and(|user| world.pats.contains(&(user, key.clone())));
    if !has_pat {
        return Err(Refusal::invalid(format!("personal access token for '{key}' is missing")));
    }
    world.require_new_key(&new.project_key)?;
    let binding = world.bound(new, &caller);
    let body =
        json!({ "projectId": binding.project_uuid, "bindingId": binding.id, "newProjectCreated": true });
    world.bindings.push(binding);
    Ok((StatusCode::CREATED, Json(body)).into_response())
}

impl World {
    fn bound(&mut self, new: NewBinding, caller: &Caller) -> Binding {
        let project_uuid = self.add_project(&new.project_key, self.default_visibility);
        if let Some(project) = self.projects.get_mut(&new.project_key) {
            project.name = new.project_name;
        }
        self.log(caller, Some(&new.project_key), "bind_project", &new.repository_identifier, true);
        Binding {
            id: self.next_id(),
            setting: new.dev_ops_platform_setting_id,
            project_uuid,
            repository: new.repository_identifier,
            monorepo: new.monorepo,
        }
    }
}
