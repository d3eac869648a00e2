//! Projects: one by id or path, all of them, and the branches that SonarQube asks for when it binds one.
//!
//! A project that the token cannot see is a 404, exactly as one that does not exist. A path that a project had before
//! redirects to the address by id.

use std::sync::Arc;

use axum::extract::{OriginalUri, Path, State};
use axum::response::IntoResponse;
use axum::routing::get;
use axum::{Json, Router};
use http::{StatusCode, header};
use serde_json::{Value, json};

use super::app::{Answer, App};
use super::auth::{Caller, Visitor};
use super::model::{Place, Project};
use super::page::{page, param};

pub(super) fn routes() -> Router<Arc<App>> {
    Router::new()
        .route("/projects", get(list))
        .route("/projects/{id}", get(one))
        .route("/projects/{id}/repository/branches", get(branches))
        .route("/projects/{id}/invited_groups", get(invited_groups))
        .route("/projects/{id}/groups", get(ancestors))
}

async fn one(State(app): State<Arc<App>>, Visitor(caller): Visitor, Path(id): Path<String>) -> Answer {
    let world = app.world();
    let moved = |project: &&Project| project.old_paths.contains(&id) && world.can_see(caller.user, project);
    match world.visible_project(&id, caller.user) {
        Ok(project) => Ok(Json(world.project_json(project, &app.url, caller.user)).into_response()),
        Err(refusal) => match world.projects.values().find(moved) {
            Some(project) => Ok(moved_to(&format!("{}/api/v4/projects/{}", app.url, project.id))),
            None => Err(refusal),
        },
    }
}

fn moved_to(address: &str) -> axum::response::Response {
    let body = Json(json!({ "message": "This resource has been moved permanently" }));
    (StatusCode::MOVED_PERMANENTLY, [(header::LOCATION, address)], body).into_response()
}

/// Filters: `membership`, `visibility`, `search`, `id_after`, `archived`.
async fn list(State(app): State<Arc<App>>, caller: Caller, OriginalUri(uri): OriginalUri) -> Answer {
    let world = app.world();
    let is = |name: &str| param(&uri, name).is_some_and(|value| value == "true");
    let after = param(&uri, "id_after").and_then(|id| id.parse::<u64>().ok()).unwrap_or_default();
    let text = param(&uri, "search").unwrap_or_default().to_lowercase();
    let visibility = param(&uri, "visibility");
    let asked = |project: &&Project| {
        world.can_see(caller.user, project)
            && project.id > after
            && project.path_with_namespace.to_lowercase().contains(&text)
            && visibility.as_ref().is_none_or(|wanted| *wanted == project.visibility.to_string())
            && (!is("membership") || world.effective(project.id).contains_key(&caller.user))
    };
    let mut rows: Vec<Value> = world
        .projects
        .values()
        .filter(asked)
        .map(|project| world.project_json(project, &app.url, caller.user))
        .collect();
    if param(&uri, "sort").as_deref() != Some("asc") {
        rows.reverse();
    }
    Ok(page(rows, &uri, app.context(&world), Some))
}

async fn branches(
    State(app): State<Arc<App>>,
    caller: Caller,
    Path(id): Path<String>,
    OriginalUri(uri): OriginalUri,
) -> Answer {
    let world = app.world();
    world.visible_project(&id, caller.user)?;
    let row = json!({ "name": "main", "merged": false, "protected": true, "default": true });
    Ok(page(vec![row], &uri, app.context(&world), Some))
}

/// The groups that the project invited, as far as the caller may see them. No levels here.
async fn invited_groups(
    State(app): State<Arc<App>>,
    caller: Caller,
    Path(id): Path<String>,
    OriginalUri(uri): OriginalUri,
) -> Answer {
    let world = app.world();
    let project = world.visible_project(&id, caller.user)?;
    let links = world.links_of(Place::Project(project.id));
    let groups = links.filter_map(|link| world.groups.get(&link.group));
    let visible = groups.filter(|group| world.can_see_group(caller.user, group));
    let rows = visible.map(|group| world.group_json(group, &app.url)).collect();
    Ok(page(rows, &uri, app.context(&world), Some))
}

async fn ancestors(
    State(app): State<Arc<App>>,
    caller: Caller,
    Path(id): Path<String>,
    OriginalUri(uri): OriginalUri,
) -> Answer {
    let world = app.world();
    let project = world.visible_project(&id, caller.user)?;
    let rows =
        world.groups_above(project).into_iter().map(|group| world.group_json(group, &app.url)).collect();
    Ok(page(rows, &uri, app.context(&world), Some))
}
