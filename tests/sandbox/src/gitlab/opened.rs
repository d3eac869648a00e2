//! The world of a GitLab that is served, locked for one caller.
//!
//! A long member list is asked for page by page, and a page takes as long to work out as the whole list. So the lists
//! are kept until somebody takes the world to change it: what is answered is the same.

use std::collections::HashMap;
use std::ops::{Deref, DerefMut};
use std::sync::{Arc, Mutex, MutexGuard};

use super::listing::Listed;
use super::model::Project;
use super::world::World;
use crate::lock::lock;

/// The world, and what `projects/:id/members/all` shows of it: by project and caller.
#[derive(Debug)]
pub(super) struct Served {
    world: World,
    lists: HashMap<(u64, u64), Arc<[Listed]>>,
}

impl Served {
    pub(super) fn new(world: World) -> Self {
        Self { world, lists: HashMap::new() }
    }
}

/// The world while it is locked. Whoever changes it by this starts a new world as far as the kept lists go.
#[derive(Debug)]
pub struct Opened<'a>(MutexGuard<'a, Served>);

impl<'a> Opened<'a> {
    pub(super) fn new(served: &'a Mutex<Served>) -> Self {
        Self(lock(served))
    }

    /// [`World::all_members`], worked out once.
    pub(super) fn listed(&mut self, project: u64, caller: u64) -> Arc<[Listed]> {
        let Served { world, lists } = &mut *self.0;
        let of = |project: &Project| world.all_members(project, caller);
        let list = || world.projects.get(&project).map(of).unwrap_or_default().into();
        Arc::clone(lists.entry((project, caller)).or_insert_with(list))
    }
}

impl Deref for Opened<'_> {
    type Target = World;

    fn deref(&self) -> &World {
        &self.0.world
    }
}

impl DerefMut for Opened<'_> {
    fn deref_mut(&mut self) -> &mut World {
        self.0.lists.clear();
        &mut self.0.world
    }
}
