//! `permissions/add_user`, `remove_user`, `add_group`, `remove_group`.
//!
//! One grantee and one permission a call. Without a project key the call changes a GLOBAL permission. The order of the
//! checks differs from call to call, and so does which of two faults is named.

use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::routing::post;

use super::app::{Answer, App, Refusal, no_content};
use super::auth::Caller;
use super::change::{Change, Operation};
use super::model::{Grantee, Project, Visibility};
use super::params::Params;
use super::world::World;

pub(super) fn routes() -> Router<Arc<App>> {
    Router::new()
        .route("/api/permissions/add_user", post(add_user))
        .route("/api/permissions/remove_user", post(remove_user))
        .route("/api/permissions/add_group", post(add_group))
        .route("/api/permissions/remove_group", post(remove_group))
}

impl World {
    /// The project that the parameters name; `None` is the global scope.
    pub(super) fn asked_project(&self, params: &Params) -> Result<Option<&Project>, Refusal> {
        let found = match (params.get("projectKey"), params.get("projectId")) {
            (None, None) => return Ok(None),
            (Some(_), Some(_)) => {
                return Err(Refusal::invalid("Project id or project key can be provided, not both."));
            }
            (Some(key), None) => self.projects.get(key),
            (None, Some(uuid)) => self.project_by_uuid(uuid),
        };
        found.map(Some).ok_or_else(|| Refusal::not_found("Entity not found"))
    }

    pub(super) fn asked_user(&self, params: &Params) -> Result<String, Refusal> {
        let login = params.required("login")?;
        let user = self.active_user(login).map(|user| user.id.clone());
        user.ok_or_else(|| Refusal::not_found(format!("User with login '{login}' is not found'")))
    }

    pub(super) fn asked_group(&self, params: &Params) -> Result<Grantee, Refusal> {
        let name = params.required("groupName")?.trim();
        self.group_grantee(name).ok_or_else(|| Refusal::not_found(format!("No group with name '{name}'")))
    }

    /// Removing is refused only where grantee and project are both managed.
    fn is_managed(&self, grantee: &Grantee) -> bool {
        match grantee {
            Grantee::User(id) => self.users.get(id).is_some_and(|user| user.managed),
            Grantee::Group(id) => self.groups.get(id).is_some_and(|group| group.managed),
        }
    }

    /// A project administrator may not shut himself out by way of his group.
    fn keep_own_browse_by_group(
        &self,
        caller: &Caller,
        project: &Project,
        group: &Grantee,
    ) -> Result<(), Refusal> {
        let Some(user) = caller.user.as_deref() else { return Ok(()) };
        let keeps = |id: &str| Grantee::Group(id.to_owned());
        let in_group = self.groups_of(user).any(|id| keeps(id) == *group);
        let mut others = self.groups_of(user).map(keeps).filter(|other| other != group);
        let exempt =
            self.has_global(caller, "admin") || others.any(|other| project.grants.has(&other, "user"));
        if in_group && !exempt && project.visibility == Visibility::Private {
            Err(own_browse())
        } else {
            Ok(())
        }
    }
}

fn externally_managed() -> Refusal {
    Refusal::invalid("Operation not allowed when the project is externally managed.")
}

fn own_browse() -> Refusal {
    Refusal::invalid(
        "Permission 'Browse' cannot be removed from a private project for a project administrator.",
    )
}

fn key(project: Option<&Project>) -> Option<String> {
    project.map(|project| project.key.clone())
}

/// Project, rights, managed, user.
async fn add_user(State(app): State<Arc<App>>, caller: Caller, params: Params) -> Answer {
    let mut world = app.world();
    params.required("login")?;
    let permission = params.required("permission")?;
    let project = world.asked_project(&params)?;
    world.require_permission_management(&caller, project)?;
    if project.is_some_and(|project| project.managed) && !world.has_global(&caller, "admin") {
        return Err(externally_managed());
    }
    let key = key(project);
    let grantee = Grantee::User(world.asked_user(&params)?);
    let change = Change { operation: Operation::Add, grantee, permission, project: key.as_deref() };
    finish(&mut world, &caller, &change, "add_user", params.required("login")?)
}

/// User, own admin, project, own browse, rights, managed.
async fn remove_user(State(app): State<Arc<App>>, caller: Caller, params: Params) -> Answer {
    let mut world = app.world();
    let user = world.asked_user(&params)?;
    let permission = params.required("permission")?;
    if permission == "admin" && caller.is(&user) {
        return Err(Refusal::invalid("As an admin, you can't remove your own admin right"));
    }
    let project = world.asked_project(&params)?;
    let is_private = project.is_some_and(|project| project.visibility == Visibility::Private);
    if permission == "user" && caller.is(&user) && is_private {
        return Err(own_browse());
    }
    world.require_permission_management(&caller, project)?;
    let grantee = Grantee::User(user);
    if project.is_some_and(|project| project.managed) && world.is_managed(&grantee) {
        return Err(externally_managed());
    }
    let key = key(project);
    let change = Change { operation: Operation::Remove, grantee, permission, project: key.as_deref() };
    finish(&mut world, &caller, &change, "remove_user", params.required("login")?)
}

/// Group, project, rights, managed.
async fn add_group(State(app): State<Arc<App>>, caller: Caller, params: Params) -> Answer {
    let mut world = app.world();
    let grantee = world.asked_group(&params)?;
    let permission = params.required("permission")?;
    let project = world.asked_project(&params)?;
    world.require_permission_management(&caller, project)?;
    if project.is_some_and(|project| project.managed) {
        return Err(externally_managed());
    }
    let key = key(project);
    let change = Change { operation: Operation::Add, grantee, permission, project: key.as_deref() };
    finish(&mut world, &caller, &change, "add_group", params.required("groupName")?)
}

/// Project, group, own browse, rights, managed.
async fn remove_group(State(app): State<Arc<App>>, caller: Caller, params: Params) -> Answer {
    let mut world = app.world();
    params.required("groupName")?;
    let permission = params.required("permission")?;
    let project = world.asked_project(&params)?;
    let grantee = world.asked_group(&params)?;
    if let Some(project) = project.filter(|_| permission == "user") {
        world.keep_own_browse_by_group(&caller, project, &grantee)?;
    }
    world.require_permission_management(&caller, project)?;
    if project.is_some_and(|project| project.managed) && world.is_managed(&grantee) {
        return Err(externally_managed());
    }
    let key = key(project);
    let change = Change { operation: Operation::Remove, grantee, permission, project: key.as_deref() };
    finish(&mut world, &caller, &change, "remove_group", params.required("groupName")?)
}

fn finish(
    world: &mut World,
    caller: &Caller,
    change: &Change<'_>,
    action: &'static str,
    name: &str,
) -> Answer {
    let effective = world.change(change)?;
    world.log(caller, change.project, action, &format!("{name} {}", change.permission), effective);
    no_content()
}
