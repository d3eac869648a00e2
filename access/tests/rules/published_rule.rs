//! GitLab's published rule, written down once more, from its text alone (`lib/gitlab/project_authorizations.rb`,
//! `doc/user/project/members/sharing_projects_groups.md`) and without anything of the crate `access`: levels are
//! GitLab's numbers, groups are places in a list, and every person and clause is asked for anew.
#![expect(clippy::indexing_slicing, reason = "a world has every group that it names")]

/// Groups around a project.
#[derive(Debug, Clone)]
pub(crate) struct World {
    pub(crate) groups: Vec<Group>,
    pub(crate) project: Project,
}

#[derive(Debug, Clone, Default)]
pub(crate) struct Group {
    pub(crate) parent: Option<usize>,
    pub(crate) members: Vec<Member>,
    pub(crate) invited: Vec<Link>,
}

#[derive(Debug, Clone, Default)]
pub(crate) struct Project {
    pub(crate) members: Vec<Member>,
    pub(crate) owner: Option<u64>,
    pub(crate) group: Option<usize>,
    pub(crate) invited: Vec<Link>,
    pub(crate) share_lock: bool,
}

#[derive(Debug, Clone, Copy)]
pub(crate) struct Member {
    pub(crate) person: u64,
    pub(crate) level: u32,
    pub(crate) awaiting: bool,
}

#[derive(Debug, Clone, Copy)]
pub(crate) struct Link {
    pub(crate) group: usize,
    pub(crate) cap: u32,
}

const MINIMAL: u32 = 5;
const OWNER: u32 = 50;

/// The level of a person in the project; 0 is none.
pub(crate) fn level_in_project(world: &World, person: u64) -> u32 {
    let project = &world.project;
    let own = direct(&project.members, person);
    let namespace = if project.owner == Some(person) { OWNER } else { 0 };
    let inherited = project.group.map_or(0, |group| level_in_group(world, group, person));
    let mut best = own.max(namespace).max(inherited);
    if !project.share_lock {
        for link in project.invited.iter().filter(|link| link.cap > MINIMAL) {
            best = best.max(link.cap.min(level_in_group(world, link.group, person)));
        }
    }
    best
}

/// The level in a group: direct, from the group above it, or as a direct member of a group that is invited to it.
fn level_in_group(world: &World, group: usize, person: u64) -> u32 {
    let group = &world.groups[group];
    let mut best = direct(&group.members, person);
    if let Some(parent) = group.parent {
        best = best.max(level_in_group(world, parent, person));
    }
    for link in group.invited.iter().filter(|link| link.cap > MINIMAL) {
        best = best.max(link.cap.min(direct(&world.groups[link.group].members, person)));
    }
    best
}

/// The highest level of the memberships that count: those with a seat, above minimal access.
fn direct(members: &[Member], person: u64) -> u32 {
    let counts = |member: &&Member| member.person == person && !member.awaiting && member.level > MINIMAL;
    members.iter().filter(counts).map(|member| member.level).max().unwrap_or(0)
}
