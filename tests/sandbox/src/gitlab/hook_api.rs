//! Webhooks of the instance, of groups and of projects: who may see and change them, and what is never shown.
//!
//! System hooks take an administrator, those of a group an owner and GitLab Premium, those of a project a maintainer.

use std::sync::Arc;

use axum::extract::{OriginalUri, Path, State};
use axum::response::IntoResponse;
use axum::routing::get;
use axum::{Json, Router};
use bytes::Bytes;
use http::{StatusCode, Uri};
use serde_json::json;
use url::Url;

use super::app::{Answer, App, Refusal};
use super::auth::Caller;
use super::fields::{Fields, fields};
use super::hooks::{Hook, HookOwner, is_signing_token};
use super::member_read::Kind;
use super::model::Place;
use super::page::page;
use super::world::World;

/// Where a call points to: a group or project by id or path, or the instance.
pub(super) type Target<'a> = Option<(Kind, &'a str)>;

type Shared = State<Arc<App>>;
type OneHook = Path<(String, u64)>;

pub(super) fn routes() -> Router<Arc<App>> {
    let places = [(Kind::Group, "/groups/{id}/hooks"), (Kind::Project, "/projects/{id}/hooks")];
    places.into_iter().fold(instance_routes(), |router, (kind, path)| router.merge(place_routes(kind, path)))
}

fn instance_routes() -> Router<Arc<App>> {
    let listed = async |State(app): Shared, caller: Caller, OriginalUri(uri): OriginalUri| {
        list(&app, &caller, None, &uri)
    };
    let added = async |State(app): Shared, caller: Caller, uri: Uri, body: Bytes| {
        add(&app, &caller, None, &fields(&uri, &body))
    };
    let shown =
        async |State(app): Shared, caller: Caller, Path(hook): Path<u64>| one(&app, &caller, None, hook);
    let changed = async |State(app): Shared, caller: Caller, Path(hook): Path<u64>, uri: Uri, body: Bytes| {
        edit(&app, &caller, None, hook, &fields(&uri, &body))
    };
    let removed =
        async |State(app): Shared, caller: Caller, Path(hook): Path<u64>| remove(&app, &caller, None, hook);
    Router::new()
        .route("/hooks", get(listed).post(added))
        .route("/hooks/{hook}", get(shown).put(changed).delete(removed))
}

fn place_routes(kind: Kind, path: &str) -> Router<Arc<App>> {
    let listed = async move |State(app): Shared, caller: Caller, Path(id): Path<String>, uri: OriginalUri| {
        list(&app, &caller, Some((kind, &id)), &uri)
    };
    let added =
        async move |State(app): Shared, caller: Caller, Path(id): Path<String>, uri: Uri, body: Bytes| {
            add(&app, &caller, Some((kind, &id)), &fields(&uri, &body))
        };
    let shown = async move |State(app): Shared, caller: Caller, Path((id, hook)): OneHook| {
        one(&app, &caller, Some((kind, &id)), hook)
    };
    let changed =
        async move |State(app): Shared, caller: Caller, Path((id, hook)): OneHook, uri: Uri, body: Bytes| {
            edit(&app, &caller, Some((kind, &id)), hook, &fields(&uri, &body))
        };
    let removed = async move |State(app): Shared, caller: Caller, Path((id, hook)): OneHook| {
        remove(&app, &caller, Some((kind, &id)), hook)
    };
    Router::new()
        .route(path, get(listed).post(added))
        .route(&format!("{path}/{{hook}}"), get(shown).put(changed).delete(removed))
}

impl World {
    /// Whose hooks these are, when the caller may see and change them.
    pub(super) fn hook_owner(&self, target: Target<'_>, caller: &Caller) -> Result<HookOwner, Refusal> {
        let Some((kind, id)) = target else {
            let refusal = || Refusal::forbidden("403 Forbidden");
            return self.is_admin(caller.user).then_some(HookOwner::Instance).ok_or_else(refusal);
        };
        if kind == Kind::Group && !self.premium {
            return Err(self.without_group_hooks());
        }
        Ok(match self.managed_place(kind, id, caller)? {
            Place::Group(id) => HookOwner::Group(id),
            Place::Project(id) => HookOwner::Project(id),
        })
    }

    /// The free edition does not know the route; without a licence, the other one forbids it.
    fn without_group_hooks(&self) -> Refusal {
        if self.is_enterprise() {
            Refusal::forbidden("403 Forbidden")
        } else {
            Refusal::with(404, json!({ "error": "404 Not Found" }))
        }
    }

    /// The hook, when it is one of this owner's.
    pub(super) fn hook_of(&self, owner: HookOwner, id: u64) -> Result<&Hook, Refusal> {
        let hook = self.hooks.by_id.get(&id).filter(|hook| hook.owner == owner);
        hook.ok_or_else(|| Refusal::not_found(""))
    }
}

fn list(app: &App, caller: &Caller, target: Target<'_>, uri: &Uri) -> Answer {
    let world = app.world();
    let owner = world.hook_owner(target, caller)?;
    let hooks: Vec<&Hook> = world.hooks.by_id.values().filter(|hook| hook.owner == owner).collect();
    Ok(page(hooks, uri, app.context(&world), |hook| Some(world.hook_json(hook))))
}

fn one(app: &App, caller: &Caller, target: Target<'_>, id: u64) -> Answer {
    let world = app.world();
    let hook = world.hook_of(world.hook_owner(target, caller)?, id)?;
    Ok(Json(world.hook_json(hook)).into_response())
}

fn add(app: &App, caller: &Caller, target: Target<'_>, fields: &Fields) -> Answer {
    let mut world = app.world();
    let owner = world.hook_owner(target, caller)?;
    let url = fields.get("url").ok_or_else(|| Refusal::invalid("url is missing"))?;
    check(fields)?;
    let take_signing_token = world.hooks.take_signing_tokens;
    let hook = world.add_hook(owner, url);
    fill(hook, fields, take_signing_token);
    let hook = hook.clone();
    world.log(caller, None, "add_hook", hook.id.to_string());
    Ok((StatusCode::CREATED, Json(world.hook_json(&hook))).into_response())
}

fn edit(app: &App, caller: &Caller, target: Target<'_>, id: u64, fields: &Fields) -> Answer {
    let mut world = app.world();
    let mut hook = world.hook_of(world.hook_owner(target, caller)?, id)?.clone();
    check(fields)?;
    if fields.get("url").is_some_and(|url| *url != hook.url) {
        hook.token = None;
    }
    fill(&mut hook, fields, world.hooks.take_signing_tokens);
    world.hooks.by_id.insert(id, hook.clone());
    world.log(caller, None, "edit_hook", id.to_string());
    Ok(Json(world.hook_json(&hook)).into_response())
}

fn remove(app: &App, caller: &Caller, target: Target<'_>, id: u64) -> Answer {
    let mut world = app.world();
    world.hook_of(world.hook_owner(target, caller)?, id)?;
    world.hooks.by_id.remove(&id);
    world.log(caller, None, "remove_hook", id.to_string());
    Ok(StatusCode::NO_CONTENT.into_response())
}

/// Before anything is changed.
fn check(fields: &Fields) -> Result<(), Refusal> {
    let is_http = |url: &String| Url::parse(url).is_ok_and(|url| ["http", "https"].contains(&url.scheme()));
    if fields.get("url").is_some_and(|url| !is_http(url)) {
        return Err(Refusal::with(422, json!({ "error": "Invalid url given" })));
    }
    let wrong = |token: &&String| !token.is_empty() && !is_signing_token(token);
    if fields.get("signing_token").filter(wrong).is_some() {
        let message = json!({ "message": { "signing_token": ["is invalid"] } });
        return Err(Refusal::with(422, message));
    }
    Ok(())
}

/// What is given; everything else stays. An empty text takes a value away.
fn fill(hook: &mut Hook, fields: &Fields, take_signing_token: bool) {
    let given = |name: &str| fields.get(name).map(|text| Some(text.clone()).filter(|text| !text.is_empty()));
    hook.url = given("url").flatten().unwrap_or_else(|| hook.url.clone());
    hook.name = given("name").unwrap_or_else(|| hook.name.take());
    hook.description = given("description").unwrap_or_else(|| hook.description.take());
    hook.token = given("token").unwrap_or_else(|| hook.token.take());
    if take_signing_token {
        hook.signing_token = given("signing_token").unwrap_or_else(|| hook.signing_token.take());
    }
    let switch = |name: &str| fields.get(name).map(|value| value == "true" || value == "1");
    hook.enable_ssl_verification = switch("enable_ssl_verification").unwrap_or(hook.enable_ssl_verification);
    for event in hook.owner.events() {
        match switch(event) {
            Some(true) => hook.events.insert(event),
            Some(false) => hook.events.remove(event),
            None => false,
        };
    }
}
