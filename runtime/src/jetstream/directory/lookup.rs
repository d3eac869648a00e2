//! The directory in memory: by id, by path, by a path that something had before, and by the group above.

use std::{collections::BTreeSet, ops::Bound};

use async_nats::jetstream::kv;
use proto::{DirectoryGroup, DirectoryProject, FoundBy, GroupId, Presence, ProjectId};

use super::table::{Index, Table};
use crate::jetstream::{kv as bucket, mirror::Rows};

/// Everything that the directory knows.
#[derive(Debug, Default)]
pub struct Lookup {
    projects: Table<ProjectId, DirectoryProject>,
    groups: Table<GroupId, DirectoryGroup>,
    projects_of: Index<GroupId, ProjectId>,
    groups_of: Index<GroupId, GroupId>,
}

impl Lookup {
    /// The project with this id.
    #[must_use]
    pub fn project(&self, id: ProjectId) -> Option<&DirectoryProject> {
        self.projects.get(id)
    }

    /// The group with this id.
    #[must_use]
    pub fn group(&self, id: GroupId) -> Option<&DirectoryGroup> {
        self.groups.get(id)
    }

    /// The project with this id or path.
    #[must_use]
    pub fn find_project(&self, name: &str) -> Option<(&DirectoryProject, FoundBy)> {
        let by_id = name.parse().ok().and_then(|id| self.project(ProjectId(id)));
        by_id.map(|found| (found, FoundBy::Id)).or_else(|| self.projects.find(name))
    }

    /// The group with this id or path.
    #[must_use]
    pub fn find_group(&self, name: &str) -> Option<(&DirectoryGroup, FoundBy)> {
        let by_id = name.parse().ok().and_then(|id| self.group(GroupId(id)));
        by_id.map(|found| (found, FoundBy::Id)).or_else(|| self.groups.find(name))
    }

    /// The projects that lie in this very group, by id, behind `after`.
    pub fn projects_in(
        &self,
        group: GroupId,
        after: Option<ProjectId>,
    ) -> impl Iterator<Item = &DirectoryProject> {
        let behind = (after.map_or(Bound::Unbounded, Bound::Excluded), Bound::Unbounded);
        let ids = self.projects_of.get(&group).into_iter().flat_map(move |ids| ids.range(behind));
        ids.filter_map(|id| self.project(*id))
    }

    /// The projects that lie in the group and in the groups below it, by id, behind `after`.
    #[must_use]
    pub fn projects_below(&self, group: GroupId, after: Option<ProjectId>) -> Vec<&DirectoryProject> {
        let groups = [group].into_iter().chain(self.groups_below(group));
        let mut found: Vec<_> = groups.flat_map(|group| self.projects_in(group, after)).collect();
        found.sort_unstable_by_key(|project| project.id);
        found
    }

    /// The groups below the group, by id.
    #[must_use]
    pub fn groups_below(&self, group: GroupId) -> BTreeSet<GroupId> {
        let (mut found, mut open) = (BTreeSet::new(), vec![group]);
        while let Some(above) = open.pop() {
            for below in self.groups_of.get(&above).into_iter().flatten() {
                // Readings of different moments may make a circle of groups.
                if *below != group && found.insert(*below) {
                    open.push(*below);
                }
            }
        }
        found
    }

    /// The projects that are there, as far as it is known, behind `after` and up to `last`; up to the end where that is none.
    #[must_use]
    pub fn present(&self, after: Option<ProjectId>, last: Option<ProjectId>) -> BTreeSet<ProjectId> {
        let is_between = |id: ProjectId| Some(id) > after && last.is_none_or(|last| id <= last);
        let there = self.projects.all().filter(|project| project.presence == Presence::Present);
        there.map(|project| project.id).filter(|id| is_between(*id)).collect()
    }

    /// The projects that lie in the personal namespace of this name.
    #[must_use]
    pub fn personal_projects(&self, username: &str) -> Vec<ProjectId> {
        let is_theirs = |project: &&DirectoryProject| {
            let namespace = project.path.rsplit_once('/').map(|(namespace, _)| namespace);
            project.group.is_none() && namespace.is_some_and(|name| name.eq_ignore_ascii_case(username))
        };
        let mut found: Vec<_> = self.projects.all().filter(is_theirs).map(|found| found.id).collect();
        found.sort_unstable();
        found
    }

    /// Takes what is known of a project. What is older than what is here is not: it was on its way meanwhile.
    pub fn take_project(&mut self, project: DirectoryProject) {
        let (id, group) = (project.id, project.group);
        if let Some(before) = self.projects.take(id, project) {
            self.projects_of.replace(before.and_then(|before| before.group), group, id);
        }
    }

    /// Takes what is known of a group.
    pub fn take_group(&mut self, group: DirectoryGroup) {
        let (id, parent) = (group.id, group.parent);
        if let Some(before) = self.groups.take(id, group) {
            self.groups_of.replace(before.and_then(|before| before.parent), parent, id);
        }
    }
}

impl Rows for Lookup {
    fn take(&mut self, entry: &kv::Entry) {
        // Nothing is ever removed from the directory, and what another version wrote is as good as nothing.
        match entry.key.split_once('.') {
            Some(("project", _)) => {
                bucket::read(entry).ok().flatten().into_iter().for_each(|found| self.take_project(found));
            }
            Some(("group", _)) => {
                bucket::read(entry).ok().flatten().into_iter().for_each(|found| self.take_group(found));
            }
            _ => {}
        }
    }
}
