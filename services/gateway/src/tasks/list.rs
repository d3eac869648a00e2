//! `GET /tasks`: the tasks that are kept, counted and listed.

use std::{collections::BTreeMap, time::Duration};

use axum::{
    Json,
    extract::{Query, State, rejection::QueryRejection},
};
use futures::{StreamExt, TryStreamExt};
use jiff::Timestamp;
use proto::{ProjectId, TaskId, TaskState};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::TaskBody;
use crate::{
    board::Row,
    caller::extract::Viewer,
    paging::{Limit, Page},
    problem::Problem,
    state::Gateway,
};

/// The most ids of queued tasks in one answer.
const QUEUED: usize = 1000;
/// Records read at a time for one page.
const READS: usize = 16;

/// Which tasks are listed.
#[derive(Debug, Default, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct Filter {
    /// Only tasks in this state.
    #[param(value_type = Option<String>, pattern = "^(queued|started|deferred|finished|failed|canceled)$")]
    state: Option<TaskState>,
    /// Only tasks of this GitLab project.
    project: Option<u64>,
    /// Only tasks with this kind of cause.
    #[param(inline)]
    cause: Option<CauseKind>,
    /// Only tasks that were accepted at this time or later: RFC 3339, such as 2026-11-22T10:00:00Z.
    #[param(value_type = Option<String>, format = DateTime)]
    since: Option<Timestamp>,
    /// How many at most: 1 to 100, 50 if left out.
    #[param(minimum = 1, maximum = 100)]
    limit: Option<usize>,
    /// Go on after this task: `next` of the page before.
    #[param(value_type = Option<uuid::Uuid>)]
    after: Option<TaskId>,
}

/// The kinds of cause by which tasks can be told apart.
#[derive(Debug, Clone, Copy, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
enum CauseKind {
    Job,
    Manual,
    Group,
    Hook,
    User,
    Ended,
    Reconcile,
    SignedIn,
    Appeared,
    Approved,
    Restore,
    Heal,
}

impl CauseKind {
    const fn key(self) -> &'static str {
        match self {
            Self::Job => "job",
            Self::Manual => "manual",
            Self::Group => "group",
            Self::Hook => "hook",
            Self::User => "user",
            Self::Ended => "ended",
            Self::Reconcile => "reconcile",
            Self::SignedIn => "signed_in",
            Self::Appeared => "appeared",
            Self::Approved => "approved",
            Self::Restore => "restore",
            Self::Heal => "heal",
        }
    }
}

impl Filter {
    fn lets_pass(&self, row: &Row) -> bool {
        self.state.is_none_or(|state| row.state == state)
            && self.project.is_none_or(|project| row.project == ProjectId(project))
            && self.cause.is_none_or(|cause| row.cause == cause.key())
            && self.since.is_none_or(|since| row.queued >= since)
    }
}

/// All tasks that are kept: the older tool's counters and its list of queued tasks, and one page of those asked for.
#[derive(Debug, Default, Serialize, JsonSchema)]
#[schemars(rename = "Tasks")]
pub(crate) struct TasksBody {
    /// The queued tasks, the oldest first; 1,000 at most.
    tasks: Vec<TaskId>,
    /// Accepted, nobody has begun.
    queued_tasks: usize,
    /// Being worked on.
    started_tasks: usize,
    /// Will be tried again.
    deferred_tasks: usize,
    /// Ended.
    finished_tasks: usize,
    /// Ended without success.
    failed_tasks: usize,
    /// Canceled by a person.
    canceled_tasks: usize,
    /// Put off to a set time; there are none of that kind here, and clients of the older tool read the field.
    scheduled_tasks: usize,
    /// One page of the tasks that were asked for, the newest first.
    items: Vec<TaskBody>,
    /// What to give as `after` for the next page; null on the last one.
    next: Option<TaskId>,
}

impl TasksBody {
    fn count(rows: &BTreeMap<TaskId, Row>) -> Self {
        let mut body = Self::default();
        for (id, row) in rows {
            *body.counter(row.state) += 1;
            if row.state == TaskState::Queued && body.tasks.len() < QUEUED {
                body.tasks.push(*id);
            }
        }
        body
    }

    const fn counter(&mut self, state: TaskState) -> &mut usize {
        match state {
            TaskState::Queued => &mut self.queued_tasks,
            TaskState::Started => &mut self.started_tasks,
            TaskState::Deferred => &mut self.deferred_tasks,
            TaskState::Finished => &mut self.finished_tasks,
            TaskState::Failed => &mut self.failed_tasks,
            TaskState::Canceled => &mut self.canceled_tasks,
        }
    }
}

/// Counts the tasks that are kept and lists those that are asked for
///
/// Pages are stable: a task that is accepted meanwhile shifts nothing.
#[utoipa::path(
    get, path = "/tasks", operation_id = "list_tasks", tag = "tasks", params(Filter), security(("person" = [])),
    responses((status = 200, description = "The tasks", body = ref("#/components/schemas/Tasks"))),
)]
pub(crate) async fn list(
    State(gateway): State<Gateway>,
    _: Viewer,
    filter: Result<Query<Filter>, QueryRejection>,
) -> Result<Json<TasksBody>, Problem> {
    let Query(filter) = filter.map_err(|rejection| Problem::bad_request(rejection.body_text()))?;
    let limit = Limit::of(filter.limit)?;
    let looked = gateway.board.read(|rows| {
        // Ids sort by the time of acceptance.
        let older = rows.iter().rev().filter(|(id, _)| filter.after.is_none_or(|after| **id < after));
        let wanted = older.filter(|(_, row)| filter.lets_pass(row)).map(|(id, _)| *id);
        (TasksBody::count(rows), limit.page(wanted))
    });
    let (body, Page { items: ids, next }) = looked.ok_or_else(|| {
        Problem::unavailable("the list of tasks is being read; ask again", Duration::from_secs(1))
    })?;
    let mut items = read(&gateway, ids).await?;
    // A task may have gone on since its row was written.
    items.retain(|item| filter.state.is_none_or(|state| item.is_in(state)));
    Ok(Json(TasksBody { items, next, ..body }))
}

/// A record that expired since is left out.
async fn read(gateway: &Gateway, ids: Vec<TaskId>) -> Result<Vec<TaskBody>, Problem> {
    let records = ids.into_iter().map(|id| gateway.jetstream.records.get_revised(id));
    let found = futures::stream::iter(records).buffered(READS).try_collect::<Vec<_>>().await;
    let found = found.map_err(|error| {
        tracing::warn!(%error, "records not read");
        Problem::unavailable("the records of the tasks cannot be read", Duration::from_secs(5))
    })?;
    Ok(found.into_iter().flatten().map(|(record, revision)| TaskBody::new(record, revision)).collect())
}
