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
use super::world::World;

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
    let was_there = |project: &Project| project.old_paths.iter().any(|old| old.eq_ignore_ascii_case(&id));
    let moved = |project: &&Project| was_there(project) && world.can_see(caller.user, project);
    match world.visible_project(&id, caller.user) {
        Ok(project) => {
            let mut value = world.project_json(project, &app.url, caller.user);
            if let Some(fields) = value.as_object_mut() {
                fields.insert("permissions".to_owned(), world.permissions(project, caller.user));
            }
            Ok(Json(value).into_response())
        }
        Err(refusal) => match world.projects.values().find(moved) {
            Some(project) => Ok(moved_to(&format!("{}/api/v4/projects/{}", app.url, project.id))),
            None => Err(refusal),
        },
    }
}

impl World {
    /// The caller's own row in the project, and the highest in the group that it lies in or above it. Invitations of groups
    /// are not shown here.
    fn permissions(&self, project: &Project, caller: u64) -> Value {
        let own = |place: Place| {
            let rows = self.memberships.iter().filter(|row| row.place == place && row.user == Some(caller));
            rows.map(|row| row.level).max()
        };
        let above = self.groups_above(project).into_iter().filter_map(|group| own(Place::Group(group.id)));
        let shown =
            |level: Option<u16>| level.map(|level| json!({ "access_level": level, "notification_level": 3 }));
        json!({ "project_access": shown(own(Place::Project(project.id))), "group_access": shown(above.max()) })
    }
}

fn moved_to(address: &str) -> axum::response::Response {
    let body = Json(json!({ "message": "This resource has been moved permanently" }));
    (StatusCode::MOVED_PERMANENTLY, [(header::LOCATION, address)], body).into_response()
}

/// Filters: `membership`, `min_access_level`, `visibility`, `search`, `id_after`, `archived`.
async fn list(State(app): State<Arc<App>>, caller: Caller, OriginalUri(uri): OriginalUri) -> Answer {
    let world = app.world();
    let is = |name: &str| param(&uri, name).is_some_and(|value| value == "true");
    let after = param(&uri, "id_after").and_then(|id| id.parse::<u64>().ok()).unwrap_or_default();
    let text = param(&uri, "search").unwrap_or_default().to_lowercase();
    let visibility = param(&uri, "visibility");
    let least = param(&uri, "min_access_level").and_then(|level| level.parse::<u16>().ok());
    let level = |project: &Project| world.effective(project.id).get(&caller.user).copied();
    let asked = |project: &&Project| {
        world.can_see(caller.user, project)
            && project.id > after
            && project.path_with_namespace.to_lowercase().contains(&text)
            && visibility.as_ref().is_none_or(|wanted| *wanted == project.visibility.to_string())
            && (!is("membership") || level(project).is_some())
            && least.is_none_or(|least| level(project).is_some_and(|level| level >= least))
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
