//! What the directory knows and GitLab does not list: it is looked at, some of it in each step of a sweep.

use broker::Nats;
use jiff::Timestamp;
use proto::{DirectoryProject, FanOut, Presence, ProjectId};
use runtime::{Runtime, jetstream::directory::News};
use sandbox::{Fault, FaultKind};

use crate::{
    memberships::{start, steps, tell, until_done},
    process::{self, until},
    stage::{Stage, TOKEN},
};

/// The first of those that are known, and not there.
const FIRST: u64 = 1_000;

async fn known(runtime: &Runtime, id: u64) {
    let known = DirectoryProject::shown(
        ProjectId(id),
        format!("acme/p{id}"),
        Timestamp::UNIX_EPOCH + jiff::SignedDuration::from_secs(1),
    );
    runtime.jetstream.directory.learn_project(ProjectId(id), &News::shown(known)).await.unwrap();
}

async fn presence(runtime: &Runtime, id: u64) -> Presence {
    runtime.jetstream.directory.project(ProjectId(id)).await.unwrap().unwrap().presence
}

async fn written(runtime: &Runtime) -> u64 {
    let stream = runtime.jetstream.context().get_stream("KV_guassp_directory").await.unwrap();
    stream.cached_info().state.last_sequence
}

#[tokio::test]
async fn many_are_looked_at_in_several_steps_and_in_the_next_sweep_nothing_is_asked_or_written() {
    let (stage, nats) = (Stage::with(|_| {}).await, Nats::start().await);
    let first = process::runtime(&nats).await;
    for id in FIRST..FIRST + 450 {
        known(&first, id).await;
    }
    let runtime = start(&stage, &nats, TOKEN).await;
    tell(&runtime, &FanOut::sweep()).await;
    until(async || (presence(&runtime, FIRST + 449).await == Presence::Unseen).then_some(())).await;
    until_done(&runtime).await;
    assert_eq!(steps(&runtime, "sweep"), 3, "two hundred in each");
    for id in FIRST..FIRST + 450 {
        assert_eq!(presence(&runtime, id).await, Presence::Unseen, "{id}");
    }
    let (asked, before) = (stage.gitlab.requests().len(), written(&runtime).await);
    tell(&runtime, &FanOut::sweep()).await;
    until(async || (steps(&runtime, "sweep") == 4).then_some(())).await;
    until_done(&runtime).await;
    assert_eq!(written(&runtime).await, before);
    assert!(stage.gitlab.requests().len() - asked < 20);
}

#[tokio::test]
async fn a_gitlab_that_fails_as_a_whole_fails_the_step_and_one_project_does_not() {
    let (stage, nats) = (Stage::with(|_| {}).await, Nats::start().await);
    let first = process::runtime(&nats).await;
    known(&first, FIRST).await;
    known(&first, FIRST + 1).await;
    stage.gitlab.faults().add(Fault::on("GET", "/projects/1000").always().then(FaultKind::Status(500)));
    let runtime = start(&stage, &nats, TOKEN).await;
    tell(&runtime, &FanOut::sweep()).await;
    until(async || (presence(&runtime, FIRST + 1).await == Presence::Unseen).then_some(())).await;
    until_done(&runtime).await;
    assert_eq!((presence(&runtime, FIRST).await, steps(&runtime, "sweep")), (Presence::Present, 1));

    stage.gitlab.faults().add(Fault::on("GET", "/user").always().then(FaultKind::Status(500)));
    tell(&runtime, &FanOut::sweep()).await;
    let letter = async || runtime.jetstream.dead_letters(0, 1).await.unwrap().pop();
    until(letter).await;
    assert_eq!(steps(&runtime, "sweep"), 1);
}
