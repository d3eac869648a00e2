//! `GET /projects` and `GET /projects/{id}`: how far each project is.

use std::time::Duration;

use axum::{
    Json,
    extract::{
        Path, Query, State,
        rejection::{PathRejection, QueryRejection},
    },
};
use futures::{StreamExt, TryStreamExt};
use jiff::Timestamp;
use proto::{Pause, ProjectId, TaskId};
use runtime::jetstream::{KvError, projects::Projects};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    caller::extract::Viewer,
    control::PauseBody,
    paging::{Limit, Page},
    problem::Problem,
    state::Gateway,
    tasks::project_id,
};

/// Projects read at a time for one page.
const READS: usize = 16;

/// Which projects are listed.
#[derive(Debug, Default, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct Filter {
    /// Only projects that are paused by themselves, or only those that are not.
    paused: Option<bool>,
    /// How many at most: 1 to 100, 50 if left out.
    #[param(minimum = 1, maximum = 100)]
    limit: Option<usize>,
    /// Go on after this project: `next` of the page before.
    #[param(value_type = Option<u64>)]
    after: Option<ProjectId>,
}

/// One page of projects.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "Projects")]
pub(crate) struct ProjectsBody {
    /// Who paused everything, and why; null when nobody did.
    paused: Option<PauseBody>,
    /// The projects, by id.
    items: Vec<ProjectBody>,
    /// What to give as `after` for the next page; null on the last one.
    next: Option<ProjectId>,
}

/// How far a project is.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "Project")]
pub(crate) struct ProjectBody {
    /// GitLab's id of the project.
    id: ProjectId,
    /// Who paused it, and why; null when it is not paused by itself.
    paused: Option<PauseBody>,
    /// The newest task that was accepted.
    newest: Option<Reached>,
    /// The newest task that was begun.
    started: Option<Reached>,
    /// The newest task whose plan was written to SonarQube.
    applied: Option<Reached>,
}

/// A task, and when it came so far.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Reached {
    /// The task.
    task: TaskId,
    /// When.
    at: Timestamp,
}

/// Lists the projects that ever had a task
#[utoipa::path(
    get, path = "/projects", operation_id = "list_projects", tag = "projects", params(Filter), security(("person" = [])),
    responses((status = 200, description = "The projects", body = ref("#/components/schemas/Projects"))),
)]
pub(crate) async fn list(
    State(gateway): State<Gateway>,
    _: Viewer,
    filter: Result<Query<Filter>, QueryRejection>,
) -> Result<Json<ProjectsBody>, Problem> {
    let Query(filter) = filter.map_err(|rejection| Problem::bad_request(rejection.body_text()))?;
    let limit = Limit::of(filter.limit)?;
    page(&gateway.jetstream.projects, &filter, limit).await.map(Json).map_err(|error| unread(&error))
}

async fn page(projects: &Projects, filter: &Filter, limit: Limit) -> Result<ProjectsBody, KvError> {
    let paused = projects.paused().await?;
    let known = projects.known().await?;
    let wanted = known.into_iter().filter(|id| {
        filter.after.is_none_or(|after| *id > after)
            && filter.paused.is_none_or(|wanted| paused.contains_key(id) == wanted)
    });
    let Page { items, next } = limit.page(wanted);
    let reads = items.into_iter().map(|id| read(projects, id, paused.get(&id).cloned()));
    let items = futures::stream::iter(reads).buffered(READS).try_collect().await?;
    let everything = projects.control(None).await?;
    Ok(ProjectsBody { paused: everything.pause.map(PauseBody::from), items, next })
}

/// Tells how far one project is
#[utoipa::path(
    get, path = "/projects/{id}", operation_id = "show_project", tag = "projects",
    params(("id" = u64, Path, minimum = 1, description = "GitLab's id of the project")),
    security(("person" = [])),
    responses(
        (status = 200, description = "The project", body = ref("#/components/schemas/Project")),
        (status = 404, description = "It never had a task"),
    ),
)]
pub(crate) async fn show(
    State(gateway): State<Gateway>,
    _: Viewer,
    id: Result<Path<u64>, PathRejection>,
) -> Result<Json<ProjectBody>, Problem> {
    let id = project_id(id)?;
    let projects = &gateway.jetstream.projects;
    let control = projects.control(Some(id)).await.map_err(|error| unread(&error))?;
    let body = read(projects, id, control.pause).await.map_err(|error| unread(&error))?;
    if body.is_known() {
        Ok(Json(body))
    } else {
        Err(Problem::not_found(format!("project {id} never had a task")))
    }
}

async fn read(projects: &Projects, id: ProjectId, pause: Option<Pause>) -> Result<ProjectBody, KvError> {
    let (newest, started, applied) =
        tokio::try_join!(projects.newest(id), projects.started(id), projects.applied(id))?;
    Ok(ProjectBody {
        id,
        paused: pause.map(PauseBody::from),
        newest: newest.value.map(|newest| Reached { task: newest.task.id, at: newest.at }),
        started: started.map(|started| Reached { task: started.task, at: started.at }),
        applied: applied.map(|applied| Reached { task: applied.task, at: applied.at }),
    })
}

impl ProjectBody {
    const fn is_known(&self) -> bool {
        self.newest.is_some() || self.started.is_some() || self.applied.is_some() || self.paused.is_some()
    }
}

fn unread(error: &KvError) -> Problem {
    tracing::warn!(%error, "projects not read");
    Problem::unavailable("the state of the projects cannot be read", Duration::from_secs(5))
}
