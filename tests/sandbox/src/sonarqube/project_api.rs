//! Projects: the full inventory for administrators, creating, deleting, changing keys.

use std::sync::Arc;

use axum::extract::State;
use axum::response::IntoResponse;
use axum::routing::{get, post};
use axum::{Json, Router};
use serde_json::{Value, json};

use super::app::{Answer, App, Refusal, no_content};
use super::auth::Caller;
use super::model::Project;
use super::page::Page;
use super::params::Params;
use super::visibility::parse;
use super::world::World;

pub(super) fn routes() -> Router<Arc<App>> {
    Router::new()
        .route("/api/projects/search", get(search))
        .route("/api/projects/create", post(create))
        .route("/api/projects/delete", post(delete))
        .route("/api/projects/update_key", post(update_key))
        .route("/api/components/show", get(show))
}

fn row(project: &Project) -> Value {
    let mut value = json!({
        "key": project.key, "name": project.name, "qualifier": "TRK", "visibility": project.visibility.to_string(),
        "managed": project.managed, "projectUuid": project.uuid,
    });
    if let (Some(date), Some(fields)) = (&project.last_analysis, value.as_object_mut()) {
        fields.insert("lastAnalysisDate".to_owned(), date.clone().into());
    }
    value
}

/// By name. Needs Administer System.
async fn search(State(app): State<Arc<App>>, caller: Caller, params: Params) -> Answer {
    let world = app.world();
    world.require_global(&caller, "admin")?;
    let page = Page::first(&params, 100, 500)?;
    let keys = params.list("projects").or_else(|| params.list("projectKeys"));
    if keys.as_ref().is_some_and(|keys| keys.len() > 1000) {
        return Err(Refusal::invalid("'projects' can contain only 1000 values"));
    }
    let text = params.search(1)?;
    let asked = |project: &&Project| {
        keys.as_ref().is_none_or(|keys| keys.contains(&project.key.as_str()))
            && params.get("visibility").is_none_or(|wanted| wanted == project.visibility.to_string())
            && text.as_ref().is_none_or(|text| {
                project.key.to_lowercase().contains(text) || project.name.to_lowercase().contains(text)
            })
    };
    let mut found: Vec<&Project> = world.projects.values().filter(asked).collect();
    found.sort_by_key(|project| project.name.to_lowercase());
    let total = found.len();
    let components: Vec<Value> = page.cut(found).into_iter().map(row).collect();
    Ok(Json(json!({ "paging": page.json(total), "components": components })).into_response())
}

impl World {
    pub(super) fn require_new_key(&self, key: &str) -> Result<(), Refusal> {
        let same = self.projects.keys().find(|known| known.to_lowercase() == key.to_lowercase());
        let text = |known| {
            format!("Could not create Project with key: \"{key}\". A similar key already exists: \"{known}\"")
        };
        same.map_or(Ok(()), |known| Err(Refusal::invalid(text(known))))
    }

    fn named_project(&self, params: &Params, name: &str) -> Result<&Project, Refusal> {
        let key = params.required(name)?;
        self.projects.get(key).ok_or_else(|| Refusal::not_found(format!("Component key '{key}' not found")))
    }
}

async fn create(State(app): State<Arc<App>>, caller: Caller, params: Params) -> Answer {
    let mut world = app.world();
    world.require_global(&caller, "provisioning")?;
    let (key, name) = (params.required("project")?, params.required("name")?);
    let visibility = match params.get("visibility") {
        Some(_) => parse(&params, "visibility")?,
        None => world.default_visibility,
    };
    world.require_new_key(key)?;
    world.add_project(key, visibility);
    if let Some(project) = world.projects.get_mut(key) {
        name.clone_into(&mut project.name);
    }
    world.log(&caller, Some(key), "create_project", &visibility.to_string(), true);
    let project =
        json!({ "key": key, "name": name, "qualifier": "TRK", "visibility": visibility.to_string() });
    Ok(Json(json!({ "project": project })).into_response())
}

async fn delete(State(app): State<Arc<App>>, caller: Caller, params: Params) -> Answer {
    let mut world = app.world();
    let project = world.named_project(&params, "project")?;
    if !world.has_on_project(&caller, project, "admin") {
        world.require_global(&caller, "admin")?;
    }
    let (key, uuid) = (project.key.clone(), project.uuid.clone());
    world.projects.remove(&key);
    world.bindings.retain(|binding| binding.project_uuid != uuid);
    world.log(&caller, Some(&key), "delete_project", "", true);
    no_content()
}

/// The uuid stays.
async fn update_key(State(app): State<Arc<App>>, caller: Caller, params: Params) -> Answer {
    let mut world = app.world();
    let project = world.named_project(&params, "from")?;
    world.require_on_project(&caller, project, "admin")?;
    let (from, to) = (project.key.clone(), params.required("to")?);
    if world.projects.contains_key(to) {
        let text = format!("Impossible to update key: a component with key \"{to}\" already exists.");
        return Err(Refusal::invalid(text));
    }
    if let Some(mut project) = world.projects.remove(&from) {
        to.clone_into(&mut project.key);
        world.projects.insert(to.to_owned(), project);
    }
    world.log(&caller, Some(&from), "update_key", to, true);
    no_content()
}

async fn show(State(app): State<Arc<App>>, caller: Caller, params: Params) -> Answer {
    let world = app.world();
    let project = world.named_project(&params, "component")?;
    world.require_on_project(&caller, project, "user")?;
    Ok(Json(json!({ "component": row(project), "ancestors": [] })).into_response())
}
