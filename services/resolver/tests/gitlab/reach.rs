//! Which projects a group reaches: never fewer than those whose access a membership of it changes.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use proptest::{
    option,
    prelude::*,
    sample::Index,
    test_runner::{TestCaseError, TestRunner},
};
use proto::{FanOutStep, GroupId, ProjectId};
use resolver::{GitLab, ReadError};
use sandbox::{
    Fault, FaultKind,
    gitlab::{Place, World, level},
};

use crate::{
    sketch::{levels, people, sketches},
    stage::{ACME, SHOP, Stage},
};

/// Everything that the steps lead to, and how many there were.
async fn reach(client: &GitLab, origin: u64) -> Result<(BTreeSet<ProjectId>, usize), ReadError> {
    let mut steps = VecDeque::from([FanOutStep::Group { page: 1 }]);
    let (mut seen, mut projects) = (BTreeSet::new(), BTreeSet::new());
    while let Some(step) = steps.pop_front() {
        // A step is one message, however many lead to it.
        if seen.insert(step) {
            let reached = client.reach(GroupId(origin), step).await?;
            projects.extend(reached.projects);
            steps.extend(reached.steps);
        }
    }
    Ok((projects, seen.len()))
}

async fn reached(stage: &Stage, origin: u64) -> Vec<u64> {
    reach(&stage.client, origin).await.unwrap().0.into_iter().map(|project| project.0).collect()
}

/// A membership that changes: of whom, in which group, and what it becomes.
#[derive(Debug, Clone)]
struct Change {
    origin: Index,
    person: u64,
    becomes: Option<u16>,
}

fn changes() -> impl Strategy<Value = Change> {
    (any::<Index>(), people(), option::of(levels())).prop_map(|(origin, person, becomes)| Change {
        origin,
        person,
        becomes,
    })
}

impl Change {
    fn make(&self, origin: u64, world: &mut World) {
        let place = Place::Group(origin);
        world.remove_member(place, self.person);
        if let Some(level) = self.becomes {
            world.add_member(place, self.person, level);
        }
    }
}

/// Who has what, project by project: the model's own rule.
fn access(world: &World) -> BTreeMap<u64, BTreeMap<u64, u16>> {
    world.projects.keys().map(|project| (*project, world.effective(*project))).collect()
}

#[test]
fn every_project_that_a_change_of_a_membership_changes_is_reached() {
    let tokio = tokio::runtime::Runtime::new().unwrap();
    let stage = tokio.block_on(Stage::with(|world| {
        world.projects.clear();
        world.groups.clear();
    }));
    let empty = stage.gitlab.world().clone();
    let (changed, spared) = (std::cell::Cell::new(0), std::cell::Cell::new(0));
    let settings = ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() };
    TestRunner::new(settings)
        .run(&(sketches(), changes()), |(sketch, change)| {
            let origin = sketch.group(&change.origin);
            let (before, after) = stage.gitlab.change(|world| {
                *world = empty.clone();
                sketch.draw(world);
                let before = access(world);
                change.make(origin, world);
                (before, access(world))
            });
            let (reached, _) = tokio
                .block_on(reach(&stage.client, origin))
                .map_err(|error| TestCaseError::fail(error.to_string()))?;
            for (project, levels) in &before {
                let is_reached = reached.contains(&ProjectId(*project));
                if after[project] != *levels {
                    changed.set(changed.get() + 1);
                    prop_assert!(is_reached, "project {project}: {levels:?} -> {:?}", after[project]);
                }
                spared.set(spared.get() + u32::from(!is_reached));
            }
            Ok(())
        })
        .unwrap();
    assert!(changed.get() > 100, "the worlds are too poor: {} changes", changed.get());
    assert!(spared.get() > 100, "everything is reached: {} projects are not", spared.get());
}

#[tokio::test]
async fn the_reach_goes_down_and_through_one_invitation_of_a_group_and_one_of_a_project() {
    let stage = Stage::with(|world| {
        for (id, path) in [
            (11, "acme/team"),
            (20, "partner"),
            (21, "partner/team"),
            (30, "far"),
            (40, "above"),
            (50, "guest"),
        ] {
            world.add_group(id, path);
            world.add_project(id * 10, &format!("{path}/own"));
        }
        for (id, path) in [(600, "lone/of-acme"), (601, "lone/of-partner"), (602, "lone/of-nobody")] {
            world.add_project(id, path);
        }
        let invite = [(Place::Group(20), ACME), (Place::Group(30), 20), (Place::Group(ACME), 50)];
        for (place, group) in invite.into_iter().chain([(Place::Project(600), 11), (Place::Project(601), 21)])
        {
            world.invite_group(place, group, level::DEVELOPER);
        }
    })
    .await;
    assert_eq!(reached(&stage, ACME).await, [SHOP, 110, 200, 210, 600, 601]);
    assert_eq!(reached(&stage, 11).await, [110, 600], "nothing above");
    assert_eq!(reached(&stage, 50).await, [SHOP, 110, 500, 600], "whoever invited it, and below");
}

#[tokio::test]
async fn long_lists_are_read_by_pages_and_each_page_is_a_step() {
    let stage = Stage::with(|world| {
        for n in 0..230 {
            world.add_project(1000 + n, &format!("acme/p{n}"));
        }
        for n in 0..130 {
            world.add_group(2000 + n, &format!("acme/g{n}"));
            world.add_project(3000 + n, &format!("acme/g{n}/p"));
            world.add_group(4000 + n, &format!("w{n}"));
            world.add_project(5000 + n, &format!("w{n}/p"));
            world.invite_group(Place::Group(4000 + n), ACME, level::DEVELOPER);
        }
    })
    .await;
    let (projects, steps) = reach(&stage.client, ACME).await.unwrap();
    assert_eq!(projects.len(), 1 + 230 + 130 + 130);
    // Two pages of inviters; trees of the group (two pages) and of each inviter; projects of all.
    assert_eq!(steps, 2 + (2 + 130) + (3 + 130 + 130));
    let pages = stage.asked().into_iter().filter(|asked| asked.contains("per_page=100"));
    assert_eq!(pages.count(), steps, "one page a step");
}

#[tokio::test]
async fn a_gitlab_that_does_not_tell_who_invited_a_group_reaches_what_it_can() {
    for status in [404, 405] {
        let stage = Stage::with(|world| {
            world.add_group(20, "partner");
            world.add_project(200, "partner/own");
            world.invite_group(Place::Group(20), ACME, level::DEVELOPER);
        })
        .await;
        let old = Fault::on("GET", "/groups/10/groups/shared").always().then(FaultKind::Status(status));
        stage.gitlab.faults().add(old);
        assert_eq!(reached(&stage, ACME).await, [SHOP]);
    }
}

#[tokio::test]
async fn a_group_that_is_not_there_and_a_gitlab_that_fails_are_errors() {
    let stage = Stage::of(1).await;
    let error = reach(&stage.client, 999).await.unwrap_err().to_string();
    assert!(error.contains("404"), "{error}");
    for call in ["groups/shared", "descendant_groups", "projects"] {
        let broken = Fault::on("GET", &format!("/groups/10/{call}")).always().then(FaultKind::Status(500));
        stage.gitlab.faults().add(broken);
        let error = reach(&stage.client, ACME).await.unwrap_err().to_string();
        assert!(error.contains("500"), "{call}: {error}");
        stage.gitlab.faults().clear();
    }
    assert_eq!(reached(&stage, ACME).await, [SHOP]);
}
