//! Sweeps while something fails, dies, or is not known yet.

use std::{collections::BTreeSet, time::Duration};

use e2e::{Settings, wait};
use jiff::SignedDuration;
use proto::{FanOut, TaskState, subject};
use sandbox::{Fault, FaultKind};

use super::{EVERY, Ground};

/// So long nothing may happen that would happen at once.
const A_WHILE: Duration = EVERY.saturating_mul(8);

fn impatient() -> Settings {
    Settings { ack_wait: Duration::from_secs(2), ..Settings::default() }
}

#[tokio::test]
async fn while_gitlab_is_down_the_step_is_repeated_and_ends_when_it_is_back() {
    let ground = Ground::with(Settings { attempts: 50, ..impatient() }).await;
    let (project, other) = (ground.project("shop").await, ground.project("blog").await);
    ground.scene.leave(&project, &ground.owner);
    ground.scene.gitlab.world().remove_member(sandbox::gitlab::Place::Group(ground.group), ground.owner.id);
    let founder = ground.scene.person("founder").await;
    for project in [&project, &other] {
        ground.scene.join(project, &founder, 20);
    }
    for paths in [&["/members", "/api/v4/user"][..], &["/api/v4/projects?"]] {
        let faults = ground.scene.gitlab.faults();
        for path in paths {
            faults.add(Fault::on("GET", path).always().then(FaultKind::Status(503)));
        }
        ground.pass();
        wait::until("repeated attempts", async || (faults.struck() >= 9).then_some(())).await;
        assert!(ground.scene.stack.runtime.jetstream.is_sweeping().await.expect("an answer"), "{paths:?}");
        faults.clear();
        ground.until_swept().await;
        for project in [&project, &other] {
            ground.scene.quiet(project).await;
            assert_eq!(ground.caused(project).await, 1, "{paths:?}");
        }
    }
    assert_eq!(letters(&ground).await, 0);
}

#[tokio::test]
async fn one_list_that_gitlab_cannot_give_keeps_the_sweep_from_nothing_else() {
    let ground = Ground::new().await;
    let (broken, changed) = (ground.project("shop").await, ground.project("blog").await);
    let newcomer = ground.scene.person("newcomer").await;
    ground.scene.join(&changed, &newcomer, 20);
    let path = format!("/projects/{}/members?", broken.id);
    ground.scene.gitlab.faults().add(Fault::on("GET", &path).always().then(FaultKind::Status(503)));
    ground.sweep(&[&broken, &changed]).await;
    for project in [&broken, &changed] {
        assert_eq!(ground.caused(project).await, 1);
    }
    assert_eq!(letters(&ground).await, 0);
}

#[tokio::test]
async fn two_resolvers_make_one_sweep() {
    let ground = Ground::new().await;
    let project = ground.project("shop").await;
    let second = ground.scene.another_stack().await;
    for nth in 1..=5 {
        ground.sweep(&[&project]).await;
        assert_eq!(ground.lists(), nth);
    }
    assert_eq!(ground.caused(&project).await, 0);
    assert!(second.stop().await);
    assert_eq!(ground.lists(), 5);
}

#[tokio::test]
async fn a_sweep_goes_on_where_a_kill_left_it() {
    let mut ground = Ground::with(impatient()).await;
    // The first page is full of projects that SonarQube does not have.
    for _ in 0..120 {
        ground.scene.gitlab_project("elsewhere");
    }
    let project = ground.fresh("shop").await;
    ground.scene.sync(&project).await;
    let newcomer = ground.scene.person("newcomer").await;
    ground.scene.join(&project, &newcomer, 20);
    let path = format!("/projects/{}/members?", project.id);
    let gate = ground.scene.gitlab.faults().hold("GET", &path, 1);
    ground.pass();
    wait::at(&gate).await;
    ground.scene.stack.runtime.lifecycle.abort();
    ground.scene.stack = ground.scene.another_stack().await;
    gate.release();
    ground.until_swept().await;
    ground.scene.quiet(&project).await;
    assert_eq!(ground.caused(&project).await, 1);
    assert_eq!(ground.lists(), 1, "the first page is not read again");
    assert_eq!(letters(&ground).await, 0);
}

#[tokio::test]
async fn until_the_catalogue_is_complete_no_sweep_begins() {
    let ground = Ground::new().await;
    let project = ground.project("shop").await;
    let context = ground.scene.stack.runtime.jetstream.context();
    let catalog = context.get_key_value(subject::CATALOG).await.expect("the catalogue");
    let complete = catalog.get(subject::COMPLETE_KEY).await.expect("an answer").expect("it is complete");
    catalog.delete(subject::COMPLETE_KEY).await.expect("a deletion");
    ground.pass();
    assert!(tokio::time::timeout(A_WHILE, ground.until_begun()).await.is_err());
    catalog.put(subject::COMPLETE_KEY, complete).await.expect("a key");
    ground.until_swept().await;
    assert_eq!((ground.lists(), ground.caused(&project).await), (1, 0));
}

#[tokio::test]
async fn no_sweep_begins_while_one_runs() {
    let ground = Ground::new().await;
    let project = ground.project("shop").await;
    let gate = ground.scene.gitlab.faults().hold("GET", "id_after=0", 1);
    ground.pass();
    wait::at(&gate).await;
    ground.until_begun().await;
    ground.pass();
    assert!(tokio::time::timeout(A_WHILE, ground.until_begun()).await.is_err());
    assert_eq!(ground.lists(), 1);
    gate.release();
    ground.until_swept().await;
    assert_eq!((ground.lists(), ground.caused(&project).await), (2, 0), "the next one was due");
}

#[tokio::test]
async fn a_sweep_that_was_given_up_stands_in_the_way_of_no_other_and_can_be_replayed() {
    let ground = Ground::with(Settings { attempts: 2, ..impatient() }).await;
    let project = ground.project("shop").await;
    let faults = ground.scene.gitlab.faults();
    faults.add(Fault::on("GET", "id_after=0").always().then(FaultKind::Status(500)));
    ground.sweep(&[]).await;
    faults.clear();
    let jetstream = &ground.scene.stack.runtime.jetstream;
    let [letter] = jetstream.dead_letters(0, 9).await.expect("letters").try_into().expect("one");
    assert!(letter.reason.contains("500"), "{}", letter.reason);
    let newcomer = ground.scene.person("newcomer").await;
    ground.scene.join(&project, &newcomer, 20);
    let step: FanOut =
        jetstream.dead_message::<FanOut>(letter.number).await.expect("a letter").expect("a step");
    jetstream.publish_fan_out(&step.afresh()).await.expect("a replay");
    ground.until_swept().await;
    ground.scene.quiet(&project).await;
    assert_eq!(ground.caused(&project).await, 1, "replayed");
    ground.scene.leave(&project, &newcomer);
    ground.sweep(&[&project]).await;
    assert_eq!(ground.caused(&project).await, 2, "the next one");
    assert_eq!(letters(&ground).await, 1);
}

#[tokio::test]
async fn a_clock_that_was_wrong_once_stops_no_sweep() {
    let ground = Ground::new().await;
    let project = ground.project("shop").await;
    let year = SignedDuration::from_hours(24 * 365);
    for (pass, caused) in [(year, 1), (-year, 2)] {
        ground.time.pass(pass);
        let newcomer = ground.scene.person("newcomer").await;
        ground.scene.join(&project, &newcomer, 20);
        ground.sweep(&[&project]).await;
        assert_eq!(ground.caused(&project).await, caused);
    }
}

#[tokio::test]
async fn what_was_written_in_part_is_set_right_though_gitlab_says_the_same_as_at_the_last_whole_plan() {
    let ground = Ground::with(Settings { attempts: 2, ..Settings::default() }).await;
    let (scene, project) = (&ground.scene, ground.project("shop").await);
    let whole = scene.grants(&project).await;
    let newcomer = scene.person("newcomer").await;
    scene.join(&project, &newcomer, 20);
    let faults = scene.model().faults();
    faults.add(Fault::on("POST", "add_user").nth(2).always().then(FaultKind::Status(500)));
    assert_eq!(scene.sync(&project).await.state, TaskState::Failed);
    faults.clear();
    let half = scene.grants(&project).await;
    assert_eq!(half.get(&newcomer.login).map(BTreeSet::len), Some(1), "one of two: {half:?}");
    scene.leave(&project, &newcomer);
    for _ in 0..2 {
        ground.sweep(&[&project]).await;
        assert_eq!(ground.caused(&project).await, 1);
        assert_eq!(scene.grants(&project).await, whole);
    }
}

async fn letters(ground: &Ground) -> usize {
    ground.scene.stack.runtime.jetstream.dead_letters(0, 9).await.expect("letters").len()
}
