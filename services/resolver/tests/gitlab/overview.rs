//! The cheap view of a project that a sweep compares comes to the same as the whole reading.

use std::{cell::Cell, collections::BTreeSet};

use access::{BotRule, Exemptions, MembershipRow, Policy, effective, fingerprint, members};
use proptest::{
    collection::vec,
    prelude::*,
    sample::{Index, select},
    test_runner::{TestCaseError, TestRunner},
};
use proto::{Member, ProjectId};
use resolver::{GitLab, ReadError, gitlab::Project};
use sandbox::gitlab::{MembershipState, Place, UserState, Visibility, World, level};

use crate::{
    sketch::{Sketch, levels, people, sketches},
    stage::{ACME, SHOP, Stage, TOKEN, client, populate, read},
};

/// What a world has besides members and invitations.
#[derive(Debug, Clone)]
struct Details {
    states: Vec<(u64, UserState)>,
    /// Memberships without a seat, or with Minimal Access.
    weak: Vec<(Index, u64, Option<u16>)>,
    bots: Vec<(Index, u16)>,
    locked: Vec<Index>,
    open: Vec<(Index, Visibility)>,
    /// Of each personal project whose it is, and whether the owner has a row of their own.
    personal: Vec<(u64, bool)>,
    /// Projects that invited a group with Minimal Access.
    weak_links: Vec<(Index, Index)>,
    bots_count: bool,
    /// A GitLab that lists people of groups shared into an invited group.
    is_recent: bool,
}

fn details() -> impl Strategy<Value = Details> {
    let states = select(vec![UserState::Blocked, UserState::Deactivated, UserState::Banned]);
    let weak = prop_oneof![Just(None), Just(Some(level::MINIMAL))];
    let open = select(vec![Visibility::Internal, Visibility::Public]);
    (
        vec((people(), states), 0..2),
        vec((any::<Index>(), people(), weak), 0..3),
        vec((any::<Index>(), levels()), 0..3),
        vec(any::<Index>(), 0..2),
        vec((any::<Index>(), open), 0..3),
        vec((people(), any::<bool>()), 0..3),
        vec((any::<Index>(), any::<Index>()), 0..2),
        any::<(bool, bool)>(),
    )
        .prop_map(|(states, weak, bots, locked, open, personal, weak_links, flags)| Details {
            states,
            weak,
            bots,
            locked,
            open,
            personal,
            weak_links,
            bots_count: flags.0,
            is_recent: flags.1,
        })
}

impl Details {
    fn draw(&self, sketch: &Sketch, world: &mut World) {
        world.lists_shared_into_invited = self.is_recent;
        for ((person, has_row), id) in self.personal.iter().zip(200..) {
            world.add_project(id, &format!("person-{person}/own-{id}"));
            if *has_row {
                world.add_member(Place::Project(id), *person, level::OWNER);
            }
            world.invite_group(Place::Project(id), 1, level::DEVELOPER);
        }
        for (place, person, level) in &self.weak {
            match level {
                Some(level) => world.add_member(sketch.place(place), *person, *level),
                None => world.add_awaiting(sketch.place(place), *person, level::DEVELOPER),
            };
        }
        for (place, level) in &self.bots {
            world.add_bot(sketch.place(place), *level);
        }
        for group in &self.locked {
            world.groups.get_mut(&sketch.group(group)).unwrap().share_with_group_lock = true;
        }
        for (project, visibility) in &self.open {
            let ids: Vec<u64> = world.projects.keys().copied().collect();
            world.set_visibility(*project.get(&ids), *visibility);
        }
        for (project, group) in &self.weak_links {
            let ids: Vec<u64> = world.projects.keys().copied().collect();
            world.invite_group(Place::Project(*project.get(&ids)), sketch.group(group), level::MINIMAL);
        }
        for (person, state) in &self.states {
            world.set_state(*person, *state);
        }
        // A project without anybody is none: GitLab gives every project an owner.
        world.add_user(9, "somebody");
        for project in world.projects.keys().copied().collect::<Vec<_>>() {
            // The lock is that of the project's group; the model's lock of a project has no field in GitLab's answer.
            world.projects.get_mut(&project).unwrap().share_with_group_lock = false;
            if project < 200 {
                world.add_member(Place::Project(project), 9, level::OWNER);
            }
        }
    }

    fn wanted(&self, rows: Vec<MembershipRow>) -> Vec<Member> {
        let bots = if self.bots_count { BotRule::Include } else { BotRule::LeaveOut };
        let access = effective(rows, &Exemptions { bots, ..Exemptions::default() });
        let rules = Policy::default().rules_for(ProjectId(1), "any/path").unwrap();
        members(&access, &rules.roles)
    }

    /// Whether both come to the same, less what is known to differ. Each of these costs one task a sweep, and no grant:
    ///
    /// - People whom an invited group got from yet another group have access, and an older GitLab does not list them.
    /// - Of somebody with one row that awaits a seat and another that counts, `members/all` shows the nearer one.
    fn is_same(&self, world: &World, cheap: &[Member], whole: &[Member]) -> bool {
        let awaiting: BTreeSet<u64> = world
            .memberships
            .iter()
            .filter(|row| row.state == MembershipState::Awaiting)
            .filter_map(|row| row.user)
            .collect();
        let sure = |list: &[Member]| -> Vec<Member> {
            list.iter().filter(|member| !awaiting.contains(&member.id.0)).cloned().collect()
        };
        let (cheap, whole) = (sure(cheap), sure(whole));
        if self.is_recent {
            return fingerprint(&cheap, None) == fingerprint(&whole, None);
        }
        whole.iter().all(|member| cheap.contains(member))
    }
}

/// All projects that a client sees.
async fn projects(client: &GitLab) -> Result<Vec<Project>, ReadError> {
    Ok(client.projects_after(None).await?.projects)
}

#[test]
fn the_cheap_view_wants_what_the_whole_reading_wants() {
    let tokio = tokio::runtime::Runtime::new().unwrap();
    let stage = tokio.block_on(Stage::with(|world| {
        world.projects.clear();
        world.groups.clear();
    }));
    let empty = stage.gitlab.world().clone();
    let [same, differing] = [0, 0].map(Cell::new);
    let settings = ProptestConfig { cases: 80, failure_persistence: None, ..ProptestConfig::default() };
    TestRunner::new(settings)
        .run(&(sketches(), details()), |(sketch, details)| {
            let world = stage.gitlab.change(|world| {
                *world = empty.clone();
                sketch.draw(world);
                details.draw(&sketch, world);
                world.clone()
            });
            // A client of its own: nothing is kept of the world before.
            let client = client(stage.gitlab.url(), TOKEN);
            let failed = |error: ReadError| TestCaseError::fail(error.to_string());
            let listed = tokio.block_on(projects(&client)).map_err(failed)?;
            prop_assert_eq!(listed.len(), world.projects.len());
            for project in &listed {
                let cheap = tokio.block_on(client.overview(project)).map_err(failed)?;
                let whole = tokio.block_on(read(&client, project.id().0)).map_err(failed)?;
                prop_assert_eq!(project.is_open(), whole.public);
                let (cheap, whole) = (details.wanted(cheap), details.wanted(whole.rows));
                let count = if cheap == whole { &same } else { &differing };
                count.set(count.get() + 1);
                prop_assert!(
                    details.is_same(&world, &cheap, &whole),
                    "project {} {}: {cheap:#?} is not {whole:#?}",
                    project.id(),
                    project.path()
                );
            }
            Ok(())
        })
        .unwrap();
    let (same, differing) = (same.get(), differing.get());
    assert!(same > 250 && differing < same / 10, "{same} alike, {differing} not");
}

#[tokio::test]
async fn a_project_costs_one_call_whether_it_has_members_of_its_own_or_not() {
    let stage = Stage::with(|world| {
        populate(world, 3);
        world.add_project(SHOP + 1, "acme/empty");
        world.add_member(Place::Group(ACME), 1, level::OWNER);
        world.add_project(SHOP + 2, "person-1/own");
    })
    .await;
    let projects = projects(&stage.client).await.unwrap();
    assert_eq!(projects.len(), 3);
    for round in 0..2 {
        for project in &projects {
            let before = stage.gitlab.requests().len();
            let rows = stage.client.overview(project).await.unwrap();
            let is_first_of_group = round == 0 && project.id() == ProjectId(SHOP);
            let asked = stage.gitlab.requests().len() - before;
            assert_eq!(asked, if is_first_of_group { 2 } else { 1 }, "{}", project.path());
            assert!(rows.iter().any(|row| row.user.0 == 1), "{}: {rows:?}", project.path());
        }
    }
}
