//! Random worlds: nested groups, projects in them and in a person's own namespace, memberships and invitations.

use proptest::{
    collection::vec,
    option,
    prelude::*,
    sample::{Index, select},
};
use sandbox::gitlab::{Place, World, level};

/// A world in numbers: groups are 1 to 7, projects 100 and up, people 1 to 4.
#[derive(Debug, Clone)]
pub(crate) struct Sketch {
    /// The parent of each group but the first: one before it.
    parents: Vec<Option<Index>>,
    /// The group of each project, and whether its invitations are locked.
    projects: Vec<(Option<Index>, bool)>,
    memberships: Vec<(Index, u64, u16)>,
    links: Vec<(Index, Index, u16)>,
}

pub(crate) fn levels() -> impl Strategy<Value = u16> {
    select(vec![level::GUEST, level::REPORTER, level::DEVELOPER, level::MAINTAINER, level::OWNER])
}

pub(crate) fn people() -> impl Strategy<Value = u64> {
    1..5_u64
}

pub(crate) fn sketches() -> impl Strategy<Value = Sketch> {
    (
        vec(option::weighted(0.7, any::<Index>()), 1..7),
        vec((option::weighted(0.9, any::<Index>()), proptest::bool::weighted(0.1)), 1..9),
        vec((any::<Index>(), people(), levels()), 0..12),
        vec((any::<Index>(), any::<Index>(), levels()), 0..8),
    )
        .prop_map(|(parents, projects, memberships, links)| Sketch {
            parents,
            projects,
            memberships,
            links,
        })
}

impl Sketch {
    fn groups(&self) -> usize {
        self.parents.len() + 1
    }

    pub(crate) fn group(&self, index: &Index) -> u64 {
        index.index(self.groups()) as u64 + 1
    }

    /// Groups and projects alike.
    pub(crate) fn place(&self, index: &Index) -> Place {
        match index.index(self.groups() + self.projects.len()) {
            group if group < self.groups() => Place::Group(group as u64 + 1),
            project => Place::Project((project - self.groups()) as u64 + 100),
        }
    }

    pub(crate) fn draw(&self, world: &mut World) {
        let mut paths = vec!["g1".to_owned()];
        for (parent, id) in self.parents.iter().zip(2..) {
            let above = parent.map(|parent| format!("{}/", parent.get::<String>(&paths)));
            paths.push(format!("{}g{id}", above.unwrap_or_default()));
        }
        for (path, id) in paths.iter().zip(1..) {
            world.add_group(id, path);
        }
        for id in 1..5 {
            world.add_user(id, &format!("person-{id}"));
        }
        for ((group, locked), id) in self.projects.iter().zip(100..) {
            let above = group.map_or("somebody", |group| group.get::<String>(&paths).as_str());
            world.add_project(id, &format!("{above}/p{id}"));
            world.projects.get_mut(&id).unwrap().share_with_group_lock = *locked;
        }
        for (place, person, level) in &self.memberships {
            world.add_member(self.place(place), *person, *level);
        }
        for (place, group, level) in &self.links {
            world.invite_group(self.place(place), self.group(group), *level);
        }
    }
}
