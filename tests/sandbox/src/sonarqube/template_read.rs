//! What templates there are and what they hold.
//!
//! The text of a search is a pattern of SQL: `_` stands for any character, `%` for any number of them. The defaults are
//! told whatever the text. The grantees of a template come like those of a project, everybody else after the holders;
//! keys that the server can no more grant are shown here alone (all seen on 26.8).

use std::collections::BTreeSet;
use std::sync::Arc;

use axum::extract::State;
use axum::response::IntoResponse;
use axum::routing::get;
use axum::{Json, Router};
use serde_json::{Value, json};

use super::app::{Answer, App, Refusal};
use super::auth::Caller;
use super::model::{Grantee, Template};
use super::page::Page;
use super::params::Params;
use super::permission_read::list;
use super::template_api::template_json;

pub(super) fn routes() -> Router<Arc<App>> {
    Router::new()
        .route("/api/permissions/search_templates", get(search))
        .route("/api/permissions/template_users", get(users))
        .route("/api/permissions/template_groups", get(groups))
}

fn with_counts(template: &Template, known: &[String]) -> Value {
    let count = |permission: &str| {
        let holders: BTreeSet<&Grantee> = template
            .grants
            .iter()
            .filter(|(_, held)| *held == permission)
            .map(|(grantee, _)| grantee)
            .collect();
        let users = holders.iter().filter(|grantee| matches!(grantee, Grantee::User(_))).count();
        json!({ "key": permission, "usersCount": users, "groupsCount": holders.len() - users, "withProjectCreator": false })
    };
    let mut value = template_json(template);
    if let Some(fields) = value.as_object_mut() {
        fields
            .insert("permissions".to_owned(), known.iter().map(|key| count(key)).collect::<Vec<_>>().into());
    }
    value
}

/// By name. Everything comes at once: paging is optional and newer.
async fn search(State(app): State<Arc<App>>, caller: Caller, params: Params) -> Answer {
    let world = app.world();
    world.require_global(&caller, "admin")?;
    let pattern = format!("%{}%", params.search(1)?.unwrap_or_default().trim());
    let pattern: Vec<char> = pattern.chars().collect();
    let name = |template: &Template| template.name.to_lowercase();
    let is_like = |template: &&Template| is_like(&name(template).chars().collect::<Vec<_>>(), &pattern);
    let mut found: Vec<&Template> = world.templates.iter().filter(is_like).collect();
    found.sort_by_cached_key(|template| name(template));
    let (known, total) = (&world.project_permissions, found.len());
    let page = match (params.get("p"), params.get("ps")) {
        (None, None) => None,
        _ => Some(Page::first(&params, 100, 500)?),
    };
    let found = page.map_or(found.clone(), |page| page.cut(found));
    let templates: Vec<Value> = found.into_iter().map(|template| with_counts(template, known)).collect();
    let key = |key: &String| json!({ "key": key, "name": key, "description": "" });
    let permissions: Vec<Value> = known.iter().map(key).collect();
    let defaults = json!([{ "templateId": world.default_template, "qualifier": "TRK" }]);
    let mut body =
        json!({ "permissionTemplates": templates, "defaultTemplates": defaults, "permissions": permissions });
    if let (Some(page), Some(fields)) = (page, body.as_object_mut()) {
        fields.insert("paging".to_owned(), page.json(total));
    }
    Ok(Json(body).into_response())
}

/// SQL's `LIKE`.
fn is_like(text: &[char], pattern: &[char]) -> bool {
    match (pattern.split_first(), text.split_first()) {
        (None, rest) => rest.is_none(),
        (Some(('%', pattern)), rest) => {
            is_like(text, pattern) || rest.is_some_and(|(_, text)| is_like(text, &[&['%'], pattern].concat()))
        }
        (Some(_), None) => false,
        (Some((wanted, pattern)), Some((found, text))) => {
            (*wanted == '_' || wanted == found) && is_like(text, pattern)
        }
    }
}

async fn users(State(app): State<Arc<App>>, caller: Caller, params: Params) -> Answer {
    let world = app.world();
    let index = world.asked_template(&params)?;
    world.require_global(&caller, "admin")?;
    let template = world.templates.get(index).ok_or_else(Refusal::internal)?;
    list(world.user_rows(&template.grants), &params, "users")
}

async fn groups(State(app): State<Arc<App>>, caller: Caller, params: Params) -> Answer {
    let world = app.world();
    let index = world.asked_template(&params)?;
    world.require_global(&caller, "admin")?;
    let template = world.templates.get(index).ok_or_else(Refusal::internal)?;
    list(world.group_rows(&template.grants), &params, "groups")
}
