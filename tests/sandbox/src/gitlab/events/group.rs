//! Groups: told to system hooks; a subgroup that begins or ends also to the hooks of the groups above it.

use serde_json::{Value, json};

use super::super::world::World;
use super::{last, merged};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in super::super) enum GroupEvent<'a> {
    Create,
    Destroy,
    /// Its own part of the path has changed.
    Rename {
        from: &'a str,
    },
}

impl World {
    /// Tells of a group while it is there.
    pub(in super::super) fn tell_of_group(&mut self, group: u64, event: GroupEvent<'_>) {
        self.tell_instance(None, |world| world.group_event(group, event));
        let name = match event {
            GroupEvent::Create => "subgroup_create",
            GroupEvent::Destroy => "subgroup_destroy",
            GroupEvent::Rename { .. } => return,
        };
        let parent = self.groups.get(&group).and_then(|group| self.parent_of(&group.full_path));
        if let Some(parent) = parent.map(|parent| parent.id) {
            self.tell_group(parent, "subgroup_events", "Subgroup Hook", |world| {
                world.subgroup_event(group, name)
            });
        }
    }

    pub(in super::super) fn group_event(&self, group: u64, event: GroupEvent<'_>) -> Option<Value> {
        let group = self.groups.get(&group)?;
        let path = &group.full_path;
        let (name, old) = match event {
            GroupEvent::Create => ("group_create", None),
            GroupEvent::Destroy => ("group_destroy", None),
            GroupEvent::Rename { from } => {
                ("group_rename", Some(json!({ "old_path": last(from), "old_full_path": from })))
            }
        };
        let body = json!({
            "event_name": name, "name": last(path), "path": last(path), "full_path": path, "group_id": group.id,
        });
        Some(merged([self.dates(), body].into_iter().chain(old)))
    }

    pub(in super::super) fn subgroup_event(&self, group: u64, name: &str) -> Option<Value> {
        let group = self.groups.get(&group)?;
        let parent = self.parent_of(&group.full_path)?;
        let (path, above) = (&group.full_path, &parent.full_path);
        let body = json!({
            "event_name": name, "name": last(path), "path": last(path), "full_path": path, "group_id": group.id,
            "parent_group_id": parent.id, "parent_name": last(above), "parent_path": last(above),
            "parent_full_path": above,
        });
        Some(merged([self.dates(), body]))
    }
}
