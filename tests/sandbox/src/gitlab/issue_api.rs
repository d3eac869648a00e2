//! Making, looking for, changing and commenting on issues. It takes the role Reporter to label and to edit the issues of
//! others; Guest and up may make one.

use std::sync::Arc;

use axum::extract::{OriginalUri, Path, State};
use axum::response::IntoResponse;
use axum::routing::{get, post, put};
use axum::{Json, Router};
use bytes::Bytes;
use http::{StatusCode, Uri};
use serde_json::json;

use super::app::{Answer, App, Refusal};
use super::auth::Caller;
use super::fields::{Fields, fields};
use super::issue::Issue;
use super::model::level;
use super::page::{page, param};
use super::world::World;

pub(super) fn routes() -> Router<Arc<App>> {
    Router::new()
        .route("/projects/{id}/issues", get(list).post(create))
        .route("/projects/{id}/issues/{iid}", put(edit))
        .route("/projects/{id}/issues/{iid}/notes", post(note))
}

/// By state, and by words in the title or the description: all of them must be there, whatever their case.
async fn list(
    State(app): State<Arc<App>>,
    caller: Caller,
    Path(id): Path<String>,
    OriginalUri(uri): OriginalUri,
) -> Answer {
    let world = app.world();
    let project = world.visible_project(&id, caller.user)?.id;
    let asked = |name: &str| param(&uri, name).unwrap_or_default();
    let own = asked("scope") == "created_by_me";
    let (state, words, within) = (asked("state"), asked("search").to_lowercase(), asked("in"));
    let fits = |issue: &&Issue| {
        let in_state = match state.as_str() {
            "opened" => issue.open,
            "closed" => !issue.open,
            _ => true,
        };
        let title = if within == "description" { "" } else { issue.title.as_str() };
        let text = format!("{title}\n{}", issue.description).to_lowercase();
        let by_caller = !own || issue.author == caller.user;
        issue.project == project
            && by_caller
            && in_state
            && words.split_whitespace().all(|word| text.contains(word))
    };
    let mut found: Vec<&Issue> = world.issues.iter().filter(fits).collect();
    if asked("sort") != "asc" {
        found.reverse();
    }
    Ok(page(found, &uri, app.context(&world), |issue| Some(world.issue_json(issue, &app.url))))
}

async fn create(
    State(app): State<Arc<App>>,
    caller: Caller,
    Path(id): Path<String>,
    uri: Uri,
    body: Bytes,
) -> Answer {
    let fields = fields(&uri, &body);
    let mut world = app.world();
    let project = world.project_for(&id, &caller, level::GUEST)?;
    let title = fields.get("title").filter(|title| !title.is_empty());
    let title = title.ok_or_else(|| Refusal::invalid("title is missing"))?;
    let iid = world.add_issue(project, caller.user, title);
    Ok((StatusCode::CREATED, changed(&app, &mut world, &caller, project, iid, &fields, "create_issue")?)
        .into_response())
}

async fn edit(
    State(app): State<Arc<App>>,
    caller: Caller,
    Path((id, iid)): Path<(String, u64)>,
    uri: Uri,
    body: Bytes,
) -> Answer {
    let fields = fields(&uri, &body);
    let mut world = app.world();
    let project = world.project_for(&id, &caller, level::REPORTER)?;
    Ok(changed(&app, &mut world, &caller, project, iid, &fields, "edit_issue")?.into_response())
}

async fn note(
    State(app): State<Arc<App>>,
    caller: Caller,
    Path((id, iid)): Path<(String, u64)>,
    uri: Uri,
    body: Bytes,
) -> Answer {
    let fields = fields(&uri, &body);
    let mut world = app.world();
    let project = world.project_for(&id, &caller, level::GUEST)?;
    let issue = world.issue_mut(project, iid).ok_or_else(|| Refusal::not_found("Issue"))?;
    let text = fields.get("body").ok_or_else(|| Refusal::invalid("body is missing"))?;
    issue.notes.push(text.clone());
    let id = issue.notes.len();
    world.log_issue(&caller, project, iid, "note");
    Ok((StatusCode::CREATED, Json(json!({ "id": id, "body": text }))).into_response())
}

fn changed(
    app: &App,
    world: &mut World,
    caller: &Caller,
    project: u64,
    iid: u64,
    fields: &Fields,
    action: &'static str,
) -> Result<Json<serde_json::Value>, Refusal> {
    let issue = world.issue_mut(project, iid).ok_or_else(|| Refusal::not_found("Issue"))?;
    for (name, value) in fields {
        match name.as_str() {
            "title" => issue.title.clone_from(value),
            "description" => issue.description.clone_from(value),
            "labels" => issue.labels = value.split(',').map(str::to_owned).collect(),
            "state_event" if value == "close" => issue.open = false,
            "state_event" if value == "reopen" => issue.open = true,
            "state_event" => return Err(Refusal::invalid("state_event does not have a valid value")),
            _ => {}
        }
    }
    let json = world.issue(project, iid).map(|issue| world.issue_json(issue, &app.url)).unwrap_or_default();
    world.log_issue(caller, project, iid, action);
    Ok(Json(json))
}

impl World {
    /// The project, when the caller may see it and has this role there, or is an administrator.
    fn project_for(&self, id_or_path: &str, caller: &Caller, role: u16) -> Result<u64, Refusal> {
        let id = self.visible_project(id_or_path, caller.user)?.id;
        let own = self.effective(id).get(&caller.user).copied().unwrap_or_default();
        if own >= role || self.is_admin(caller.user) {
            Ok(id)
        } else {
            Err(Refusal::forbidden("403 Forbidden"))
        }
    }

    fn log_issue(&mut self, caller: &Caller, project: u64, iid: u64, action: &'static str) {
        let path = self.projects.get(&project).map(|project| project.path_with_namespace.clone());
        self.log(caller, path, action, iid.to_string());
    }
}
