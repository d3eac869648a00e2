//! Memberships. Those of projects are told to system hooks alone; those of groups to system hooks, and to the hooks of the
//! group and of all above it.

use serde_json::{Value, json};

use super::super::model::{Membership, Place, User};
use super::super::world::World;
use super::{last, merged, role};

/// What became of a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in super::super) enum MemberEvent {
    Added,
    /// Its level or its end.
    Updated,
    /// Something else of it, such as a seat: only system hooks are told.
    Saved,
    Removed,
    Requested,
    Denied,
}

impl MemberEvent {
    /// What changing a row amounts to. While nobody has accepted it, it is no membership yet.
    pub(in super::super) fn between(before: &Membership, after: &Membership) -> Option<Self> {
        let pending = |row: &Membership| row.user.is_none() || row.access_request;
        match (pending(before), pending(after)) {
            (_, true) => None,
            (true, false) => Some(Self::Added),
            _ if before == after => None,
            _ if (before.level, &before.expires_at) != (after.level, &after.expires_at) => {
                Some(Self::Updated)
            }
            _ => Some(Self::Saved),
        }
    }

    fn of_project(self) -> &'static str {
        match self {
            Self::Added => "user_add_to_team",
            Self::Updated | Self::Saved => "user_update_for_team",
            Self::Removed => "user_remove_from_team",
            Self::Requested => "user_access_request_to_project",
            Self::Denied => "user_access_request_revoked_for_project",
        }
    }

    fn of_group(self) -> &'static str {
        match self {
            Self::Added => "user_add_to_group",
            Self::Updated | Self::Saved => "user_update_for_group",
            Self::Removed => "user_remove_from_group",
            Self::Requested => "user_access_request_to_group",
            Self::Denied => "user_access_request_revoked_for_group",
        }
    }

    /// The name in the hooks of groups.
    fn of_group_hook(self) -> Option<&'static str> {
        match self {
            Self::Saved => None,
            Self::Denied => Some("user_access_request_denied_for_group"),
            other => Some(other.of_group()),
        }
    }
}

impl World {
    /// Tells of a row while it is there.
    pub(in super::super) fn tell_of_member(&mut self, row: u64, event: Option<MemberEvent>) {
        let Some(event) = event.filter(|_| !self.hooks.by_id.is_empty()) else { return };
        let Some(row) = self.memberships.iter().find(|known| known.id == row).cloned() else { return };
        match row.place {
            Place::Project(project) => {
                self.tell_instance(None, |world| world.project_member(event.of_project(), &row, project));
            }
            Place::Group(group) => {
                self.tell_instance(None, |world| world.group_member(event.of_group(), &row, group));
                let Some(name) = event.of_group_hook() else { return };
                self.tell_group(group, "member_events", "Member Hook", |world| {
                    world.group_hook_member(name, &row, group)
                });
            }
        }
    }

    pub(in super::super) fn project_member(
        &self,
        name: &str,
        row: &Membership,
        project: u64,
    ) -> Option<Value> {
        let (project, user) = (self.projects.get(&project)?, self.users.get(&row.user?)?);
        let path = &project.path_with_namespace;
        let of_project = json!({
            "event_name": name, "access_level": role(row.level), "project_id": project.id,
            "project_name": last(path), "project_path": last(path), "project_path_with_namespace": path,
            "project_visibility": project.visibility.to_string(),
        });
        Some(merged([self.dates(), of_project, person(user)]))
    }

    pub(in super::super) fn group_member(&self, name: &str, row: &Membership, group: u64) -> Option<Value> {
        let (group, user) = (self.groups.get(&group)?, self.users.get(&row.user?)?);
        let path = last(&group.full_path);
        let of_group = json!({
            "event_name": name, "group_access": role(row.level), "group_id": group.id, "group_name": path,
            "group_path": path,
        });
        Some(merged([self.dates(), of_group, person(user)]))
    }

    /// The same with what system hooks lack.
    pub(in super::super) fn group_hook_member(
        &self,
        name: &str,
        row: &Membership,
        group: u64,
    ) -> Option<Value> {
        let ends = row.expires_at.as_ref().map(|date| format!("{date}T00:00:00Z"));
        let more = json!({ "group_plan": null, "expires_at": ends });
        Some(merged([self.group_member(name, row, group)?, more]))
    }
}

fn person(user: &User) -> Value {
    json!({
        "user_id": user.id, "user_username": user.username, "user_name": user.name, "user_email": user.email,
    })
}
