//! Processes that sleep and wake up too late, and messages that are gone.

use std::time::Duration;

use e2e::{Project, Scene, Settings, Target, grants, wait};
use proto::{Cause, Event, ProjectId, StartedTask, TaskId, Verdict, subject};
use rustix::process::{Pid, Signal, kill_process};
use sandbox::Write;

use crate::fleet::{Fleet, Role};

const DEVELOPER: &str = "user codeviewer issueadmin securityhotspotadmin scan";
const MAINTAINER: &str = "user codeviewer issueadmin securityhotspotadmin scan admin";

/// Waits for a sync that was asked for because the plan of the task `after` was written late. There may be several, one
/// for each worker who was late, of which one reads for all.
async fn healed(scene: &Scene, project: &Project, after: TaskId) {
    let is_done = |event: &Event| match event {
        Event::TaskEnded(end) => end.cause == (Cause::Heal { after }) && end.outcome.verdict == Verdict::Done,
        Event::Grant(_)
        | Event::Visibility(_)
        | Event::Drift(_)
        | Event::Held(_)
        | Event::Control(_)
        | Event::TokenEnds(_) => false,
    };
    let look = async || scene.events(project).await.iter().any(is_done).then_some(());
    wait::until("the end of a healing task", look).await;
}

/// How often the audit says that the task has ended.
async fn ends(scene: &Scene, project: &Project, id: TaskId) -> usize {
    let is_end = |event: &Event| matches!(event, Event::TaskEnded(end) if end.task == id);
    scene.events(project).await.iter().filter(|event| is_end(event)).count()
}

fn signal(process: u32, signal: Signal) {
    let id = Pid::from_raw(i32::try_from(process).expect("an id")).expect("an id");
    kill_process(id, signal).expect("it runs");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_late_write_is_noticed_and_healed() {
    let settings = Settings { ack_wait: Duration::from_secs(1), attempts: 20, ..Settings::default() };
    let few = [("GUASSP_APPLIER__PARALLEL_CALLS", "4")];
    let (scene, mut fleet) = Fleet::none(settings, &few).await;
    fleet.start(&Role::ALL);
    let project = scene.project("late").await;
    // The owner's grants come first: they are made in the order of logins, four at a time.
    let (owner, heir) = (scene.person("a-owner").await, scene.person("heir").await);
    scene.join(&project, &owner, 50);
    scene.join(&project, &heir, 30);

    // The applier falls asleep while it grants the owner something.
    let model = scene.model();
    let late = model.faults().hold("POST", "/api/permissions/add_user", 3);
    let token = scene.job(&project);
    let first = scene.post_patiently(&token).await;
    wait::at(&late).await;
    let sleeper = fleet.id(Role::Applier).expect("it runs");
    signal(sleeper, Signal::STOP);
    let other = fleet.process(Role::Applier);
    assert_eq!(scene.ended(first, &token).await.verdict(), Verdict::Done, "another applier took over");
    assert_eq!(scene.grants(&project).await, grants(&[(&owner, MAINTAINER), (&heir, DEVELOPER)]));

    // Meanwhile the owner leaves, and a newer plan is applied.
    scene.leave(&project, &owner);
    scene.change_level(&project, &heir, 50);
    let second = scene.post(&token).await;
    assert_eq!(scene.ended(second, &token).await.verdict(), Verdict::Done);
    let wanted = grants(&[(&heir, MAINTAINER)]);
    assert_eq!(scene.grants(&project).await, wanted);

    // The late grant arrives, and then the one who made it wakes up.
    late.release();
    let harm = async || (scene.grants(&project).await != wanted).then_some(());
    wait::until("the late grant", harm).await;
    signal(sleeper, Signal::CONT);
    healed(&scene, &project, first).await;
    scene.quiet(&project).await;
    assert_eq!(scene.grants(&project).await, wanted);
    for id in [first, second] {
        assert_eq!(ends(&scene, &project, id).await, 1, "a task ends once");
    }
    other.kill().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_plan_that_lay_unread_for_too_long_and_is_written_late_is_healed() {
    let settings = Settings { ack_wait: Duration::from_secs(1), attempts: 20, ..Settings::default() };
    let (scene, mut fleet) = Fleet::none(settings, &[]).await;
    fleet.start(&Role::ALL);
    let project = scene.project("unread").await;
    let (owner, heir) = (scene.person("owner").await, scene.person("heir").await);
    scene.join(&project, &owner, 50);
    scene.join(&project, &heir, 30);
    let token = scene.job(&project);
    let begun = scene.post_patiently(&token).await;
    assert_eq!(scene.ended(begun, &token).await.verdict(), Verdict::Done, "the applier works");

    // The applier falls asleep with nothing in hand. The plan comes all the same, and lies in its socket.
    let sleeper = fleet.id(Role::Applier).expect("it runs");
    signal(sleeper, Signal::STOP);
    let first = scene.post(&token).await;
    let planned = async || scene.look(first, &token).await?.stages.planned;
    wait::until("the plan", planned).await;
    let other = fleet.process(Role::Applier);
    assert_eq!(scene.ended(first, &token).await.verdict(), Verdict::Done, "another applier got it, too");

    // A newer plan takes everything from the owner; half way through it the sleeper wakes up, and works on the old one.
    scene.leave(&project, &owner);
    scene.change_level(&project, &heir, 50);
    let model = scene.model();
    let gate = model.faults().hold("POST", "/api/permissions/remove_user", 6);
    let second = scene.post(&token).await;
    wait::at(&gate).await;
    let before = model.writes().len();
    signal(sleeper, Signal::CONT);
    let regained = |write: &Write| {
        write.effective && write.action == "add_user" && write.detail.starts_with(&owner.login)
    };
    let harm = async || model.writes().iter().skip(before).any(regained).then_some(());
    wait::until("a late grant", harm).await;
    gate.release();
    assert_eq!(scene.ended(second, &token).await.verdict(), Verdict::Done);

    healed(&scene, &project, first).await;
    scene.quiet(&project).await;
    assert_eq!(scene.grants(&project).await, grants(&[(&heir, MAINTAINER)]));
    other.kill().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_purged_queue_strands_nobody() {
    let settings = Settings { stranded_after: Duration::from_secs(1), ..Settings::default() };
    let (scene, mut fleet) = Fleet::none(settings, &[("GUASSP_GATEWAY__STRANDED_AFTER", "1s")]).await;
    fleet.start(&[Role::Gateway, Role::Applier]);
    let (project, owner) = (scene.project("purged").await, scene.person("owner").await);
    scene.join(&project, &owner, 50);
    let token = scene.job(&project);
    let id = scene.post_patiently(&token).await;
    let jetstream = &scene.stack.runtime.jetstream;
    let stream = jetstream.context().get_stream(subject::TASKS).await.expect("the stream");
    stream.purge().await.expect("purged");
    let again = async || jetstream.has_task_message(ProjectId(project.id)).await.ok()?.then_some(());
    wait::until("the task published again", again).await;
    fleet.start(&[Role::Resolver]);
    assert_eq!(scene.ended(id, &token).await.verdict(), Verdict::Done, "under its own id");
    assert_eq!(scene.grants(&project).await, grants(&[(&owner, MAINTAINER)]));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_queue_that_was_set_back_to_an_older_copy_supersedes_nobody() {
    let scene = Scene::with(&Target::Model, Settings::default()).await;
    let project = scene.project("restored").await;
    let owner = scene.person("owner").await;
    scene.join(&project, &owner, 50);
    scene.sync(&project).await;

    // What the buckets know is from a time that the restored stream has forgotten.
    let jetstream = &scene.stack.runtime.jetstream;
    let id = ProjectId(project.id);
    let started = jetstream.projects.started(id).await.unwrap().expect("a sync has begun");
    let position = jetstream.position(1000);
    let forgotten = StartedTask { task: TaskId::new(), position, ..started };
    jetstream.projects.raise_started(id, &forgotten).await.unwrap();

    let late = scene.person("late").await;
    scene.join(&project, &late, 30);
    assert_eq!(scene.sync(&project).await.verdict(), Verdict::Done);
    assert_eq!(scene.grants(&project).await, grants(&[(&owner, MAINTAINER), (&late, DEVELOPER)]));
    scene.leave(&project, &late);
    assert_eq!(scene.sync(&project).await.verdict(), Verdict::Done, "and the next one neither");
    assert_eq!(scene.grants(&project).await, grants(&[(&owner, MAINTAINER)]));
}
