//! Permission templates: made, deleted, applied.
//!
//! Applying replaces every grant of the project in one transaction, the caller's own included; `user` and `codeviewer`
//! entries are dropped on public projects, entries of Anyone on private ones. A template that is not there is named
//! before anything else, also to callers without the right (seen on 26.8).

use std::sync::Arc;

use axum::extract::State;
use axum::response::IntoResponse;
use axum::routing::post;
use axum::{Json, Router};
use serde_json::{Value, json};

use super::app::{Answer, App, Refusal, no_content};
use super::auth::Caller;
use super::model::{Grants, Template};
use super::params::Params;
use super::visibility::fitting;
use super::world::World;

pub(super) fn routes() -> Router<Arc<App>> {
    Router::new()
        .route("/api/permissions/create_template", post(create))
        .route("/api/permissions/delete_template", post(delete))
        .route("/api/permissions/set_default_template", post(set_default))
        .route("/api/permissions/apply_template", post(apply))
        .route("/api/permissions/bulk_apply_template", post(bulk_apply))
}

/// When what is made over HTTP is made.
const WHEN: &str = "2026-11-01T09:00:00+0000";
/// What the columns of the database hold: characters of UTF-16.
const NAME_LENGTH: usize = 100;
const DESCRIPTION_LENGTH: usize = 4000;

pub(super) fn template_json(template: &Template) -> Value {
    let mut value = json!({
        "id": template.id, "name": template.name, "description": template.description,
        "createdAt": template.created_at, "updatedAt": template.created_at,
    });
    if let (Some(pattern), Some(fields)) = (&template.key_pattern, value.as_object_mut()) {
        fields.insert("projectKeyPattern".to_owned(), pattern.clone().into());
    }
    value
}

impl World {
    /// By `templateId`, or by `templateName` in any case.
    pub(super) fn asked_template(&self, params: &Params) -> Result<usize, Refusal> {
        let (id, name) = (params.get("templateId"), params.get("templateName"));
        let (found, text) = match (id, name) {
            (Some(id), None) => {
                let found = self.templates.iter().position(|template| template.id == id);
                (found, format!("Permission template with id '{id}' is not found"))
            }
            (None, Some(name)) => {
                let same = |template: &Template| template.name.to_lowercase() == name.to_lowercase();
                let text = format!("Permission template with name '{name}' is not found (case insensitive)");
                (self.templates.iter().position(same), text)
            }
            _ => return Err(Refusal::invalid("Template name or template id must be provided, not both.")),
        };
        found.ok_or_else(|| Refusal::not_found(text))
    }

    pub(super) fn asked_grants_of_template(&mut self, params: &Params) -> Result<&mut Grants, Refusal> {
        let index = self.asked_template(params)?;
        let template = self.templates.get_mut(index).ok_or_else(Refusal::internal)?;
        Ok(&mut template.grants)
    }

    /// Replaces every grant of the project.
    fn apply(&mut self, project: &str, template: &Grants) {
        if let Some(project) = self.projects.get_mut(project) {
            project.grants = fitting(template, project.visibility);
        }
    }
}

async fn create(State(app): State<Arc<App>>, caller: Caller, params: Params) -> Answer {
    let mut world = app.world();
    world.require_global(&caller, "admin")?;
    let name = params.required("name")?.trim();
    if world.templates.iter().any(|template| template.name.to_lowercase() == name.to_lowercase()) {
        return Err(Refusal::invalid(format!(
            "A template with the name '{name}' already exists (case insensitive)."
        )));
    }
    let description = params.get("description").unwrap_or_default();
    let length = |text: &str| text.encode_utf16().count();
    if length(name) > NAME_LENGTH || length(description) > DESCRIPTION_LENGTH {
        return Err(Refusal::internal());
    }
    world.add_template(name, WHEN);
    let template = world.templates.last_mut().ok_or_else(Refusal::internal)?;
    description.clone_into(&mut template.description);
    template.key_pattern = params.get("projectKeyPattern").map(str::to_owned);
    let mut made = template_json(template);
    if let Some(fields) = made.as_object_mut() {
        fields.insert("permissions".to_owned(), json!([]));
    }
    world.log(&caller, None, "create_template", name, true);
    Ok(Json(json!({ "permissionTemplate": made })).into_response())
}

async fn delete(State(app): State<Arc<App>>, caller: Caller, params: Params) -> Answer {
    let mut world = app.world();
    let index = world.asked_template(&params)?;
    world.require_global(&caller, "admin")?;
    if world.templates.get(index).is_some_and(|template| template.id == world.default_template) {
        let text = "It is not possible to delete the default permission template for projects";
        return Err(Refusal::invalid(text));
    }
    let template = world.templates.remove(index);
    world.log(&caller, None, "delete_template", &template.name, true);
    no_content()
}

async fn set_default(State(app): State<Arc<App>>, caller: Caller, params: Params) -> Answer {
    let mut world = app.world();
    let index = world.asked_template(&params)?;
    world.require_global(&caller, "admin")?;
    let template = world.templates.get(index).ok_or_else(Refusal::internal)?;
    let (id, name) = (template.id.clone(), template.name.clone());
    world.default_template = id;
    world.log(&caller, None, "set_default_template", &name, true);
    no_content()
}

async fn apply(State(app): State<Arc<App>>, caller: Caller, params: Params) -> Answer {
    let mut world = app.world();
    let grants = world.asked_grants_of_template(&params)?.clone();
    let Some(project) = world.asked_project(&params)? else {
        return Err(Refusal::invalid("Project id or project key can be provided, not both."));
    };
    world.require_global(&caller, "admin")?;
    if project.managed {
        return Err(Refusal::invalid("Operation not allowed when the project is externally managed."));
    }
    let key = project.key.clone();
    world.apply(&key, &grants);
    let template = params.get("templateId").or(params.get("templateName")).unwrap_or_default();
    world.log(&caller, Some(&key), "apply_template", template, true);
    no_content()
}

/// Managed projects are passed over in silence; no filter at all means every project.
async fn bulk_apply(State(app): State<Arc<App>>, caller: Caller, params: Params) -> Answer {
    let mut world = app.world();
    world.require_global(&caller, "admin")?;
    let grants = world.asked_grants_of_template(&params)?.clone();
    let keys = params.list("projects");
    let text = params.search(1)?;
    let asked = |project: &&super::Project| {
        keys.as_ref().is_none_or(|keys| keys.contains(&project.key.as_str()))
            && text.as_ref().is_none_or(|text| project.key.to_lowercase().contains(text))
    };
    let open = world.projects.values().filter(asked).filter(|project| !project.managed);
    let keys: Vec<String> = open.map(|project| project.key.clone()).collect();
    for key in keys {
        world.apply(&key, &grants);
        world.log(&caller, Some(&key), "bulk_apply_template", "", true);
    }
    no_content()
}
