//! `GET /projects` and `GET /projects/{id}`: how far each project is.

mod read;

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use axum::{
    Json,
    extract::{
        Path, Query, State,
        rejection::{PathRejection, QueryRejection},
    },
};
use futures::{StreamExt, TryStreamExt};
use proto::{
    ProjectId,
    status::{ProjectStatus, ProjectsPage},
};
use runtime::jetstream::{
    KvError,
    projects::{ProjectRow, Projects},
};
use serde::Deserialize;

use self::read::{is_known, read, read_in_brief};

use crate::{
    caller::extract::Viewer,
    paging::{Limit, Page},
    problem::Problem,
    state::Gateway,
    tasks::project_id,
};

/// Projects read at a time for one page.
const READS: usize = 16;
/// How long they may take to be in memory after the start.
const PATIENCE: Duration = Duration::from_secs(3);

/// Which projects are listed.
#[derive(Debug, Default, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct Filter {
    /// Only projects that are paused by themselves, or only those that are not.
    paused: Option<bool>,
    /// Only projects with a plan that waits for a person's approval, or only those without one.
    held: Option<bool>,
    /// Only projects of which a sync has succeeded at least once, or only those of which none ever has.
    synced: Option<bool>,
    /// Only projects that SonarQube has, as far as it is known, or only the others.
    in_sonarqube: Option<bool>,
    /// How many at most: 1 to 100, 50 if left out.
    #[param(minimum = 1, maximum = 100)]
    limit: Option<usize>,
    /// Go on after this project: `next` of the page before.
    #[param(value_type = Option<u64>)]
    after: Option<ProjectId>,
}

/// Lists the projects that ever had a task, or that SonarQube has
#[utoipa::path(
    get, path = "/projects", operation_id = "list_projects", tag = "projects", params(Filter), security(("person" = [])),
    responses((status = 200, description = "The projects", body = ref("#/components/schemas/Projects"))),
)]
pub(crate) async fn list(
    State(gateway): State<Gateway>,
    _: Viewer,
    filter: Result<Query<Filter>, QueryRejection>,
) -> Result<Json<ProjectsPage>, Problem> {
    let Query(filter) = filter.map_err(|rejection| Problem::bad_request(rejection.body_text()))?;
    let limit = Limit::of(filter.limit)?;
    let rows = rows(&gateway).await?;
    page(&gateway, &filter, limit, &rows).await.map(Json).map_err(|error| unread(&error))
}

async fn page(
    gateway: &Gateway,
    filter: &Filter,
    limit: Limit,
    rows: &BTreeMap<ProjectId, Row>,
) -> Result<ProjectsPage, KvError> {
    let projects = &gateway.jetstream.projects;
    let paused = projects.paused().await?;
    let held = match filter.held {
        Some(_) => held(projects).await?,
        None => BTreeSet::new(),
    };
    let known = projects.known().await?;
    let row = |id: &ProjectId| rows.get(id).copied().unwrap_or_default();
    let listed: BTreeSet<ProjectId> = known.into_iter().chain(rows.keys().copied()).collect();
    let wanted = listed.into_iter().filter(|id| {
        filter.after.is_none_or(|after| *id > after)
            && filter.synced.is_none_or(|wanted| row(id).synced == wanted)
            && filter.in_sonarqube.is_none_or(|wanted| row(id).in_sonarqube == wanted)
            && filter.paused.is_none_or(|wanted| paused.contains_key(id) == wanted)
            && filter.held.is_none_or(|wanted| held.contains(id) == wanted)
    });
    let Page { items, next } = limit.page(wanted);
    let reads =
        items.into_iter().map(|id| read_in_brief(projects, &gateway.clock, id, paused.get(&id).cloned()));
    let items = futures::stream::iter(reads).buffered(READS).try_collect().await?;
    let everything = projects.control(None).await?;
    Ok(ProjectsPage { paused: everything.pause, items, next })
}

/// What a list needs to know of each project to choose.
#[derive(Debug, Clone, Copy, Default)]
struct Row {
    synced: bool,
    in_sonarqube: bool,
}

/// What is in memory of all projects that had a task, or that SonarQube has.
async fn rows(gateway: &Gateway) -> Result<BTreeMap<ProjectId, Row>, Problem> {
    let known = gateway.project_board.read_within(PATIENCE, |board| {
        let known = board.rows().iter().filter(|(_, row)| **row != ProjectRow::default());
        known
            .map(|(id, row)| (*id, Row { synced: row.applied.is_some(), in_sonarqube: row.in_sonarqube }))
            .collect()
    });
    known
        .await
        .ok_or_else(|| Problem::unavailable("the projects are not in memory yet", Duration::from_secs(5)))
}

/// The projects with a plan that nobody has decided about.
pub(crate) async fn held(projects: &Projects) -> Result<BTreeSet<ProjectId>, KvError> {
    let looks = projects.held().await?.into_iter().map(|id| async move {
        let open = projects.open_hold(id).await?;
        Ok(open.map(|_| id))
    });
    let found: Vec<Option<ProjectId>> = futures::stream::iter(looks).buffered(READS).try_collect().await?;
    Ok(found.into_iter().flatten().collect())
}

/// Tells how far one project is
#[utoipa::path(
    get, path = "/projects/{id}", operation_id = "show_project", tag = "projects",
    params(("id" = u64, Path, minimum = 1, description = "GitLab's id of the project")),
    security(("person" = [])),
    responses(
        (status = 200, description = "The project", body = ref("#/components/schemas/Project")),
        (status = 404, description = "It never had a task, and SonarQube does not have it"),
    ),
)]
pub(crate) async fn show(
    State(gateway): State<Gateway>,
    _: Viewer,
    id: Result<Path<u64>, PathRejection>,
) -> Result<Json<ProjectStatus>, Problem> {
    let id = project_id(id)?;
    let projects = &gateway.jetstream.projects;
    let control = projects.control(Some(id)).await.map_err(|error| unread(&error))?;
    let status = read(projects, &gateway.clock, id, control.pause).await.map_err(|error| unread(&error))?;
    let in_sonarqube = gateway.jetstream.catalog.entry(id);
    if is_known(&status) || in_sonarqube.await.map_err(|error| unread(&error))?.is_some() {
        Ok(Json(status))
    } else {
        Err(Problem::not_found(format!("project {id} never had a task")))
    }
}

pub(crate) fn unread(error: &KvError) -> Problem {
    tracing::warn!(%error, "projects not read");
    Problem::unavailable("the state of the projects cannot be read", Duration::from_secs(5))
}
