//! What holds of the paths in any world.
#![expect(clippy::indexing_slicing, reason = "a world has every group that it names")]

use std::collections::BTreeMap;

use access::{Facts, GroupFacts, Invitation, Membership, Paths, PersonPaths, paths};
use proptest::{prelude::*, sample::subsequence};
use proto::{AccessLevel, AccessPath, GroupId, Place, Step, UserId};

use crate::{
    published_rule::{World, level_in_project},
    settings,
    worlds::{everybody, some_world},
};

/// How many worlds are compared with the published rule.
const WORLDS: u32 = 10_000;

fn many() -> ProptestConfig {
    ProptestConfig { cases: WORLDS, ..settings() }
}

fn level(paths: &Paths, user: UserId) -> AccessLevel {
    paths.people.get(&user).map_or(AccessLevel::None, PersonPaths::level)
}

fn some_shuffle<T: Clone + std::fmt::Debug + 'static>(list: Vec<T>) -> impl Strategy<Value = Vec<T>> {
    let repeated = subsequence(list.clone(), 0..=list.len());
    repeated.prop_map(move |more| [list.clone(), more].concat()).prop_shuffle()
}

/// The same facts, every list in another order and with some lines twice.
fn reshuffled(facts: &Facts) -> impl Strategy<Value = Facts> + use<> {
    let groups: Vec<_> = facts.groups.iter().map(|(id, group)| reshuffled_group(*id, group)).collect();
    let project = facts.project.clone();
    let lists = (some_shuffle(project.members.clone()), some_shuffle(project.invited.clone()));
    (lists, groups).prop_map(move |((members, invited), groups)| {
        let project = access::ProjectFacts { members, invited, ..project.clone() };
        Facts { project, groups: groups.into_iter().collect::<BTreeMap<_, _>>() }
    })
}

fn reshuffled_group(id: GroupId, group: &GroupFacts) -> impl Strategy<Value = (GroupId, GroupFacts)> + use<> {
    let group = group.clone();
    (some_shuffle(group.members.clone()), some_shuffle(group.invited.clone()))
        .prop_map(move |(members, invited)| (id, GroupFacts { members, invited, ..group.clone() }))
}

fn world_and_a_reshuffle() -> impl Strategy<Value = (Facts, Facts)> {
    some_world().prop_flat_map(|world| {
        let facts = world.facts();
        (Just(facts.clone()), reshuffled(&facts))
    })
}

/// A path, walked over the facts step by step.
struct Walk<'a> {
    facts: &'a Facts,
    user: UserId,
}

impl<'a> Walk<'a> {
    /// The level that arrives at the project, if there is such a path.
    fn level(&self, path: &AccessPath) -> Option<AccessLevel> {
        let is_mine = |m: &&Membership| m.row.user == self.user && m.row.level == path.own;
        self.members(&path.of).into_iter().find(is_mine)?;
        let (mut here, mut level) = (&path.of, path.own);
        for (number, step) in path.through.iter().enumerate() {
            here = match step {
                Step::Inherited { to } => self.lies_below(here, to).then_some(to)?,
                Step::Invited { to, cap } => {
                    // Only direct members of what is invited to a group.
                    let counts = number == 0 || *to == Place::Project;
                    (counts && self.is_invited(here, to, *cap)).then_some(to)?
                }
            };
            level = level.min(self.cap(step));
        }
        (*here == Place::Project).then_some(level)
    }

    fn cap(&self, step: &Step) -> AccessLevel {
        match step {
            Step::Inherited { .. } => AccessLevel::Owner,
            Step::Invited { cap, .. } => *cap,
        }
    }

    fn members(&self, place: &Place) -> Vec<&'a Membership> {
        match place {
            Place::Project => self.facts.project.members.iter().collect(),
            Place::Namespace => self.facts.project.owner.iter().collect(),
            Place::Group(group) => self.facts.groups[&group.id].members.iter().collect(),
        }
    }

    fn lies_below(&self, above: &Place, below: &Place) -> bool {
        let mut next = match below {
            Place::Project if *above == Place::Namespace => return self.facts.project.owner.is_some(),
            Place::Project => self.facts.project.group,
            Place::Group(group) => self.facts.groups[&group.id].parent,
            Place::Namespace => None,
        };
        while let Some(id) = next {
            if matches!(above, Place::Group(group) if group.id == id) {
                return true;
            }
            next = self.facts.groups[&id].parent;
        }
        false
    }

    fn is_invited(&self, guests: &Place, to: &Place, cap: AccessLevel) -> bool {
        let invited = match to {
            Place::Project => &self.facts.project.invited,
            Place::Group(group) => &self.facts.groups[&group.id].invited,
            Place::Namespace => return false,
        };
        let locked = *to == Place::Project && self.facts.project.share_lock;
        let is_it = |i: &Invitation| matches!(guests, Place::Group(g) if g.id == i.group) && i.cap == cap;
        !locked && invited.iter().any(is_it)
    }
}

fn compare(world: &World) -> Result<(), TestCaseError> {
    let paths = paths(&world.facts());
    for user in everybody() {
        let published = level_in_project(world, user.0);
        prop_assert_eq!(level(&paths, user).as_gitlab(), published, "person {}", user);
    }
    Ok(())
}

fn explains(facts: &Facts) -> Result<(), TestCaseError> {
    for (user, person) in paths(facts).people {
        let walk = Walk { facts, user };
        for path in person.paths.iter().filter(|path| path.void.is_none()) {
            prop_assert_eq!(walk.level(path), Some(path.level), "person {}: {}", user, path);
        }
        let best = person.paths.iter().map(|path| path.level).max();
        prop_assert_eq!(
            person.winner().map(|path| path.level),
            best.filter(|best| *best > AccessLevel::Minimal)
        );
    }
    Ok(())
}

proptest! {
    #![proptest_config(many())]

    #[test]
    fn the_paths_come_to_the_level_of_the_published_rule(world in some_world()) {
        compare(&world)?;
    }

    #[test]
    fn the_winning_path_can_be_walked_and_explains_the_level(world in some_world()) {
        explains(&world.facts())?;
    }
}

proptest! {
    #![proptest_config(settings())]

    #[test]
    fn adding_a_membership_never_lowers_anybody(world in some_world(), more: u32) {
        let before = paths(&world.facts());
        let mut world = world;
        world.add_member(more);
        let after = paths(&world.facts());
        for user in everybody() {
            prop_assert!(level(&after, user) >= level(&before, user), "{}", user);
        }
    }

    #[test]
    fn an_invitation_never_lifts_above_its_cap_and_never_lowers(world in some_world(), more: u32) {
        let before = paths(&world.facts());
        let mut world = world;
        let cap = world.add_link(more).map_or(0, |link| link.cap);
        let after = paths(&world.facts());
        for user in everybody() {
            let (before, after) = (level(&before, user), level(&after, user));
            prop_assert!(after >= before && after <= before.max(AccessLevel::from_gitlab(cap)), "{}", user);
        }
    }

    #[test]
    fn order_and_duplicates_of_facts_do_not_matter((facts, reshuffled) in world_and_a_reshuffle()) {
        prop_assert_eq!(paths(&facts), paths(&reshuffled));
    }

    #[test]
    fn what_cannot_be_seen_lifts_nobody_and_whenever_it_lowers_somebody_it_is_told_of(world in some_world(), hidden: u32) {
        let facts = world.facts();
        let mut seen = facts.clone();
        seen.groups.retain(|group, _| hidden >> (group.0 % 32) & 1 == 0);
        let (whole, partial) = (paths(&facts), paths(&seen));
        for user in everybody() {
            prop_assert!(level(&partial, user) <= level(&whole, user), "{}", user);
            prop_assert!(level(&partial, user) == level(&whole, user) || !partial.unseen.is_empty(), "{}", user);
        }
        prop_assert!(whole.unseen.is_empty());
    }
}
