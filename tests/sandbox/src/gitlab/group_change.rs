//! Changes of groups. GitLab tells of few: a new path of its own, a beginning and an end; not of a new parent, and of no
//! setting. Paths of what lies below change without a word of their own.

use super::events::GroupEvent;
use super::model::{Place, Visibility};
use super::project_change::join;
use super::world::World;

impl World {
    /// Another last part of the path: the only move that is told.
    pub fn rename_group(&mut self, group: u64, path: &str) {
        let Some(old) = self.groups.get(&group).map(|group| group.full_path.clone()) else { return };
        let new = join(old.rsplit_once('/').map_or("", |(above, _)| above), path);
        if new != old {
            self.put_group(&old, &new);
            self.tell_of_group(group, GroupEvent::Rename { from: &old });
        }
    }

    /// Below another group, or to the top. Told to nobody.
    pub fn move_group(&mut self, group: u64, parent: Option<u64>) {
        let above = parent.and_then(|parent| self.groups.get(&parent)).map(|parent| parent.full_path.clone());
        let Some(old) = self.groups.get(&group).map(|group| group.full_path.clone()) else { return };
        let own = old.rsplit('/').next().unwrap_or_default();
        let new = join(&above.unwrap_or_default(), own);
        if !new.starts_with(&format!("{old}/")) && new != old {
            self.put_group(&old, &new);
        }
    }

    /// Told to nobody.
    pub fn set_group_visibility(&mut self, group: u64, visibility: Visibility) {
        if let Some(group) = self.groups.get_mut(&group) {
            group.visibility = visibility;
        }
    }

    /// Told to nobody.
    pub fn set_share_lock(&mut self, group: u64, locked: bool) {
        if let Some(group) = self.groups.get_mut(&group) {
            group.share_with_group_lock = locked;
        }
    }

    /// The group is gone, and all that lies below it; whoever invited it has it no more.
    pub fn delete_group(&mut self, group: u64) {
        let Some(path) = self.groups.get(&group).map(|group| group.full_path.clone()) else { return };
        let projects: Vec<u64> = self.projects_below(group).map(|project| project.id).collect();
        for project in projects {
            self.delete_project(project);
        }
        let mut below: Vec<(String, u64)> =
            self.groups.values().map(|group| (group.full_path.clone(), group.id)).collect();
        below.retain(|(below, _)| *below == path || below.starts_with(&format!("{path}/")));
        below.sort_by_key(|(path, _)| std::cmp::Reverse(path.len()));
        for (_, id) in below {
            self.tell_of_group(id, GroupEvent::Destroy);
            self.forget_place(Place::Group(id));
            self.links.retain(|link| link.group != id);
            self.groups.remove(&id);
        }
    }

    /// Everything at this path and below it lies elsewhere from now on.
    pub(super) fn put_group(&mut self, old: &str, new: &str) {
        let moved = |path: &str| {
            let rest = path.strip_prefix(old).filter(|rest| rest.is_empty() || rest.starts_with('/'))?;
            Some(format!("{new}{rest}"))
        };
        for group in self.groups.values_mut() {
            if let Some(path) = moved(&group.full_path) {
                group.full_path = path;
            }
        }
        let projects: Vec<(u64, String)> = self
            .projects
            .values()
            .filter_map(|project| Some((project.id, moved(&project.path_with_namespace)?)))
            .collect();
        for (id, path) in projects {
            self.put_project(id, &path);
        }
    }
}
