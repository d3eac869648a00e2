//! What a caller may do. A token has the rights of its user; analysis tokens have next to none.
//!
//! A system administrator has no right on a project by that alone: only rows of the project count.

use super::app::Refusal;
use super::auth::{Caller, Power};
use super::model::{Grantee, Grants, PUBLIC_PERMISSIONS, Project, Visibility};
use super::world::World;

impl World {
    pub(super) fn has_global(&self, caller: &Caller, permission: &str) -> bool {
        match caller.power {
            Power::Full => self.holds(&self.global, caller.user.as_deref(), permission),
            Power::Analysis => {
                matches!(permission, "scan" | "provisioning")
                    && self.holds(&self.global, caller.user.as_deref(), permission)
            }
        }
    }

    pub(super) fn has_on_project(&self, caller: &Caller, project: &Project, permission: &str) -> bool {
        let open = project.visibility == Visibility::Public && PUBLIC_PERMISSIONS.contains(&permission);
        open || (caller.power == Power::Full
            && self.holds(&project.grants, caller.user.as_deref(), permission))
    }

    fn holds(&self, grants: &Grants, user: Option<&str>, permission: &str) -> bool {
        if grants.has(&Grantee::anyone(), permission) {
            return true;
        }
        let Some(user) = user else { return false };
        grants.has(&Grantee::User(user.to_owned()), permission)
            || self.groups_of(user).any(|group| grants.has(&Grantee::Group(group.to_owned()), permission))
    }

    /// Ids of the groups of a user, the default group included.
    pub(super) fn groups_of<'a>(&'a self, user: &'a str) -> impl Iterator<Item = &'a str> {
        self.groups.values().filter(move |group| self.is_member(user, group)).map(|group| group.id.as_str())
    }

    pub(super) fn require_global(&self, caller: &Caller, permission: &str) -> Result<(), Refusal> {
        require(caller, self.has_global(caller, permission))
    }

    pub(super) fn require_on_project(
        &self,
        caller: &Caller,
        project: &Project,
        permission: &str,
    ) -> Result<(), Refusal> {
        require(caller, self.has_on_project(caller, project, permission))
    }

    /// Who may read and write permissions: a system administrator, or the project's own when the setting allows it.
    pub(super) fn require_permission_management(
        &self,
        caller: &Caller,
        project: Option<&Project>,
    ) -> Result<(), Refusal> {
        let by_project = project.is_some_and(|project| {
            self.project_admins_manage_permissions && self.has_on_project(caller, project, "admin")
        });
        require(caller, by_project || self.has_global(caller, "admin"))
    }
}

fn require(caller: &Caller, allowed: bool) -> Result<(), Refusal> {
    match (allowed, &caller.user) {
        (true, _) => Ok(()),
        (false, None) => Err(Refusal::new(401, "Authentication is required")),
        (false, Some(_)) => Err(Refusal::new(403, "Insufficient privileges")),
    }
}
