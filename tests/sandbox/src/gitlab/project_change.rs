//! Changes of projects, in GitLab's words. Ids stay, paths do not.

use super::events::ProjectEvent;
use super::model::{Place, Project, Visibility};
use super::world::World;

impl World {
    pub fn set_visibility(&mut self, project: u64, visibility: Visibility) {
        self.update_project(project, |project| project.visibility = visibility);
    }

    pub fn archive_project(&mut self, project: u64) {
        self.update_project(project, |project| project.archived = true);
    }

    pub fn unarchive_project(&mut self, project: u64) {
        self.update_project(project, |project| project.archived = false);
    }

    /// It is deleted on this date (`2030-01-01`), by somebody who calls [`World::delete_project`].
    pub fn mark_for_deletion(&mut self, project: u64, date: &str) {
        self.update_project(project, |project| project.marked_for_deletion = Some(date.to_owned()));
    }

    /// Another last part of the path; the old path redirects.
    pub fn rename_project(&mut self, project: u64, path: &str) {
        let Some((namespace, own)) = self.split_path(project).filter(|(_, own)| own != path) else { return };
        self.put_project(project, &join(&namespace, path));
        self.tell_of_project(project, ProjectEvent::Rename, Some(&join(&namespace, &own)));
    }

    /// Into another group, or the namespace of a person.
    pub fn transfer_project(&mut self, project: u64, to: &str) {
        let Some((namespace, own)) = self.split_path(project).filter(|(from, _)| from != to) else { return };
        self.put_project(project, &join(to, &own));
        self.tell_of_project(project, ProjectEvent::Transfer, Some(&join(&namespace, &own)));
    }

    /// Transfers, renames, or does one after the other, until the project has this path.
    pub fn move_project(&mut self, project: u64, path_with_namespace: &str) {
        let (namespace, own) = path_with_namespace.rsplit_once('/').unwrap_or(("", path_with_namespace));
        self.transfer_project(project, namespace);
        self.rename_project(project, own);
    }

    /// The project is gone, and with it its memberships, invitations, jobs and hooks.
    pub fn delete_project(&mut self, project: u64) {
        self.tell_of_project(project, ProjectEvent::Destroy, None);
        self.forget_place(Place::Project(project));
        self.jobs.retain(|_, job| job.project != project);
        self.projects.remove(&project);
    }

    /// What GitLab tells of as an update, without saying what has changed.
    fn update_project(&mut self, id: u64, change: impl FnOnce(&mut Project)) {
        let Some(project) = self.projects.get_mut(&id) else { return };
        let before = project.clone();
        change(project);
        if *project != before {
            self.tell_of_project(id, ProjectEvent::Update, None);
        }
    }

    /// Moves it without a word, as also happens to projects below a group that moves.
    pub(super) fn put_project(&mut self, project: u64, path: &str) {
        self.forget_old_path(path);
        if let Some(project) = self.projects.get_mut(&project) {
            let old = std::mem::replace(&mut project.path_with_namespace, path.to_owned());
            project.old_paths.retain(|known| *known != old);
            project.old_paths.push(old);
        }
    }

    /// A path that is taken redirects nowhere any more.
    pub(super) fn forget_old_path(&mut self, path: &str) {
        for project in self.projects.values_mut() {
            project.old_paths.retain(|old| !old.eq_ignore_ascii_case(path));
        }
    }

    pub(super) fn forget_place(&mut self, place: Place) {
        self.memberships.retain(|row| row.place != place);
        self.links.retain(|link| link.place != place);
        self.hooks.by_id.retain(|_, hook| !hook.owner.is_of(place));
    }

    /// The namespace, and the last part of the path.
    fn split_path(&self, project: u64) -> Option<(String, String)> {
        let path = &self.projects.get(&project)?.path_with_namespace;
        let (namespace, own) = path.rsplit_once('/').unwrap_or(("", path));
        Some((namespace.to_owned(), own.to_owned()))
    }
}

/// Nothing lies before the first part of a path.
pub(super) fn join(namespace: &str, own: &str) -> String {
    if namespace.is_empty() { own.to_owned() } else { format!("{namespace}/{own}") }
}
