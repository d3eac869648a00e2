//! Deliveries on demand: tests of a hook, and what was sent before, to look at and to send again.
//!
//! System hooks have a test of their own, whose project does not exist, and no history.

use std::sync::Arc;

use axum::extract::{OriginalUri, Path, State};
use axum::response::IntoResponse;
use axum::routing::{get, post};
use axum::{Json, Router};
use http::{StatusCode, Uri};
use serde_json::{Value, json};
use uuid::Uuid;

use super::app::{Answer, App, Refusal};
use super::auth::Caller;
use super::hook_api::Target;
use super::hooks::{Hook, HookOwner, Parcel};
use super::member_read::Kind;
use super::page::{page, param};
use super::samples::{Sample, samples};
use super::world::World;

/// The events that a test can be asked for; none about members, deployments or vulnerabilities.
const TRIGGERS: &[&str] = &[
    "push_events",
    "tag_push_events",
    "issues_events",
    "confidential_issues_events",
    "note_events",
    "merge_requests_events",
    "job_events",
    "pipeline_events",
    "wiki_page_events",
    "releases_events",
    "milestone_events",
    "emoji_events",
    "resource_access_token_events",
];

type Shared = State<Arc<App>>;

pub(super) fn routes() -> Router<Arc<App>> {
    let places = [(Kind::Group, "/groups/{id}/hooks/{hook}"), (Kind::Project, "/projects/{id}/hooks/{hook}")];
    let router = Router::new().route("/hooks/{hook}", post(test_system));
    places.into_iter().fold(router, |router, (kind, path)| router.merge(place_routes(kind, path)))
}

fn place_routes(kind: Kind, path: &str) -> Router<Arc<App>> {
    let tested = async move |State(app): Shared,
                             caller: Caller,
                             Path((id, hook, trigger)): Path<(String, u64, String)>| {
        test(&app, &caller, Some((kind, &id)), hook, &trigger).await
    };
    let listed =
        async move |State(app): Shared,
                    caller: Caller,
                    Path((id, hook)): Path<(String, u64)>,
                    uri: OriginalUri| { history(&app, &caller, Some((kind, &id)), hook, &uri) };
    let resent =
        async move |State(app): Shared, caller: Caller, Path((id, hook, event)): Path<(String, u64, u64)>| {
            resend(&app, &caller, Some((kind, &id)), hook, event).await
        };
    Router::new()
        .route(&format!("{path}/test/{{trigger}}"), post(tested))
        .route(&format!("{path}/events"), get(listed))
        .route(&format!("{path}/events/{{event}}/resend"), post(resent))
}

/// The answer shows what was sent. There need be no project 1.
async fn test_system(State(app): Shared, caller: Caller, Path(hook): Path<u64>) -> Answer {
    let body = json!({
        "event_name": "project_create", "name": "Ruby", "path": "ruby", "project_id": 1, "owner_name": "Someone",
        "owner_email": "example@gitlabhq.com",
    });
    let parcel = {
        let mut world = app.world();
        let hook = world.hook_of(world.hook_owner(None, &caller)?, hook)?.clone();
        world.parcel(hook, "System Hook", &body, Uuid::now_v7())
    };
    app.deliver(parcel).await;
    Ok((StatusCode::CREATED, Json(body)).into_response())
}

async fn test(app: &App, caller: &Caller, target: Target<'_>, hook: u64, trigger: &str) -> Answer {
    let parcel = test_parcel(&mut app.world(), caller, target, hook, trigger)?;
    let attempt = app.deliver(parcel).await;
    if attempt.is_success() {
        return Ok((StatusCode::CREATED, Json(json!({ "message": "201 Created" }))).into_response());
    }
    let message = attempt.error.unwrap_or(attempt.response_body);
    Err(Refusal::with(422, json!({ "message": message })))
}

fn test_parcel(
    world: &mut World,
    caller: &Caller,
    target: Target<'_>,
    hook: u64,
    trigger: &str,
) -> Result<Parcel, Refusal> {
    let hook = world.hook_of(world.hook_owner(target, caller)?, hook)?.clone();
    if !TRIGGERS.contains(&trigger) {
        return Err(Refusal::invalid("trigger does not have a valid value"));
    }
    world.hooks.allow_test(caller.user)?;
    let empty = || Refusal::with(422, json!({ "message": "Ensure the project has at least one commit." }));
    let sample = world.sample_for(&hook, caller.user, trigger).ok_or_else(empty)?;
    Ok(world.parcel(hook, sample.header, &sample.body, Uuid::now_v7()))
}

impl World {
    /// About the hook's project, or any below its group.
    fn sample_for(&self, hook: &Hook, user: u64, trigger: &str) -> Option<Sample> {
        let project = match hook.owner {
            HookOwner::Instance => None,
            HookOwner::Project(project) => Some(project),
            HookOwner::Group(group) => self.projects_below(group).map(|project| project.id).next(),
        };
        let fits = |sample: &Sample| sample.event == Some(trigger) && sample.header != "System Hook";
        samples(self, project?, user).into_iter().find(fits)
    }
}

/// The newest first; with `status` only those that ended so.
fn history(app: &App, caller: &Caller, target: Target<'_>, hook: u64, uri: &Uri) -> Answer {
    let world = app.world();
    let hook = world.hook_of(world.hook_owner(target, caller)?, hook)?.id;
    let status = param(uri, "status");
    let asked = |delivery: &super::Delivery| {
        delivery.hook == hook && status.as_ref().is_none_or(|status| delivery.has_status(status))
    };
    let deliveries = app.courier.deliveries();
    let rows: Vec<Value> =
        deliveries.iter().rev().filter(|delivery| asked(delivery)).filter_map(super::Delivery::row).collect();
    Ok(page(rows, uri, app.context(&world), Some))
}

async fn resend(app: &App, caller: &Caller, target: Target<'_>, hook: u64, event: u64) -> Answer {
    let hook = {
        let world = app.world();
        let hook = world.hook_of(world.hook_owner(target, caller)?, hook)?.id;
        world.hooks.allow_resend(caller.user)?;
        hook
    };
    let attempt = app.resend(hook, event).await.ok_or_else(|| Refusal::not_found(""))?;
    let status = attempt.status.map_or_else(|| Value::from("internal error"), Value::from);
    Ok((StatusCode::CREATED, Json(json!({ "response_status": status }))).into_response())
}
