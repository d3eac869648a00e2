//! The rules of one grant or revoke, in the server's own order of checks.
//!
//! On a public project `user` and `codeviewer` are implied: granting them is accepted and dropped, revoking them is an
//! error. On a private project Anyone can have nothing. There is a guard for the last global administrator and none
//! for the last of a project.

use super::app::Refusal;
use super::model::{GLOBAL_PERMISSIONS, Grantee, PUBLIC_PERMISSIONS, Project, Visibility};
use super::world::World;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Operation {
    Add,
    Remove,
}

/// One permission of one grantee; without a project it is a GLOBAL permission.
#[derive(Debug)]
pub(super) struct Change<'a> {
    pub(super) operation: Operation,
    pub(super) grantee: Grantee,
    pub(super) permission: &'a str,
    pub(super) project: Option<&'a str>,
}

impl Change<'_> {
    fn is_about_anyone(&self) -> bool {
        self.grantee == Grantee::anyone()
    }

    fn is_adding(&self) -> bool {
        self.operation == Operation::Add
    }
}

impl World {
    /// Carries it out; true when something was written.
    pub(super) fn change(&mut self, change: &Change<'_>) -> Result<bool, Refusal> {
        self.check_permission(change)?;
        let project = change.project.and_then(|key| self.projects.get(key));
        if let Some(done) = project.map_or(Ok(None), |project| by_visibility(change, project))? {
            return Ok(done);
        }
        if change.is_adding() && change.is_about_anyone() && change.permission == "admin" {
            return Err(Refusal::invalid(
                "It is not possible to add the 'admin' permission to group 'Anyone'.",
            ));
        }
        if !change.is_adding() && change.project.is_none() {
            self.keep_last_admin(change)?;
        }
        let grants = match change.project.and_then(|key| self.projects.get_mut(key)) {
            Some(project) => &mut project.grants,
            None => &mut self.global,
        };
        Ok(match change.operation {
            Operation::Add => grants.insert(change.grantee.clone(), change.permission),
            Operation::Remove => grants.remove(&change.grantee, change.permission),
        })
    }

    fn check_permission(&self, change: &Change<'_>) -> Result<(), Refusal> {
        let (scope, valid) = match change.project {
            Some(_) => ("project", self.project_permissions.clone()),
            None => ("global", GLOBAL_PERMISSIONS.map(str::to_owned).to_vec()),
        };
        if valid.iter().any(|known| known == change.permission) {
            return Ok(());
        }
        let (given, valid) = (change.permission, valid.join(", "));
        Err(Refusal::invalid(format!("Invalid {scope} permission '{given}'. Valid values are [{valid}]")))
    }

    fn keep_last_admin(&self, change: &Change<'_>) -> Result<(), Refusal> {
        if change.permission != "admin" || !self.global.has(&change.grantee, "admin") {
            return Ok(());
        }
        let mut others = self.global.clone();
        others.remove(&change.grantee, "admin");
        let remains = |id: &str| {
            others.has(&Grantee::User(id.to_owned()), "admin")
                || self.groups_of(id).any(|group| others.has(&Grantee::Group(group.to_owned()), "admin"))
        };
        if self.users.values().any(|user| user.active && remains(&user.id)) {
            return Ok(());
        }
        let kind = if matches!(change.grantee, Grantee::User(_)) { "user" } else { "group" };
        Err(Refusal::invalid(format!("Last {kind} with permission 'admin'. Permission cannot be removed.")))
    }
}

/// `Some` when the project's visibility alone decides.
fn by_visibility(change: &Change<'_>, project: &Project) -> Result<Option<bool>, Refusal> {
    let implied = PUBLIC_PERMISSIONS.contains(&change.permission);
    match (project.visibility, change.operation) {
        (Visibility::Public, Operation::Add) if implied => Ok(Some(false)),
        (Visibility::Public, Operation::Remove) if implied => {
            let permission = change.permission;
            Err(Refusal::invalid(format!("Permission {permission} can't be removed from a public component")))
        }
        (Visibility::Private, Operation::Add) if change.is_about_anyone() => {
            Err(Refusal::invalid("No permission can be granted to Anyone on a private component"))
        }
        (Visibility::Private, Operation::Remove) if change.is_about_anyone() => Ok(Some(false)),
        _ => Ok(None),
    }
}
