//! Who has which access: GitLab's published rule, as its authorization table follows it.
//!
//! Effective level of a person in a project = the maximum of the direct membership, the group's (with its ancestors
//! and the *direct* members of groups invited to any of them), and of each group invited to the project itself
//! (capped; direct, inherited and shared members of that group; nothing under the share lock). Expiry dates are not
//! looked at: GitLab goes on granting until a nightly job removes the row.

use std::collections::BTreeMap;

use super::model::{Membership, MembershipState, Place, Project, level};
use super::world::World;

type Levels = BTreeMap<u64, u16>;

impl World {
    /// The access of everybody who has any, by user id. Blocked people keep their rows.
    pub fn effective(&self, project: u64) -> Levels {
        self.projects.get(&project).map(|project| self.levels_in_project(project)).unwrap_or_default()
    }

    /// What the person's memberships in the group, above it, and of groups invited there amount to.
    pub fn level_in_group(&self, user: u64, group: u64) -> u16 {
        self.levels_in_group(group).get(&user).copied().unwrap_or_default()
    }

    /// The authorization table falls behind from here on: changes show their raw, uncapped or old levels.
    pub fn start_lag(&mut self) {
        self.stale = Some(self.all_authorizations());
    }

    /// The authorization table has caught up; it goes on falling behind when it did before.
    pub fn settle(&mut self) {
        if self.stale.is_some() {
            self.start_lag();
        }
    }

    /// The authorization table is up to date, and stays so.
    pub fn stop_lag(&mut self) {
        self.stale = None;
    }

    /// The authorization rows of a project as the member list reads them.
    pub(super) fn authorizations(&self, project: &Project) -> Levels {
        let Some(stale) = &self.stale else { return self.levels_in_project(project) };
        let rows = stale.range((project.id, 0)..=(project.id, u64::MAX));
        rows.map(|((_, user), level)| (*user, *level)).collect()
    }

    fn all_authorizations(&self) -> BTreeMap<(u64, u64), u16> {
        let of = |project: &Project| (project.id, self.levels_in_project(project));
        let rows = self.projects.values().map(of);
        rows.flat_map(|(id, levels)| levels.into_iter().map(move |(user, level)| ((id, user), level)))
            .collect()
    }

    fn levels_in_project(&self, project: &Project) -> Levels {
        let mut levels = self.direct(Place::Project(project.id));
        if let Some(owner) = self.personal_owner(project) {
            raise(&mut levels, [(owner.id, level::OWNER)]);
        }
        if let Some(group) = self.parent_of(&project.path_with_namespace) {
            raise(&mut levels, self.levels_in_group(group.id));
        }
        if !self.is_share_locked(project) {
            for link in self.links_of(Place::Project(project.id)).filter(|link| link.level > level::MINIMAL) {
                raise(&mut levels, capped(self.levels_in_group(link.group), link.level));
            }
        }
        levels
    }

    fn levels_in_group(&self, group: u64) -> Levels {
        let mut levels = Levels::new();
        for group in self.lineage(group) {
            raise(&mut levels, self.direct(Place::Group(group.id)));
            for link in self.links_of(Place::Group(group.id)).filter(|link| link.level > level::MINIMAL) {
                raise(&mut levels, capped(self.direct(Place::Group(link.group)), link.level));
            }
        }
        levels
    }

    fn direct(&self, place: Place) -> Levels {
        let mut levels = Levels::new();
        let rows = self.memberships.iter().filter(|row| row.place == place && row.counts());
        raise(&mut levels, rows.filter_map(|row| Some((row.user?, row.level))));
        levels
    }
}

impl Membership {
    fn counts(&self) -> bool {
        self.state == MembershipState::Active && !self.access_request && self.level > level::MINIMAL
    }
}

fn capped(levels: Levels, cap: u16) -> impl Iterator<Item = (u64, u16)> {
    levels.into_iter().map(move |(user, level)| (user, level.min(cap)))
}

fn raise(levels: &mut Levels, others: impl IntoIterator<Item = (u64, u16)>) {
    for (user, other) in others {
        let level = levels.entry(user).or_default();
        *level = (*level).max(other);
    }
}
