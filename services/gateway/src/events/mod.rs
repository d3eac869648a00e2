//! `GET /events`: what happens, as it happens (server-sent events).
//!
//! Two streams make one: the audit, and the changes of tasks' records. An event's id names a place in both, so that
//! `Last-Event-ID` resumes behind it, also at another gateway. Of a task that changed several times in between only
//! the last change is told; of the audit nothing is left out while it is kept.

mod cursor;
mod kind;

use std::{convert::Infallible, time::Duration};

use axum::{
    extract::{Query, State, rejection::QueryRejection},
    http::HeaderMap,
    response::{
        IntoResponse, Response,
        sse::{Event as Told, KeepAlive, Sse},
    },
};
use futures::{Stream, StreamExt, future, stream};
use proto::{Event, ProjectId};
use runtime::jetstream::{BindError, Followed, records::RecordChange};
use serde::Deserialize;

use self::{cursor::Cursor, kind::Kinds};
use crate::{caller::extract::Viewer, guard::shed::Slot, problem::Problem, state::Gateway, tasks::TaskBody};

/// How often a silent stream says that it is alive: proxies in between give up after a minute.
const HEARTBEAT: Duration = Duration::from_secs(15);

/// Which events are told.
#[derive(Debug, Default, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct Filter {
    /// Only events about this GitLab project.
    project: Option<u64>,
    /// Only events of these kinds, separated by commas: task, ended, grant, revoke, visibility, control.
    kind: Option<String>,
}

/// Tells what happens, as it happens
///
/// `event: task` has the task as `GET /task/{id}` shows it, each time it changes. The other kinds are the audit:
/// `ended`, `grant`, `revoke`, `visibility` and `control`. `event: gap` says that something of the audit was
/// lost since `Last-Event-ID`, because it is kept no longer. Tasks that have expired since are not told.
#[utoipa::path(
    get, path = "/events", operation_id = "follow_events", tag = "events",
    params(Filter, ("Last-Event-ID" = Option<String>, Header, description = "Go on behind this event")),
    security(("person" = [])),
    responses((status = 200, description = "The events, until the caller or the gateway goes away", body = String, content_type = "text/event-stream")),
)]
pub(crate) async fn follow(
    State(gateway): State<Gateway>,
    Viewer(person): Viewer,
    filter: Result<Query<Filter>, QueryRejection>,
    headers: HeaderMap,
    slot: Slot,
) -> Result<Response, Problem> {
    let Query(filter) = filter.map_err(|rejection| Problem::bad_request(rejection.body_text()))?;
    let kinds = Kinds::parse(filter.kind.as_deref())?;
    let project = filter.project.map(ProjectId);
    let asked = headers.get("last-event-id").map(Cursor::parse).transpose()?;
    let watching = gateway.watchers.try_enter(&slot)?;
    let events = open(&gateway, kinds, project, asked).await.map_err(|error| {
        tracing::warn!(%error, "events not followed");
        Problem::unavailable("the events cannot be followed now", Duration::from_secs(5))
    })?;
    tracing::info!(by = person.name, "events are followed");
    let life = gateway.life.clone();
    let events = events.take_until(async move { life.stopping().await }).map(move |event| {
        // The place is free again when the caller goes away.
        let _ = &watching;
        event
    });
    Ok(Sse::new(events).keep_alive(KeepAlive::new().interval(HEARTBEAT)).into_response())
}

/// One of the two streams' next entry.
enum Next {
    Audit(Box<Followed<Event>>),
    Record(Box<Followed<RecordChange>>),
}

async fn open(
    gateway: &Gateway,
    kinds: Kinds,
    project: Option<ProjectId>,
    asked: Option<Cursor>,
) -> Result<impl Stream<Item = Result<Told, Infallible>> + Send + use<>, BindError> {
    let jetstream = &gateway.jetstream;
    let kept = (jetstream.kept_events().await?, jetstream.records.kept().await?);
    let (start, gap) = Cursor::start(asked, &kept.0, &kept.1);
    let audit = match kinds.audit() {
        [] => stream::empty().boxed(),
        kinds => {
            let events = jetstream.follow_events(kinds, project, start.event + 1).await?;
            events.map(|event| event.map(|event| Next::Audit(Box::new(event)))).boxed()
        }
    };
    let records = if kinds.has_tasks() {
        let changes = jetstream.records.watch_from(start.record + 1).await?;
        changes.map(|change| change.map(|change| Next::Record(Box::new(change)))).boxed()
    } else {
        stream::empty().boxed()
    };
    // A stream that is lost ends the answer: the caller comes back with the last id.
    let both = stream::select(audit, records).take_while(|next| future::ready(next.is_ok()));
    let told = both
        .scan(start, move |cursor, next| future::ready(next.ok().map(|next| tell(cursor, next, project))));
    let gap = (gap && !kinds.audit().is_empty())
        .then(|| Told::default().event("gap").id(start.to_string()).data("{}"));
    Ok(stream::iter(gap).chain(told.filter_map(future::ready)).map(Ok))
}

/// The event as it is sent; nothing for one that the caller did not ask for.
fn tell(cursor: &mut Cursor, next: Next, project: Option<ProjectId>) -> Option<Told> {
    match next {
        Next::Audit(followed) => {
            cursor.event = followed.sequence;
            let event = followed.item;
            Told::default().event(event.kind()).id(cursor.to_string()).json_data(event).ok()
        }
        Next::Record(followed) => {
            cursor.record = followed.sequence;
            let record = followed.item.record?;
            let wanted = project.is_none_or(|project| record.project == project);
            let body = wanted.then(|| TaskBody::new(record, followed.sequence))?;
            Told::default().event("task").id(cursor.to_string()).json_data(body).ok()
        }
    }
}
