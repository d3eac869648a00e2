//! Filling a template: one permission of one grantee a call. Project permissions only.

use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::routing::post;

use super::app::{Answer, App, Refusal, no_content};
use super::auth::Caller;
use super::model::{Grantee, PROJECT_PERMISSIONS};
use super::params::Params;

pub(super) fn routes() -> Router<Arc<App>> {
    Router::new()
        .route("/api/permissions/add_user_to_template", post(add_user))
        .route("/api/permissions/remove_user_from_template", post(remove_user))
        .route("/api/permissions/add_group_to_template", post(add_group))
        .route("/api/permissions/remove_group_from_template", post(remove_group))
}

fn permission(params: &Params) -> Result<&str, Refusal> {
    let permission = params.required("permission")?;
    if PROJECT_PERMISSIONS.contains(&permission) {
        return Ok(permission);
    }
    let valid = PROJECT_PERMISSIONS.join(", ");
    Err(Refusal::invalid(format!("Invalid project permission '{permission}'. Valid values are [{valid}]")))
}

async fn add_user(State(app): State<Arc<App>>, caller: Caller, params: Params) -> Answer {
    let mut world = app.world();
    let permission = permission(&params)?;
    world.require_global(&caller, "admin")?;
    world.asked_template(&params)?;
    let user = world.asked_user(&params)?;
    world.asked_grants_of_template(&params)?.insert(Grantee::User(user), permission);
    no_content()
}

async fn remove_user(State(app): State<Arc<App>>, caller: Caller, params: Params) -> Answer {
    let mut world = app.world();
    let permission = permission(&params)?;
    world.require_global(&caller, "admin")?;
    world.asked_template(&params)?;
    let user = world.asked_user(&params)?;
    world.asked_grants_of_template(&params)?.remove(&Grantee::User(user), permission);
    no_content()
}

async fn add_group(State(app): State<Arc<App>>, caller: Caller, params: Params) -> Answer {
    let mut world = app.world();
    let permission = permission(&params)?;
    world.require_global(&caller, "admin")?;
    world.asked_template(&params)?;
    let group = world.asked_group(&params)?;
    if group == Grantee::anyone() && permission == "admin" {
        let text = "It is not possible to add the 'admin' permission to the group 'Anyone'.";
        return Err(Refusal::invalid(text));
    }
    world.asked_grants_of_template(&params)?.insert(group, permission);
    no_content()
}

async fn remove_group(State(app): State<Arc<App>>, caller: Caller, params: Params) -> Answer {
    let mut world = app.world();
    let permission = permission(&params)?;
    world.require_global(&caller, "admin")?;
    world.asked_template(&params)?;
    let group = world.asked_group(&params)?;
    world.asked_grants_of_template(&params)?.remove(&group, permission);
    no_content()
}
