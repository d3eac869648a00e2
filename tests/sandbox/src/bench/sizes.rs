//! Worlds of a chosen size. Every project is bound to a SonarQube project, and nobody has signed in there yet: so a plan
//! is applied as soon as it is there.
//!
//! Who is where follows from the numbers alone: two worlds of one size are the same.

use std::str::FromStr;

use serde_json::json;

use super::FIRST_PROJECT;
use crate::gitlab::{Place, World, level};
use crate::sonarqube::{self, Visibility};
use crate::worlds::{GITLAB_TOKEN, SONARQUBE_TOKEN, Worlds};

/// Beyond every id that the world itself gives to rows and bots.
const FIRST_PERSON: u64 = 10_000_000;
const FIRST_GROUP: u64 = 1;
/// A group has ten members at most, so that many people suffice.
const FEWEST_PEOPLE: u64 = 10;

/// How much there is in the worlds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Size {
    /// `project:MEMBERS`: one project with so many people, of whom one owns its group.
    Project { members: u64 },
    /// `sweep:PROJECTS`: so many projects in a tenth as many groups, of half as many people. One group in ten is at the
    /// top, the projects lie in the others.
    Sweep { projects: u64 },
}

impl FromStr for Size {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let number = |number: &str| number.parse().ok().filter(|number| *number > 0);
        let size = text.split_once(':').and_then(|(kind, size)| match kind {
            "project" => Some(Self::Project { members: number(size)? }),
            "sweep" => Some(Self::Sweep { projects: number(size)? }),
            _ => None,
        });
        size.ok_or_else(|| format!("{text} is neither project:MEMBERS nor sweep:PROJECTS"))
    }
}

impl Size {
    /// The worlds of this size. What is said about them: the ids of the GitLab projects.
    pub fn worlds(self) -> Worlds {
        let mut gitlab = World::default();
        gitlab.add_admin_token(GITLAB_TOKEN);
        // As newer versions do. Where GitLab lists fewer people than have access, a sweep finds a difference each time.
        gitlab.lists_shared_into_invited = true;
        let projects = match self {
            Self::Project { members } => one_project(&mut gitlab, members),
            Self::Sweep { projects } => many_projects(&mut gitlab, projects),
        };
        let bound: Vec<(String, u64)> =
            projects.iter().map(|project| (format!("project-{project}"), *project)).collect();
        let mut sonarqube = sonarqube::World::default();
        sonarqube.add_integration("guassp", SONARQUBE_TOKEN);
        for (key, _) in &bound {
            sonarqube.add_project(key, Visibility::Private);
        }
        Worlds { gitlab, sonarqube, bound, about: json!({ "projects": projects }) }
    }
}

fn one_project(world: &mut World, members: u64) -> Vec<u64> {
    let people = People::new(world, members);
    let group = world.add_group(FIRST_GROUP, "team-0");
    let project = world.add_project(FIRST_PROJECT, "team-0/project-0");
    people.join(world, Place::Group(group), 0, &[level::OWNER]);
    for number in 1..members {
        let level = match scrambled(number) % 10 {
            0 => level::GUEST,
            1..3 => level::REPORTER,
            3..9 => level::DEVELOPER,
            _ => level::MAINTAINER,
        };
        people.join(world, Place::Project(project), number, &[level]);
    }
    vec![project]
}

fn many_projects(world: &mut World, projects: u64) -> Vec<u64> {
    let people = People::new(world, (projects / 2).max(FEWEST_PEOPLE));
    let groups = Groups::new(world, (projects / 10).max(2));
    fill_groups(world, &groups, &people);
    let numbers = 0..usize::try_from(projects).unwrap_or(usize::MAX);
    numbers.map(|number| fill_project(world, &groups, &people, number)).collect()
}

/// A group has four members, or six below the top; every second one below the top invited the one after it.
fn fill_groups(world: &mut World, groups: &Groups, people: &People) {
    for (number, top) in groups.top.iter().enumerate() {
        let levels = [level::OWNER, level::MAINTAINER, level::REPORTER, level::GUEST];
        people.join(world, Place::Group(*top), spread(number), &levels);
    }
    for (number, below) in groups.below.iter().enumerate() {
        let levels = [level::MAINTAINER, level::DEVELOPER, level::DEVELOPER, level::DEVELOPER];
        people.join(world, Place::Group(*below), spread(number) + 11, &levels);
        people.join(world, Place::Group(*below), spread(number) + 15, &[level::REPORTER, level::PLANNER]);
        if number.is_multiple_of(2) {
            groups.invite(world, Place::Group(*below), number, 1, level::DEVELOPER);
        }
    }
}

/// A project has two members of its own, and every fifth one invited a group. Gives its id.
fn fill_project(world: &mut World, groups: &Groups, people: &People, number: usize) -> u64 {
    let group = world.groups.get(&groups.below_at(number)).map(|group| group.full_path.clone());
    let path = format!("{}/project-{number}", group.unwrap_or_default());
    let id = world.add_project(FIRST_PROJECT + number as u64, &path);
    people.join(world, Place::Project(id), spread(number) + 23, &[level::DEVELOPER, level::MAINTAINER]);
    if number.is_multiple_of(5) {
        groups.invite(world, Place::Project(id), number, 2, level::REPORTER);
    }
    id
}

/// Neighbours have different people.
fn spread(number: usize) -> u64 {
    number as u64 * 37
}

/// The people, by number.
#[derive(Debug)]
struct People(u64);

impl People {
    fn new(world: &mut World, count: u64) -> Self {
        for number in 0..count {
            world.add_user(person(number), &format!("person-{:08x}", scrambled(number) >> 32));
        }
        Self(count)
    }

    /// Makes the people from this number on members, one with each level.
    fn join(&self, world: &mut World, place: Place, first: u64, levels: &[u16]) {
        for (number, level) in (first..).zip(levels) {
            world.add_member(place, person(number % self.0), *level);
        }
    }
}

/// The id of the person with this number. Ids rise unevenly, and names are alike in nothing: a plan can be packed no
/// better than one of real people.
fn person(number: u64) -> u64 {
    const STEP: u64 = 11;
    FIRST_PERSON + number * STEP + scrambled(number) % STEP
}

/// The output function of the generator `SplitMix64`, by Steele, Lea and Flood.
fn scrambled(number: u64) -> u64 {
    let mixed = number.wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    let mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ (mixed >> 31)
}

/// The groups' ids.
#[derive(Debug)]
struct Groups {
    top: Vec<u64>,
    below: Vec<u64>,
}

impl Groups {
    fn new(world: &mut World, count: u64) -> Self {
        let tops = (count / 10).max(1);
        let add = |number| {
            let team = number % tops;
            let path =
                if number < tops { format!("team-{team}") } else { format!("team-{team}/unit-{number}") };
            world.add_group(FIRST_GROUP + number, &path)
        };
        let mut top: Vec<u64> = (0..count).map(add).collect();
        let below = top.split_off(usize::try_from(tops).unwrap_or(usize::MAX));
        Self { top, below }
    }

    /// The groups below the top take turns.
    fn below_at(&self, number: usize) -> u64 {
        self.below.iter().copied().cycle().nth(number % self.below.len().max(1)).unwrap_or(FIRST_GROUP)
    }

    /// Invites the group so many turns on, unless that is the place's own.
    fn invite(&self, world: &mut World, place: Place, turn: usize, on: usize, level: u16) {
        let invited = self.below_at(turn + on);
        if invited != self.below_at(turn) {
            world.invite_group(place, invited, level);
        }
    }
}
