//! Random worlds: some groups, members and invitations around a project, and the same as facts.
#![expect(clippy::indexing_slicing, reason = "a choice is one of those that there are")]

use access::{Facts, GroupFacts, Invitation, Membership, MembershipRow, ProjectFacts, Seat};
use proptest::{collection::vec, prelude::*};
use proto::{AccessLevel, GroupId, UserId};

use crate::{
    published_rule::{Group, Link, Member, Project, World},
    row,
};

const GROUPS: usize = 12;
const DEPTH: usize = 6;
const MEMBERS: usize = 80;
const LINKS: usize = 10;
/// Everybody who may be somewhere has an id from 1 to this one.
pub(crate) const PEOPLE: u64 = 40;
const LEVELS: [u32; 9] = [0, 5, 10, 15, 20, 25, 30, 40, 50];

/// One number is one group, member or invitation: that is fast enough for thousands of worlds, and shrinks.
pub(crate) fn some_world() -> impl Strategy<Value = World> {
    let numbers = |most| vec(any::<u32>(), 0..=most);
    (numbers(GROUPS), numbers(MEMBERS), numbers(LINKS), any::<u32>()).prop_map(
        |(groups, members, links, own)| {
            let mut world = World { groups: Vec::new(), project: project(own, groups.len()) };
            for number in groups {
                let parent = pick(number, 0, world.groups.len() + 1).checked_sub(1);
                let parent = parent.filter(|group| world.depth(*group) < DEPTH);
                world.groups.push(Group { parent, ..Group::default() });
            }
            for number in members {
                world.add_member(number);
            }
            for number in links {
                world.add_link(number);
            }
            world
        },
    )
}

fn project(number: u32, groups: usize) -> Project {
    let group = (groups > 0 && pick(number, 0, 8) > 0).then(|| pick(number, 8, groups));
    let owner = group.is_none().then(|| person(number, 16));
    Project { group, owner, share_lock: pick(number, 24, 4) == 3, ..Project::default() }
}

/// One of `of` choices, by eight bits of a number.
fn pick(number: u32, shift: u32, of: usize) -> usize {
    (number >> shift) as usize % 256 % of
}

fn person(number: u32, shift: u32) -> u64 {
    pick(number, shift, 40) as u64 + 1
}

impl World {
    pub(crate) fn add_member(&mut self, number: u32) {
        let level = LEVELS[pick(number, 8, LEVELS.len())];
        let member = Member { person: person(number, 0), level, awaiting: pick(number, 24, 8) == 7 };
        let place = pick(number, 16, self.groups.len() + 1);
        match self.groups.get_mut(place) {
            Some(group) => group.members.push(member),
            None => self.project.members.push(member),
        }
    }

    /// Half of the invitations are to the project.
    pub(crate) fn add_link(&mut self, number: u32) -> Option<Link> {
        let count = self.groups.len();
        let group = (count > 0).then(|| pick(number, 0, count))?;
        let link = Link { group, cap: LEVELS[pick(number, 8, LEVELS.len())] };
        match self.groups.get_mut(pick(number, 16, 2 * count)) {
            Some(group) => group.invited.push(link),
            None => self.project.invited.push(link),
        }
        Some(link)
    }

    fn depth(&self, group: usize) -> usize {
        1 + self.groups[group].parent.map_or(0, |parent| self.depth(parent))
    }

    pub(crate) fn facts(&self) -> Facts {
        let Project { members, owner, group, invited, share_lock } = &self.project;
        let owner = owner.map(|person| member(&Member { person, level: 50, awaiting: false }));
        let project = ProjectFacts {
            members: members.iter().map(member).collect(),
            owner,
            group: group.map(group_id),
            invited: invited.iter().map(invitation).collect(),
            share_lock: *share_lock,
        };
        let groups = self.groups.iter().enumerate();
        Facts {
            project,
            groups: groups.map(|(index, group)| (group_id(index), group_facts(index, group))).collect(),
        }
    }
}

fn group_id(index: usize) -> GroupId {
    GroupId(index as u64 + 100)
}

fn group_facts(index: usize, group: &Group) -> GroupFacts {
    GroupFacts {
        path: format!("group{index}"),
        parent: group.parent.map(group_id),
        members: group.members.iter().map(member).collect(),
        invited: group.invited.iter().map(invitation).collect(),
    }
}

fn member(member: &Member) -> Membership {
    let seat = if member.awaiting { Seat::Awaiting } else { Seat::Active };
    let row = MembershipRow { seat, ..row(member.person, AccessLevel::from_gitlab(member.level)) };
    Membership { row, ends: None }
}

fn invitation(link: &Link) -> Invitation {
    let cap = AccessLevel::from_gitlab(link.cap);
    Invitation { group: group_id(link.group), path: None, cap, ends: None }
}

/// Everybody, whether they are somewhere or not.
pub(crate) fn everybody() -> impl Iterator<Item = UserId> {
    (1..=PEOPLE).map(UserId)
}
