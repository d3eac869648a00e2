//! What an account reaches: its projects get tasks, its groups fan-outs; and where nobody tells, everything is looked at.

use std::collections::BTreeMap;

use broker::Nats;
use proto::{
    AppliedPlan, Cause, FanOut, FanOutStep, GroupId, Incarnation, PlanOrder, ProjectId, Task, TaskId,
    TaskPosition, UserId, Visibility, subject,
};
use resolver::Config;
use runtime::{Runtime, jetstream::decode};
use sandbox::gitlab::{Place, World, level};

use crate::{
    process::{self, until},
    stage::{ACME, SHOP, Stage, TOKEN, config},
};

const ADA: u64 = 12;
const LONE: u64 = 20;

fn populate(world: &mut World) {
    world.add_user(ADA, "ada");
    world.add_project(LONE, "lone/own");
    world.add_member(Place::Group(ACME), ADA, level::DEVELOPER);
    world.add_member(Place::Project(LONE), ADA, level::DEVELOPER);
}

/// A resolver that works on fan-outs, and on no task.
pub(crate) async fn start(stage: &Stage, nats: &Nats, token: &str) -> Runtime {
    let runtime = process::runtime(nats).await;
    let (catalog, now) = (&runtime.jetstream.catalog, runtime.clock.now());
    // SonarQube's projects are known, and there are none but these two.
    let known = catalog.known().await.unwrap();
    let entry =
        |id: u64| proto::CatalogEntry { keys: vec![format!("k{id}")], by_name: false, path: None, at: now };
    let entries = [SHOP, LONE].map(|id| (ProjectId(id), entry(id)));
    catalog.fill(&known, &BTreeMap::from(entries), now).await.unwrap();
    let quiet = Config { workers: 0, ..process::config(config(stage.gitlab.url(), token)) };
    resolver::start(quiet, &runtime).unwrap();
    runtime
}

/// The project was given what its members had then, which is not what they have now.
async fn synchronise(runtime: &Runtime, project: u64) {
    let applied = AppliedPlan {
        task: TaskId::new(),
        order: PlanOrder {
            task: TaskPosition { incarnation: Incarnation(runtime.clock.now()), sequence: 1 },
            attempt: 1,
        },
        at: runtime.clock.now(),
        members: 0,
        fingerprint: Some(access::fingerprint(&[], Some(Visibility::Private))),
    };
    runtime.jetstream.projects.raise_applied(ProjectId(project), &applied).await.unwrap();
}

pub(crate) async fn tell(runtime: &Runtime, fan_out: &FanOut) {
    runtime.jetstream.publish_fan_out(fan_out).await.unwrap();
}

/// The task of the project, once it is there.
async fn task(runtime: &Runtime, project: u64) -> Task {
    let stream = runtime.jetstream.context().get_stream(subject::TASKS).await.unwrap();
    let look = async || {
        let subject = subject::task(ProjectId(project));
        let message = stream.get_last_raw_message_by_subject(&subject).await.ok()?;
        decode(Some(&message.headers), &message.payload).ok()
    };
    until(look).await
}

/// Waits until no step is left.
pub(crate) async fn until_done(runtime: &Runtime) {
    let context = runtime.jetstream.context();
    until(async || {
        let stream = context.get_stream(subject::FAN_OUTS).await.ok()?;
        (stream.cached_info().state.messages == 0).then_some(())
    })
    .await;
}

pub(crate) fn steps(runtime: &Runtime, kind: &str) -> u64 {
    let text = runtime.metrics.render().unwrap();
    let name = format!("guassp_fan_out_steps_total{{step=\"{kind}\"}} ");
    text.lines().find_map(|line| line.strip_prefix(&name)?.parse().ok()).unwrap_or_default()
}

#[tokio::test]
async fn an_account_reaches_its_projects_and_those_of_its_groups_once() {
    let (stage, nats) = (Stage::with(populate).await, Nats::start().await);
    let runtime = start(&stage, &nats, TOKEN).await;
    let begin = FanOut::begin_user(UserId(ADA));
    tell(&runtime, &begin).await;
    assert_eq!(task(&runtime, LONE).await.cause, Cause::User { user: UserId(ADA) });
    assert_eq!(task(&runtime, SHOP).await.cause, Cause::Group { group: GroupId(ACME), by: None });
    until_done(&runtime).await;
    assert_eq!((steps(&runtime, "user"), steps(&runtime, "group"), steps(&runtime, "sweep")), (1, 1, 0));
    // The step once more, as after a crash: the fan-out of the group is the same.
    let again = FanOut { step: FanOutStep::User { user: UserId(ADA), page: 1 }, ..begin };
    let stream = runtime.jetstream.context();
    let written = proto::envelope::encode(&again).unwrap();
    stream.publish(again.subject(), written.into()).await.unwrap().await.unwrap();
    until(async || (steps(&runtime, "user") == 2).then_some(())).await;
    until_done(&runtime).await;
    assert_eq!(steps(&runtime, "group"), 1);
}

#[tokio::test]
async fn many_memberships_are_read_by_pages() {
    let stage = Stage::with(|world| {
        populate(world);
        for n in 0..150 {
            world.add_project(1_000 + n, &format!("acme/p{n}"));
            world.add_member(Place::Project(1_000 + n), ADA, level::GUEST);
        }
    })
    .await;
    let first = stage.client.memberships(UserId(ADA), 1).await.unwrap().unwrap();
    assert_eq!((first.projects.len() + first.groups.len(), first.next), (100, Some(2)));
    let second = stage.client.memberships(UserId(ADA), 2).await.unwrap().unwrap();
    assert_eq!((second.projects.len(), second.next), (52, None));
}

#[tokio::test]
async fn where_nobody_tells_everything_is_looked_at() {
    let stage = Stage::with(|world| {
        populate(world);
        world.add_user(1, "somebody");
        world.add_member(Place::Group(ACME), 1, level::OWNER);
        world.add_token("glpat-of-somebody", 1, &["read_api"]);
    })
    .await;
    // An account that is gone; one that the token is not told of; and a group that is gone.
    for (token, fan_out) in [
        (TOKEN, FanOut::begin_user(UserId(999))),
        ("glpat-of-somebody", FanOut::begin_user(UserId(ADA))),
        (TOKEN, FanOut::begin(GroupId(999), None)),
    ] {
        let nats = Nats::start().await;
        let runtime = start(&stage, &nats, token).await;
        synchronise(&runtime, SHOP).await;
        tell(&runtime, &fan_out).await;
        until(async || (steps(&runtime, "sweep") == 1).then_some(())).await;
        task(&runtime, SHOP).await;
        until_done(&runtime).await;
        let dead = runtime.jetstream.dead_letters(0, 1).await.unwrap();
        assert!(dead.is_empty(), "{dead:?}");
    }
}

/// The first page of all projects.
const FIRST: &str = "id_after=0";

#[tokio::test]
async fn a_sweep_that_is_wanted_while_one_runs_begins_after_it_and_the_next_one_waits() {
    let (stage, nats) = (Stage::with(populate).await, Nats::start().await);
    let runtime = start(&stage, &nats, TOKEN).await;
    let gate = stage.gitlab.faults().hold("GET", FIRST, 1);
    tell(&runtime, &FanOut::sweep()).await;
    gate.arrived().await;
    let wanted = async || runtime.jetstream.projects.last_sweep().await.unwrap().wanted;
    tell(&runtime, &FanOut::begin_user(UserId(999))).await;
    until(async || (steps(&runtime, "user") == 1).then_some(())).await;
    assert!(wanted().await.is_some());
    gate.release();
    until(async || (steps(&runtime, "sweep") == 2).then_some(())).await;
    assert_eq!(wanted().await, None);
    // Whoever causes such events on purpose causes no sweep after the other, and none is forgotten.
    tell(&runtime, &FanOut::begin_user(UserId(998))).await;
    until(async || (steps(&runtime, "user") == 2).then_some(())).await;
    until_done(&runtime).await;
    assert_eq!(steps(&runtime, "sweep"), 2);
    assert!(wanted().await.is_some());
}

#[tokio::test]
async fn a_group_that_a_person_named_wrongly_is_told_to_them() {
    let (stage, nats) = (Stage::with(populate).await, Nats::start().await);
    let runtime = start(&stage, &nats, TOKEN).await;
    tell(&runtime, &FanOut::begin(GroupId(999), Some("omar".to_owned()))).await;
    let letter = async || runtime.jetstream.dead_letters(0, 1).await.unwrap().pop();
    assert!(until(letter).await.reason.contains("404"));
    assert_eq!(steps(&runtime, "sweep"), 0);
}

#[tokio::test]
async fn a_gitlab_that_fails_is_an_error_and_not_nobody() {
    let stage = Stage::with(populate).await;
    let broken =
        sandbox::Fault::on("GET", "/users/12/memberships").always().then(sandbox::FaultKind::Status(500));
    stage.gitlab.faults().add(broken);
    let error = stage.client.memberships(UserId(ADA), 1).await.unwrap_err().to_string();
    assert!(error.contains("500"), "{error}");
}
