//! Filling a template: one permission of one grantee a call. Project permissions only.
//!
//! The order of the checks differs here too: of two faults, adding a group names the group, every other call the
//! template; the permission's key comes before both, and before the caller's rights (seen on 26.8).

use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::routing::post;

use super::app::{Answer, App, Refusal, no_content};
use super::auth::Caller;
use super::change::Operation;
use super::model::Grantee;
use super::params::Params;
use super::world::World;

pub(super) fn routes() -> Router<Arc<App>> {
    Router::new()
        .route("/api/permissions/add_user_to_template", post(add_user))
        .route("/api/permissions/remove_user_from_template", post(remove_user))
        .route("/api/permissions/add_group_to_template", post(add_group))
        .route("/api/permissions/remove_group_from_template", post(remove_group))
}

impl World {
    fn asked_permission<'a>(&self, params: &'a Params) -> Result<&'a str, Refusal> {
        let permission = params.required("permission")?;
        if self.project_permissions.iter().any(|known| known == permission) {
            return Ok(permission);
        }
        let valid = self.project_permissions.join(", ");
        Err(Refusal::invalid(format!(
            "Value of parameter 'permission' ({permission}) must be one of: [{valid}]"
        )))
    }

    fn fill(
        &mut self,
        caller: &Caller,
        params: &Params,
        (operation, action): (Operation, &'static str),
        (grantee, name): (Grantee, &str),
    ) -> Answer {
        self.require_global(caller, "admin")?;
        let permission = self.asked_permission(params)?;
        if operation == Operation::Add && grantee == Grantee::anyone() && permission == "admin" {
            let text = "It is not possible to add the 'admin' permission to the group 'Anyone'.";
            return Err(Refusal::invalid(text));
        }
        let grants = self.asked_grants_of_template(params)?;
        let effective = match operation {
            Operation::Add => grants.insert(grantee, permission),
            Operation::Remove => grants.remove(&grantee, permission),
        };
        self.log(caller, None, action, &format!("{name} {permission}"), effective);
        no_content()
    }
}

async fn add_user(State(app): State<Arc<App>>, caller: Caller, params: Params) -> Answer {
    let mut world = app.world();
    world.asked_permission(&params)?;
    world.asked_template(&params)?;
    let user = (Grantee::User(world.asked_user(&params)?), params.required("login")?);
    world.fill(&caller, &params, (Operation::Add, "add_user_to_template"), user)
}

async fn remove_user(State(app): State<Arc<App>>, caller: Caller, params: Params) -> Answer {
    let mut world = app.world();
    world.asked_permission(&params)?;
    world.asked_template(&params)?;
    let user = (Grantee::User(world.asked_user(&params)?), params.required("login")?);
    world.fill(&caller, &params, (Operation::Remove, "remove_user_from_template"), user)
}

async fn add_group(State(app): State<Arc<App>>, caller: Caller, params: Params) -> Answer {
    let mut world = app.world();
    world.asked_permission(&params)?;
    let group = (world.asked_group(&params)?, params.required("groupName")?);
    world.asked_template(&params)?;
    world.fill(&caller, &params, (Operation::Add, "add_group_to_template"), group)
}

async fn remove_group(State(app): State<Arc<App>>, caller: Caller, params: Params) -> Answer {
    let mut world = app.world();
    world.asked_permission(&params)?;
    world.asked_template(&params)?;
    let group = (world.asked_group(&params)?, params.required("groupName")?);
    world.fill(&caller, &params, (Operation::Remove, "remove_group_from_template"), group)
}
