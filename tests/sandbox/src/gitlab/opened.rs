//! The world of a GitLab that is served, locked for one caller.
//!
//! A long member list is asked for page by page, and a page takes as long to work out as the whole list. So the lists
//! are kept until somebody takes the world to change it: what is answered is the same.

use std::collections::HashMap;
use std::ops::{Deref, DerefMut};
use std::sync::{Arc, Mutex, MutexGuard};

use super::hooks::Courier;
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
/// Events that its changes made are on their way as soon as it is given back.
#[derive(Debug)]
pub struct Opened<'a> {
    served: MutexGuard<'a, Served>,
    courier: &'a Courier,
}

impl<'a> Opened<'a> {
    pub(super) fn new(served: &'a Mutex<Served>, courier: &'a Courier) -> Self {
        Self { served: lock(served), courier }
    }

    /// [`World::all_members`], worked out once.
    pub(super) fn listed(&mut self, project: u64, caller: u64) -> Arc<[Listed]> {
        let Served { world, lists } = &mut *self.served;
        let of = |project: &Project| world.all_members(project, caller);
        let list = || world.projects.get(&project).map(of).unwrap_or_default().into();
        Arc::clone(lists.entry((project, caller)).or_insert_with(list))
    }
}

impl Deref for Opened<'_> {
    type Target = World;

    fn deref(&self) -> &World {
        &self.served.world
    }
}

impl DerefMut for Opened<'_> {
    fn deref_mut(&mut self) -> &mut World {
        self.served.lists.clear();
        &mut self.served.world
    }
}

impl Drop for Opened<'_> {
    fn drop(&mut self) {
        self.courier.hand_over(std::mem::take(&mut self.served.world.hooks.outbox));
    }
}
