//! `GET /directory/…`: which group owns a project, where it lies and lay, and what lies below a group. Answered from
//! memory.

use std::{sync::Arc, time::Duration};

use axum::{
    Json,
    extract::{
        Path, Query, State,
        rejection::{PathRejection, QueryRejection},
    },
};
use proto::{DirectoryProject, FoundProject, ProjectId, ProjectsBelow};
use runtime::jetstream::directory::Lookup;
use serde::Deserialize;

use crate::{
    caller::extract::Viewer,
    paging::{Limit, Page},
    problem::Problem,
    state::Gateway,
};

/// How long the directory may take to be in memory after the start.
const PATIENCE: Duration = Duration::from_secs(3);

/// Tells which group owns a project, and where it lies and lay
///
/// A path that the project had before leads to it, too, unless another project has it now; `found_by` tells. What is
/// told is what GitLab said last; `presence` tells whether it still shows the project.
#[utoipa::path(
    get, path = "/directory/projects/{id}", operation_id = "find_project", tag = "directory",
    params(("id" = String, Path, description = "GitLab's id of the project, or its path with namespace, with %2F for each slash")),
    security(("person" = [])),
    responses(
        (status = 200, description = "The project", body = ref("#/components/schemas/FoundProject")),
        (status = 404, description = "Nothing is known of it"),
    ),
)]
pub(crate) async fn project(
    State(gateway): State<Gateway>,
    _: Viewer,
    name: Result<Path<String>, PathRejection>,
) -> Result<Json<FoundProject>, Problem> {
    let name = named(name)?;
    let found = look(&gateway, |known| {
        let (project, found_by) = known.find_project(&name)?;
        let group_path = project.group.and_then(|group| Some(known.group(group)?.path.clone()));
        Some(FoundProject { project: project.clone(), group_path, found_by })
    });
    found.await?.map(Json).ok_or_else(|| Problem::not_found(format!("nothing is known of a project {name}")))
}

/// Which projects of a group.
#[derive(Debug, Default, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct Filter {
    /// Also the projects of the groups below it; left out, only those that lie in this very group.
    below: Option<bool>,
    /// How many at most: 1 to 100, 50 if left out.
    #[param(minimum = 1, maximum = 100)]
    limit: Option<usize>,
    /// Go on after this project: `next` of the page before.
    #[param(value_type = Option<u64>)]
    after: Option<ProjectId>,
}

/// Lists the projects of a group
///
/// Also those that GitLab does not show any more; `presence` tells.
#[utoipa::path(
    get, path = "/directory/groups/{id}/projects", operation_id = "list_projects_of_group", tag = "directory",
    params(
        ("id" = String, Path, description = "GitLab's id of the group, or its full path, with %2F for each slash"), Filter,
    ),
    security(("person" = [])),
    responses(
        (status = 200, description = "The projects, by id", body = ref("#/components/schemas/ProjectsBelow")),
        (status = 404, description = "Nothing is known of the group"),
    ),
)]
pub(crate) async fn projects(
    State(gateway): State<Gateway>,
    _: Viewer,
    name: Result<Path<String>, PathRejection>,
    filter: Result<Query<Filter>, QueryRejection>,
) -> Result<Json<ProjectsBelow>, Problem> {
    let Query(filter) = filter.map_err(|rejection| Problem::bad_request(rejection.body_text()))?;
    let (name, limit) = (named(name)?, Limit::of(filter.limit)?);
    let found = look(&gateway, |known| {
        let (group, found_by) = known.find_group(&name)?;
        let Page { items, next } = if filter.below.unwrap_or_default() {
            limit.page(known.projects_below(group.id, filter.after).into_iter())
        } else {
            limit.page(known.projects_in(group.id, filter.after))
        };
        let (items, next) =
            (items.into_iter().cloned().collect(), next.map(|last: &DirectoryProject| last.id));
        Some(ProjectsBelow { group: group.clone(), found_by, items, next })
    });
    found.await?.map(Json).ok_or_else(|| Problem::not_found(format!("nothing is known of a group {name}")))
}

/// Looks something up in memory.
pub(crate) async fn look<T>(
    gateway: &Gateway,
    find: impl FnOnce(&Lookup) -> Option<T>,
) -> Result<Option<T>, Problem> {
    let known = Arc::clone(&gateway.directory);
    known
        .read_within(PATIENCE, find)
        .await
        .ok_or_else(|| Problem::unavailable("the directory is not in memory yet", Duration::from_secs(5)))
}

fn named(path: Result<Path<String>, PathRejection>) -> Result<String, Problem> {
    let Path(name) = path.map_err(|rejection| Problem::bad_request(rejection.body_text()))?;
    Ok(name)
}
