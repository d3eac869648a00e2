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

/// A grantee with what the order of the list looks at.
#[derive(Debug)]
pub(super) struct Row {
    pub(super) name: String,
    pub(super) search: String,
    pub(super) permissions: Vec<String>,
    pub(super) json: Value,
}

impl Row {
    fn new(name: &str, search: &str, grants: &Grants, grantee: &Grantee, json: Value) -> Self {
        let permissions = grants.of(grantee).into_iter().collect();
        Self { name: name.to_owned(), search: search.to_lowercase(), permissions, json }
    }

    pub(super) fn into_json(self) -> Value {
        let mut json = self.json;
        if let Some(fields) = json.as_object_mut() {
            fields.insert("permissions".to_owned(), self.permissions.into());
        }
        json
    }
}

impl World {
    pub(super) fn user_rows(&self, grants: &Grants) -> Vec<Row> {
        let row = |user: &User| {
            let search =
                format!("{}\n{}\n{}", user.name, user.login, user.email.as_deref().unwrap_or_default());
            let json = json!({
                "login": user.login, "name": user.name, "email": user.email, "avatar": null, "managed": user.managed,
            });
            Row::new(&user.name, &search, grants, &Grantee::User(user.id.clone()), json)
        };
        self.users.values().filter(|user| user.active).map(row).collect()
    }

    pub(super) fn group_rows(&self, grants: &Grants) -> Vec<Row> {
        let row = |group: &Group| {
            let json =
                json!({ "name": group.name, "description": group.description, "managed": group.managed });
            Row::new(&group.name, &group.name, grants, &Grantee::Group(group.id.clone()), json)
        };
        let anyone =
            Row::new(ANYONE, ANYONE, grants, &Grantee::anyone(), json!({ "name": ANYONE, "managed": false }));
        std::iter::once(anyone).chain(self.groups.values().map(row)).collect()
    }

    fn asked_grants(&self, caller: &Caller, params: &Params) -> Result<&Grants, super::app::Refusal> {
        let project = self.asked_project(params)?;
        self.require_permission_management(caller, project)?;
        Ok(project.map_or(&self.global, |project| &project.grants))
    }
}

/// Filters, sorts and cuts; `key` names the list.
pub(super) fn list(mut rows: Vec<Row>, params: &Params, key: &str) -> Answer {
    let page = Page::first(params, 20, 100)?;
    let text = params.search(3)?;
    let permission = params.get("permission");
    rows.retain(|row| {
        text.as_ref().is_none_or(|text| row.search.contains(text))
            && permission.is_none_or(|wanted| row.permissions.iter().any(|held| held == wanted))
    });
    rows.sort_by_key(|row| (row.permissions.is_empty(), row.name.to_lowercase()));
    let total = rows.len();
    let rows: Vec<Value> = page.cut(rows).into_iter().map(Row::into_json).collect();
    let mut body = json!({ "paging": page.json(total) });
    if let Some(fields) = body.as_object_mut() {
        fields.insert(key.to_owned(), rows.into());
    }
    Ok(Json(body).into_response())
}

async fn users(State(app): State<Arc<App>>, caller: Caller, params: Params) -> Answer {
    let world = app.world();
    list(world.user_rows(world.asked_grants(&caller, &params)?), &params, "users")
}

async fn groups(State(app): State<Arc<App>>, caller: Caller, params: Params) -> Answer {
    let world = app.world();
    list(world.group_rows(world.asked_grants(&caller, &params)?), &params, "groups")
}
