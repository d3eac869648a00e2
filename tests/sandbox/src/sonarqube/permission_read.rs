//! `permissions/users` and `permissions/groups`: who holds what, on a project or globally.
//!
//! At most 100 a page. Holders first, then by lower-case name; without the `permission` filter everybody else follows
//! and is counted. The identity provider is not named.
//!
//! Two rows without a permission may stand among the holders (seen on 26.8): Anyone, as soon as any group holds
//! something, and whoever only holds what this server can no more grant. Where no group holds anything, Anyone is not
//! in the list of a project at all, and by its name in that of a template.

use std::sync::Arc;

use axum::extract::State;
use axum::response::IntoResponse;
use axum::routing::get;
use axum::{Json, Router};
use serde_json::{Value, json};

use super::app::{Answer, App};
use super::auth::Caller;
use super::model::{ANYONE, GLOBAL_PERMISSIONS, Grantee, Grants, Group, User};
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
    permissions: Vec<String>,
    /// Whether it comes before those who hold nothing.
    leads: bool,
}

impl<'a> Row<'a> {
    fn new(who: Who<'a>, grants: &Grants) -> Self {
        let grantee = match who {
            Who::User(user) => Grantee::User(user.id.clone()),
            Who::Group(group) => Grantee::Group(group.id.clone()),
            Who::Anyone => Grantee::anyone(),
        };
        let permissions: Vec<String> = grants.of(&grantee).into_iter().collect();
        Self { who, leads: !permissions.is_empty(), permissions }
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
        let groups = self.groups.values().map(|group| Row::new(Who::Group(group), grants));
        let mut rows: Vec<Row<'_>> = groups.collect();
        let leads = rows.iter().any(|row| row.leads);
        let anyone = Row::new(Who::Anyone, grants);
        rows.push(Row { leads: leads || anyone.leads, ..anyone });
        rows
    }

    fn asked_grants(&self, caller: &Caller, params: &Params) -> Result<&Grants, super::app::Refusal> {
        let project = self.asked_project(params)?;
        self.require_permission_management(caller, project)?;
        Ok(project.map_or(&self.global, |project| &project.grants))
    }
}

impl World {
    /// The rows as a project's list shows them; the global permissions are all known.
    fn without_the_unknown<'a>(&self, mut rows: Vec<Row<'a>>) -> Vec<Row<'a>> {
        let known = |key: &String| {
            self.project_permissions.contains(key) || GLOBAL_PERMISSIONS.contains(&key.as_str())
        };
        rows.iter_mut().for_each(|row| row.permissions.retain(known));
        rows
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
    rows.sort_by_cached_key(|row| (!row.leads, row.name().to_lowercase()));
    let total = rows.len();
    let rows: Vec<Value> = page.cut(rows).iter().map(Row::json).collect();
    Ok(Json(json!({ "paging": page.json(total), key: rows })).into_response())
}

async fn users(State(app): State<Arc<App>>, caller: Caller, params: Params) -> Answer {
    let world = app.world();
    let rows = world.user_rows(world.asked_grants(&caller, &params)?);
    list(world.without_the_unknown(rows), &params, "users")
}

async fn groups(State(app): State<Arc<App>>, caller: Caller, params: Params) -> Answer {
    let world = app.world();
    let mut rows = world.group_rows(world.asked_grants(&caller, &params)?);
    rows.retain(|row| row.leads || !matches!(row.who, Who::Anyone));
    list(world.without_the_unknown(rows), &params, "groups")
}
