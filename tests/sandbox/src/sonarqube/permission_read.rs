//! `permissions/users` and `permissions/groups`: who holds what, on a project or globally.
//!
//! At most 100 a page. Holders first, then by lower-case name; without the `permission` filter everybody else follows
//! and is counted. The identity provider is not named.

use std::sync::Arc;

use axum::extract::State;
use axum::response::IntoResponse;
use axum::routing::get;
use axum::{Json, Router};
use serde_json::{Value, json};

use super::app::{Answer, App};
use super::auth::Caller;
use super::model::{ANYONE, Grantee, Grants, Group, User};
use super::page::Page;
use super::params::Params;
use super::world::World;

pub(super) fn routes() -> Router<Arc<App>> {
    Router::new().route("/api/permissions/users", get(users)).route("/api/permissions/groups", get(groups))
}

/// A grantee of a list.
#[derive(Debug)]
enum Who<'a> {
    User(&'a User),
    Group(&'a Group),
    Anyone,
}

/// A grantee with what he holds.
#[derive(Debug)]
pub(super) struct Row<'a> {
    who: Who<'a>,
    pub(super) permissions: Vec<String>,
}

impl<'a> Row<'a> {
    fn new(who: Who<'a>, grants: &Grants) -> Self {
        let grantee = match who {
            Who::User(user) => Grantee::User(user.id.clone()),
            Who::Group(group) => Grantee::Group(group.id.clone()),
            Who::Anyone => Grantee::anyone(),
        };
        Self { who, permissions: grants.of(&grantee).into_iter().collect() }
    }

    fn name(&self) -> &'a str {
        match self.who {
            Who::User(user) => &user.name,
            Who::Group(group) => &group.name,
            Who::Anyone => ANYONE,
        }
    }

    fn is_found(&self, text: &str) -> bool {
        let contains = |field: &str| field.to_lowercase().contains(text);
        let more = match self.who {
            Who::User(user) => contains(&user.login) || user.email.as_deref().is_some_and(contains),
            Who::Group(_) | Who::Anyone => false,
        };
        more || contains(self.name())
    }

    fn json(&self) -> Value {
        let permissions = &self.permissions;
        match self.who {
            Who::User(user) => json!({
                "login": user.login, "name": user.name, "email": user.email, "avatar": null, "managed": user.managed,
                "permissions": permissions,
            }),
            Who::Group(group) => json!({
                "name": group.name, "description": group.description, "managed": group.managed,
                "permissions": permissions,
            }),
            Who::Anyone => json!({ "name": ANYONE, "managed": false, "permissions": permissions }),
        }
    }
}

impl World {
    pub(super) fn user_rows(&self, grants: &Grants) -> Vec<Row<'_>> {
        let active = self.users.values().filter(|user| user.active);
        active.map(|user| Row::new(Who::User(user), grants)).collect()
    }

    pub(super) fn group_rows(&self, grants: &Grants) -> Vec<Row<'_>> {
        let groups = self.groups.values().map(Who::Group);
        std::iter::once(Who::Anyone).chain(groups).map(|who| Row::new(who, grants)).collect()
    }

    fn asked_grants(&self, caller: &Caller, params: &Params) -> Result<&Grants, super::app::Refusal> {
        let project = self.asked_project(params)?;
        self.require_permission_management(caller, project)?;
        Ok(project.map_or(&self.global, |project| &project.grants))
    }
}

/// Filters, sorts and cuts; `key` names the list.
pub(super) fn list(mut rows: Vec<Row<'_>>, params: &Params, key: &str) -> Answer {
    let page = Page::first(params, 20, 100)?;
    let text = params.search(3)?;
    let permission = params.get("permission");
    rows.retain(|row| {
        text.as_ref().is_none_or(|text| row.is_found(text))
            && permission.is_none_or(|wanted| row.permissions.iter().any(|held| held == wanted))
    });
    rows.sort_by_cached_key(|row| (row.permissions.is_empty(), row.name().to_lowercase()));
    let total = rows.len();
    let rows: Vec<Value> = page.cut(rows).iter().map(Row::json).collect();
    Ok(Json(json!({ "paging": page.json(total), key: rows })).into_response())
}

async fn users(State(app): State<Arc<App>>, caller: Caller, params: Params) -> Answer {
    let world = app.world();
    list(world.user_rows(world.asked_grants(&caller, &params)?), &params, "users")
}

async fn groups(State(app): State<Arc<App>>, caller: Caller, params: Params) -> Answer {
    let world = app.world();
    list(world.group_rows(world.asked_grants(&caller, &params)?), &params, "groups")
}
