//! What templates there are and what they hold.

use std::collections::BTreeSet;
use std::sync::Arc;

use axum::extract::State;
use axum::response::IntoResponse;
use axum::routing::get;
use axum::{Json, Router};
use serde_json::{Value, json};

use super::app::{Answer, App, Refusal};
use super::auth::Caller;
use super::model::{Grantee, PROJECT_PERMISSIONS, Template};
use super::params::Params;
use super::permission_read::list;
use super::template_api::template_json;

pub(super) fn routes() -> Router<Arc<App>> {
    Router::new()
        .route("/api/permissions/search_templates", get(search))
        .route("/api/permissions/template_users", get(users))
        .route("/api/permissions/template_groups", get(groups))
}

fn with_counts(template: &Template) -> Value {
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
        fields.insert("permissions".to_owned(), PROJECT_PERMISSIONS.map(count).to_vec().into());
    }
    value
}

/// Everything comes at once: paging is optional and newer.
async fn search(State(app): State<Arc<App>>, caller: Caller, params: Params) -> Answer {
    let world = app.world();
    world.require_global(&caller, "admin")?;
    let text = params.search(1)?.unwrap_or_default();
    let found = world.templates.iter().filter(|template| template.name.to_lowercase().contains(&text));
    let templates: Vec<Value> = found.map(with_counts).collect();
    let default =
        world.templates.first().map(|template| json!({ "templateId": template.id, "qualifier": "TRK" }));
    let permissions = PROJECT_PERMISSIONS.map(|key| json!({ "key": key, "name": key, "description": "" }));
    let body = json!({ "permissionTemplates": templates, "defaultTemplates": [default], "permissions": permissions });
    Ok(Json(body).into_response())
}

async fn users(State(app): State<Arc<App>>, caller: Caller, params: Params) -> Answer {
    let world = app.world();
    world.require_global(&caller, "admin")?;
    let index = world.asked_template(&params)?;
    let template = world.templates.get(index).ok_or_else(Refusal::internal)?;
    let mut rows = world.user_rows(&template.grants);
    rows.retain(|row| params.get("q").is_some() || !row.permissions.is_empty());
    list(rows, &params, "users")
}

async fn groups(State(app): State<Arc<App>>, caller: Caller, params: Params) -> Answer {
    let world = app.world();
    world.require_global(&caller, "admin")?;
    let index = world.asked_template(&params)?;
    let template = world.templates.get(index).ok_or_else(Refusal::internal)?;
    let mut rows = world.group_rows(&template.grants);
    rows.retain(|row| params.get("q").is_some() || !row.permissions.is_empty());
    list(rows, &params, "groups")
}
