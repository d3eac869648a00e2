//! Projects: told to system hooks; a beginning and an end also to the hooks of groups.

use serde_json::{Value, json};

use super::super::model::{Place, Project, User, level};
use super::super::world::World;
use super::{last, merged};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in super::super) enum ProjectEvent {
    Create,
    Destroy,
    Rename,
    Transfer,
    Update,
}

impl ProjectEvent {
    pub(in super::super) fn name(self) -> &'static str {
        match self {
            Self::Create => "project_create",
            Self::Destroy => "project_destroy",
            Self::Rename => "project_rename",
            Self::Transfer => "project_transfer",
            Self::Update => "project_update",
        }
    }
}

impl World {
    /// Tells of a project while it is there.
    pub(in super::super) fn tell_of_project(
        &mut self,
        project: u64,
        event: ProjectEvent,
        old_path: Option<&str>,
    ) {
        self.tell_instance(None, |world| world.project_event(project, event.name(), old_path));
        if matches!(event, ProjectEvent::Create | ProjectEvent::Destroy) {
            self.tell_project(project, "project_events", "Project Hook", |world| {
                world.project_event(project, event.name(), None)
            });
        }
    }

    pub(in super::super) fn project_event(
        &self,
        project: u64,
        name: &str,
        old_path: Option<&str>,
    ) -> Option<Value> {
        let project = self.projects.get(&project)?;
        let (path, owners) = (&project.path_with_namespace, self.owners(project));
        let owner = owners.first();
        let owners: Vec<Value> =
            owners.iter().map(|owner| json!({ "name": owner.name, "email": owner.email })).collect();
        let body = json!({
            "event_name": name, "name": last(path), "path": last(path), "path_with_namespace": path,
            "project_id": project.id, "project_namespace_id": self.namespace_id(project),
            "owner_name": owner.map(|owner| &owner.name), "owner_email": owner.map(|owner| &owner.email),
            "owners": owners, "project_visibility": project.visibility.to_string(),
        });
        let old = old_path.map(|old| json!({ "old_path_with_namespace": old }));
        Some(merged([self.dates(), body].into_iter().chain(old)))
    }

    /// Whose namespace it is: a person, or the owners in the group itself.
    fn owners(&self, project: &Project) -> Vec<&User> {
        if let Some(owner) = self.personal_owner(project) {
            return vec![owner];
        }
        let Some(group) = self.parent_of(&project.path_with_namespace) else { return Vec::new() };
        let place = Place::Group(group.id);
        let owners = self.memberships.iter().filter(|row| row.place == place && row.level >= level::OWNER);
        owners.filter_map(|row| self.users.get(&row.user?)).collect()
    }
}
