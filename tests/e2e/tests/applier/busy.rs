//! While a background task keeps the visibility of a project, nobody waits for access.

use e2e::{Grants, Person, Project, Scene, Settings, Target, grants, wait};
use proto::{Hold, Ruling, TaskId, TaskRecord, TaskState, Verdict};
use sandbox::gitlab::level;

const DEVELOPER: &str = "user codeviewer issueadmin securityhotspotadmin scan";
const PUBLIC: &str = "issueadmin securityhotspotadmin scan";

fn run_task(scene: &Scene, project: &Project, running: bool) {
    let mut world = scene.model().world();
    world.projects.get_mut(&project.key).expect("the project").task_running = running;
}

/// The task when it waits for the background task.
async fn waits(scene: &Scene, id: TaskId) -> TaskRecord {
    let records = &scene.stack.runtime.jetstream.records;
    let waits = async || records.get(id).await.ok().flatten().filter(|record| record.write_waits > 0);
    let record = wait::until("a task that waits for an analysis", waits).await;
    assert_eq!(record.state, TaskState::Deferred, "{record:?}");
    let reason = record.reason.clone().unwrap_or_default();
    assert!(reason.contains("an analysis of the project is running"), "{reason}");
    record
}

fn each(people: &[Person], permissions: &str) -> Grants {
    grants(&people.iter().map(|person| (person, permissions)).collect::<Vec<_>>())
}

/// Both projects wait side by side: an analysis is given half a minute.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn grants_are_written_at_once_and_the_flip_follows_and_an_approved_plan_stays_approved() {
    // With one attempt, a wait that used one up would be a failed task.
    let scene = Scene::with(&Target::Model, Settings { attempts: 1, ..Settings::default() }).await;
    let (plain, held) = (scene.project("plain").await, scene.project("held").await);
    let joins = scene.person("joins").await;
    scene.join(&plain, &joins, level::DEVELOPER);
    let mut people = Vec::new();
    for name in ["one", "two", "three", "four", "five", "six", "seven", "eight"] {
        people.push(scene.person(name).await);
    }
    people.iter().for_each(|person| scene.join(&held, person, level::DEVELOPER));
    assert_eq!(scene.sync(&held).await.verdict(), Verdict::Done);
    let (leave, stay) = people.split_at(7);
    leave.iter().for_each(|person| scene.leave(&held, person));
    scene.publish(&held, sandbox::gitlab::Visibility::Public);
    assert_eq!(scene.sync(&held).await.verdict(), Verdict::Held);
    let hold = scene.hold(&held).await.expect("a hold");
    scene.decide(&held, &hold, Ruling::Approved).await;

    run_task(&scene, &plain, true);
    run_task(&scene, &held, true);
    let tokens = [scene.job(&plain), scene.job(&held)];
    let (first, second) = (scene.post(&tokens[0]).await, scene.post(&tokens[1]).await);
    waits(&scene, first).await;
    assert_eq!(
        scene.grants(&plain).await,
        each(std::slice::from_ref(&joins), PUBLIC),
        "as the visibility is"
    );
    assert_eq!(scene.admin.visibility(&plain.key).await, "public");
    waits(&scene, second).await;
    let begun = Hold { begun: true, ..hold };
    assert_eq!(scene.hold(&held).await, Some(begun), "what was approved is not asked for again");
    run_task(&scene, &plain, false);
    run_task(&scene, &held, false);

    assert_eq!(scene.ended(first, &tokens[0]).await.verdict(), Verdict::Done);
    assert_eq!(scene.ended(second, &tokens[1]).await.verdict(), Verdict::Done);
    assert_eq!(scene.admin.visibility(&plain.key).await, "private");
    assert_eq!(scene.grants(&plain).await, each(&[joins], DEVELOPER));
    assert_eq!(scene.admin.visibility(&held.key).await, "public");
    assert_eq!(scene.grants(&held).await, each(stay, PUBLIC));
    assert_eq!(scene.hold(&held).await, None);
}
