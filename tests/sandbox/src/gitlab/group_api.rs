//! Groups: one by id or path, what lies below it, and who was invited to it.

use std::sync::Arc;

use axum::extract::{OriginalUri, Path, State};
use axum::response::IntoResponse;
use axum::routing::get;
use axum::{Json, Router};
use http::Uri;
use serde_json::{Value, json};

use super::app::{Answer, App, Refusal};
use super::auth::{Caller, Visitor};
use super::model::{Group, Place, Project, level};
use super::page::{page, param};
use super::world::World;

pub(super) fn routes() -> Router<Arc<App>> {
    Router::new()
        .route("/groups", get(list))
        .route("/groups/{id}", get(one))
        .route("/groups/{id}/projects", get(projects))
        .route("/groups/{id}/subgroups", get(subgroups))
        .route("/groups/{id}/descendant_groups", get(descendants))
        .route("/groups/{id}/invited_groups", get(invited))
        .route("/groups/{id}/groups/shared", get(inviters))
}

impl World {
    pub(super) fn visible_group(&self, id_or_path: &str, caller: u64) -> Result<&Group, Refusal> {
        let group = match id_or_path.parse::<u64>() {
            Ok(id) => self.groups.get(&id),
            Err(_) => self.groups.values().find(|group| group.full_path.eq_ignore_ascii_case(id_or_path)),
        };
        group.filter(|group| self.can_see_group(caller, group)).ok_or_else(|| Refusal::not_found("Group"))
    }

    fn groups_json<'a>(&self, groups: impl Iterator<Item = &'a Group>, url: &str, caller: u64) -> Vec<Value> {
        let visible = groups.filter(|group| self.can_see_group(caller, group));
        visible.map(|group| self.group_json(group, url)).collect()
    }

    /// Projects that lie elsewhere and invited this group.
    fn projects_shared_with(&self, group: u64) -> impl Iterator<Item = &Project> {
        let links = self.links.iter().filter(move |link| link.group == group);
        links.filter_map(|link| match link.place {
            Place::Project(id) => self.projects.get(&id),
            Place::Group(_) => None,
        })
    }
}

async fn one(State(app): State<Arc<App>>, Visitor(caller): Visitor, Path(id): Path<String>) -> Answer {
    let world = app.world();
    let group = world.visible_group(&id, caller.user)?;
    let mut value = world.group_json(group, &app.url);
    if let Some(fields) = value.as_object_mut() {
        fields.insert(
            "shared_with_groups".to_owned(),
            json!(world.shared_with(Place::Group(group.id), caller.user)),
        );
    }
    Ok(Json(value).into_response())
}

/// Filters: `owned` (by the caller), `top_level_only`.
async fn list(State(app): State<Arc<App>>, caller: Caller, OriginalUri(uri): OriginalUri) -> Answer {
    let world = app.world();
    let owned = |group: &Group| world.level_in_group(caller.user, group.id) >= level::OWNER;
    let asked = |group: &&Group| {
        (!is(&uri, "owned", false) || owned(group))
            && (!is(&uri, "top_level_only", false) || world.parent_of(&group.full_path).is_none())
    };
    let rows = world.groups_json(world.groups.values().filter(asked), &app.url, caller.user);
    Ok(page(rows, &uri, app.context(&world), Some))
}

/// The group's own projects; with `include_subgroups` those below as well; `with_shared` (on by default) adds the
/// projects elsewhere that invited it.
async fn projects(
    State(app): State<Arc<App>>,
    caller: Caller,
    Path(id): Path<String>,
    OriginalUri(uri): OriginalUri,
) -> Answer {
    let world = app.world();
    let group = world.visible_group(&id, caller.user)?;
    let is_own = |project: &&Project| {
        is(&uri, "include_subgroups", false)
            || world.parent_of(&project.path_with_namespace).is_some_and(|parent| parent.id == group.id)
    };
    let own = world.projects_below(group.id).filter(is_own);
    let shared = world.projects_shared_with(group.id).filter(|_| is(&uri, "with_shared", true));
    let visible = own.chain(shared).filter(|project| world.can_see(caller.user, project));
    let mut visible: Vec<&Project> = visible.collect();
    if param(&uri, "order_by").as_deref() == Some("id") {
        visible.sort_by_key(|project| project.id);
    }
    let rows =
        visible.into_iter().map(|project| world.project_json(project, &app.url, caller.user)).collect();
    Ok(page(rows, &uri, app.context(&world), Some))
}

fn is(uri: &Uri, name: &str, default: bool) -> bool {
    param(uri, name).map_or(default, |value| value == "true")
}

async fn subgroups(
    State(app): State<Arc<App>>,
    caller: Caller,
    Path(id): Path<String>,
    OriginalUri(uri): OriginalUri,
) -> Answer {
    let world = app.world();
    let above = world.visible_group(&id, caller.user)?;
    let below =
        |group: &&Group| world.parent_of(&group.full_path).is_some_and(|parent| parent.id == above.id);
    let rows = world.groups_json(world.groups.values().filter(below), &app.url, caller.user);
    Ok(page(rows, &uri, app.context(&world), Some))
}

async fn descendants(
    State(app): State<Arc<App>>,
    caller: Caller,
    Path(id): Path<String>,
    OriginalUri(uri): OriginalUri,
) -> Answer {
    let world = app.world();
    let prefix = format!("{}/", world.visible_group(&id, caller.user)?.full_path);
    let below = world.groups.values().filter(|group| group.full_path.starts_with(&prefix));
    let rows = world.groups_json(below, &app.url, caller.user);
    Ok(page(rows, &uri, app.context(&world), Some))
}

async fn invited(
    State(app): State<Arc<App>>,
    caller: Caller,
    Path(id): Path<String>,
    OriginalUri(uri): OriginalUri,
) -> Answer {
    let world = app.world();
    let group = world.visible_group(&id, caller.user)?;
    let groups = world.links_of(Place::Group(group.id)).filter_map(|link| world.groups.get(&link.group));
    let rows = world.groups_json(groups, &app.url, caller.user);
    Ok(page(rows, &uri, app.context(&world), Some))
}

/// The groups that invited this one; since GitLab 17.
async fn inviters(
    State(app): State<Arc<App>>,
    caller: Caller,
    Path(id): Path<String>,
    OriginalUri(uri): OriginalUri,
) -> Answer {
    let world = app.world();
    let group = world.visible_group(&id, caller.user)?;
    let links = world.links.iter().filter(|link| link.group == group.id);
    let groups = links.filter_map(|link| match link.place {
        Place::Group(id) => world.groups.get(&id),
        Place::Project(_) => None,
    });
    let rows = world.groups_json(groups, &app.url, caller.user);
    Ok(page(rows, &uri, app.context(&world), Some))
}
