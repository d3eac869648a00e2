//! `projects/update_visibility` and what a flip does to the grants.
//!
//! To private: Anyone's rows go, and every grantee with any row gets `user` and `codeviewer`. To public: every `user`
//! and `codeviewer` row goes. The project's own `admin` is needed: a system administrator without it is refused.

use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::routing::post;

use super::app::{Answer, App, Refusal, no_content};
use super::auth::Caller;
use super::model::{Grantee, Grants, PUBLIC_PERMISSIONS, Project, Visibility};
use super::params::Params;

pub(super) fn routes() -> Router<Arc<App>> {
    Router::new()
        .route("/api/projects/update_visibility", post(update))
        .route("/api/projects/update_default_visibility", post(update_default))
}

pub(super) fn parse(params: &Params, name: &str) -> Result<Visibility, Refusal> {
    match params.required(name)? {
        "private" => Ok(Visibility::Private),
        "public" => Ok(Visibility::Public),
        other => {
            let text = format!("Value of parameter '{name}' ({other}) must be one of: [private, public]");
            Err(Refusal::invalid(text))
        }
    }
}

/// The rows of a template that a project of this visibility can store.
pub(super) fn fitting(template: &Grants, visibility: Visibility) -> Grants {
    let mut grants = Grants::default();
    for (grantee, permission) in template.iter() {
        let implied = visibility == Visibility::Public && PUBLIC_PERMISSIONS.contains(&permission);
        let closed = visibility == Visibility::Private && *grantee == Grantee::anyone();
        if !implied && !closed {
            grants.insert(grantee.clone(), permission);
        }
    }
    grants
}

fn flip(project: &mut Project, visibility: Visibility) {
    project.visibility = visibility;
    if visibility == Visibility::Private {
        project.grants.remove_grantee(&Grantee::anyone());
    }
    let grantees: Vec<Grantee> = project.grants.grantees().cloned().collect();
    for grantee in grantees {
        for permission in PUBLIC_PERMISSIONS {
            match visibility {
                Visibility::Private => project.grants.insert(grantee.clone(), permission),
                Visibility::Public => project.grants.remove(&grantee, permission),
            };
        }
    }
}

/// Project, own right, setting, managed, background task; the task is looked at even when nothing would change.
async fn update(State(app): State<Arc<App>>, caller: Caller, params: Params) -> Answer {
    let mut world = app.world();
    let key = params.required("project")?;
    let visibility = parse(&params, "visibility")?;
    let unknown = || Refusal::invalid("Component must be a project, a portfolio or an application");
    let project = world.projects.get(key).ok_or_else(unknown)?;
    world.require_on_project(&caller, project, "admin")?;
    if !world.project_admins_manage_permissions {
        world.require_global(&caller, "admin")?;
    }
    if project.managed {
        return Err(Refusal::invalid("Operation not allowed when the project is externally managed."));
    }
    if project.task_running {
        return Err(Refusal::internal());
    }
    let effective = project.visibility != visibility;
    if let Some(project) = world.projects.get_mut(key).filter(|_| effective) {
        flip(project, visibility);
    }
    world.log(&caller, Some(key), "update_visibility", &visibility.to_string(), effective);
    no_content()
}

async fn update_default(State(app): State<Arc<App>>, caller: Caller, params: Params) -> Answer {
    let mut world = app.world();
    world.require_global(&caller, "admin")?;
    world.default_visibility = parse(&params, "projectVisibility")?;
    world.log(&caller, None, "update_default_visibility", params.required("projectVisibility")?, true);
    no_content()
}
