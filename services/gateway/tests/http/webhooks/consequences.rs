//! What an event leads to: a task, a fan-out, or nothing; again after a while, and after a gateway that died.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use proto::{CatalogEntry, Cause, FanOutStep, GitLabEventKind as Kind, ProjectId, StartedTask, Task, UserId};
use runtime::{Runtime, lifecycle::Lifecycle, metrics::Metrics, readiness::Readiness};
use serde_json::json;

use super::*;
use crate::{
    guard::figure,
    stage::{ACME, BLOG, SHOP, callers, limits, roomy, until},
};

const SECOND: Duration = Duration::from_secs(1);

/// From now on the catalogue is known, and has this project alone.
pub(super) async fn only_sonarqube_has(stage: &Stage, project: ProjectId) {
    let (catalog, at) = (&stage.runtime.jetstream.catalog, stage.runtime.clock.now());
    let entry = CatalogEntry { keys: vec!["shop".into()], path: None, by_name: false, at };
    let known = catalog.known().await.unwrap();
    catalog.fill(&known, &BTreeMap::from([(project, entry)]), at).await.unwrap();
}

/// How many looks at events of this kind have come to this.
fn came(stage: &Stage, kind: &str, result: &str) -> u64 {
    figure(stage, &format!("guassp_webhook_consequences_total{{kind=\"{kind}\",result=\"{result}\"}}"))
}

async fn until_came(stage: &Stage, kind: &str, result: &str, count: u64) {
    let what = format!("{count} of {kind} that came to {result}");
    until(&what, async || (came(stage, kind, result) == count).then_some(())).await;
}

async fn tasks(stage: &Stage) -> Vec<Task> {
    let messages = stage.messages(subject::TASKS).await.into_iter();
    messages.map(|message| decode(Some(&message.headers), &message.payload).unwrap()).collect()
}

#[tokio::test]
async fn a_member_of_a_project_leads_to_a_task_that_names_the_event() {
    let stage = Stage::start().await;
    only_sonarqube_has(&stage, ProjectId(SHOP)).await;
    stage.tell("one", &member(SHOP)).await;
    until_came(&stage, "project_member", "task", 1).await;
    let tasks = tasks(&stage).await;
    assert_eq!(tasks.len(), 1);
    assert_eq!(tasks[0].project, ProjectId(SHOP));
    assert_eq!(tasks[0].cause, Cause::Hook { event: Kind::ProjectMember, delivery: "one".into() });
    // The next one joins it, as nobody has begun.
    stage.tell("two", &json!({ "event_name": "project_rename", "project_id": SHOP })).await;
    until_came(&stage, "project", "joined", 1).await;
    assert_eq!(stage.count(subject::TASKS).await, 1);
}

#[tokio::test]
async fn what_cannot_change_access_and_what_sonarqube_does_not_have_lead_to_nothing() {
    let stage = Stage::start().await;
    only_sonarqube_has(&stage, ProjectId(SHOP)).await;
    stage.tell("push", &push(SHOP)).await;
    stage.tell("created", &json!({ "event_name": "user_create", "user_id": 12 })).await;
    stage.tell("gone", &json!({ "event_name": "project_destroy", "project_id": SHOP })).await;
    stage.tell("other", &member(BLOG)).await;
    // What GitLab sends when somebody presses "Test" at a system hook.
    let sample =
        json!({ "event_name": "project_create", "project_id": 1, "path_with_namespace": "root/sample" });
    stage.tell("sample", &sample).await;
    until_came(&stage, "user", "nothing", 1).await;
    until_came(&stage, "project", "nothing", 1).await;
    until_came(&stage, "project_member", "not_in_sonarqube", 1).await;
    until_came(&stage, "project", "not_in_sonarqube", 1).await;
    assert_eq!((stage.count(subject::TASKS).await, stage.count(subject::FAN_OUTS).await), (0, 0));
    // What never changes access is not even delivered.
    until_acked(&stage).await;
    assert_eq!(came(&stage, "push", "nothing"), 0);
}

#[tokio::test]
async fn an_event_that_names_no_id_is_counted_as_such() {
    let stage = Stage::start().await;
    stage.tell("one", &json!({ "event_name": "user_add_to_team", "project_path": "acme/shop" })).await;
    until_came(&stage, "project_member", "nameless", 1).await;
    assert_eq!(stage.count(subject::TASKS).await, 0);
}

#[tokio::test]
async fn a_group_and_an_account_lead_to_a_fan_out_each() {
    let stage = Stage::start().await;
    stage
        .tell("g", &json!({ "event_name": "user_remove_from_group", "group_id": ACME, "user_id": 12 }))
        .await;
    stage.tell("u", &json!({ "event_name": "user_failed_login", "user_id": 12, "state": "blocked" })).await;
    until_came(&stage, "group_member", "fan_out", 1).await;
    until_came(&stage, "user", "fan_out", 1).await;
    let mut steps: Vec<_> =
        stage.fan_outs().await.into_iter().map(|step| (step.step, step.origin, step.by)).collect();
    steps.sort();
    let user = FanOutStep::User { user: UserId(12), page: 1 };
    assert_eq!(
        steps,
        [(FanOutStep::Group { page: 1 }, Some(proto::GroupId(ACME)), None), (user, None, None)]
    );
}

#[tokio::test]
async fn vain_attempts_to_sign_in_lead_to_one_fan_out_an_hour() {
    let stage = Stage::start().await;
    let attempt = json!({ "event_name": "user_failed_login", "user_id": 12, "state": "ldap_blocked" });
    stage.tell("first", &attempt).await;
    until_came(&stage, "user", "fan_out", 1).await;
    for n in 0..20 {
        stage.tell(&format!("again{n}"), &attempt).await;
    }
    until_came(&stage, "user", "covered", 20).await;
    stage.tell("gone", &json!({ "event_name": "user_destroy", "user_id": 12 })).await;
    until_came(&stage, "user", "fan_out", 2).await;
    assert_eq!(stage.count(subject::FAN_OUTS).await, 2);
}

/// A change of a member of the group, as GitLab tells it.
fn group_member(user: u64) -> Value {
    json!({ "event_name": "user_add_to_group", "group_id": ACME, "user_id": user })
}

#[tokio::test]
async fn a_thousand_members_of_a_group_at_once_are_one_fan_out() {
    let stage = Stage::start().await;
    stage.tell("first", &group_member(1)).await;
    until_came(&stage, "group_member", "fan_out", 1).await;
    let first = stop(&stage).await;
    for n in 0..1_000 {
        store(&stage, GitLabEvent { id: n.to_string(), ..first.clone() }).await;
    }
    let other = another_gateway(&stage).await;
    until_acked(&stage).await;
    assert_eq!(stage.count(subject::FAN_OUTS).await, 2, "the first one's, and one of a thousand");
    other.lifecycle.end(Duration::from_secs(10)).await;
}

/// A fan-out that was published before it may have read before it.
#[tokio::test]
async fn an_event_that_comes_after_a_fan_out_leads_to_another_one() {
    let stage = Stage::start().await;
    // The gateways' clocks say that no time passes.
    stage.time.stop();
    stage.tell("first", &group_member(1)).await;
    until_came(&stage, "group_member", "fan_out", 1).await;
    stage.tell("second", &group_member(2)).await;
    until_came(&stage, "group_member", "fan_out", 2).await;
    assert_eq!((came(&stage, "group_member", "covered"), stage.count(subject::FAN_OUTS).await), (0, 2));
}

/// Somebody begins to read the project, at this second of the event's time.
async fn begin(stage: &Stage, after: i64) {
    let jetstream = &stage.runtime.jetstream;
    let newest = jetstream.projects.newest(ProjectId(SHOP)).await.unwrap().value.unwrap();
    let stored = stage.messages(subject::GITLAB).await[0].time.unix_timestamp_nanos();
    let at = jiff::Timestamp::from_nanosecond(stored).unwrap() + jiff::SignedDuration::from_secs(after);
    let started = StartedTask { task: newest.task.id, position: newest.position, at };
    jetstream.projects.raise_started(ProjectId(SHOP), &started).await.unwrap();
}

#[tokio::test]
async fn a_project_is_looked_at_again_because_gitlab_lags() {
    let stage = Stage::hooked(Config { look_again: vec![SECOND], ..webhooks() }).await;
    stage.tell("one", &member(SHOP)).await;
    until_came(&stage, "project_member", "task", 1).await;
    // The reading began before the second look came due, so it may have been too early.
    begin(&stage, 0).await;
    until_came(&stage, "project_member", "task", 2).await;
    assert_eq!(stage.count(subject::TASKS).await, 2);
    until_acked(&stage).await;
}

#[tokio::test]
async fn a_later_look_does_nothing_where_a_reading_began_late_enough() {
    let stage = Stage::hooked(Config { look_again: vec![SECOND], ..webhooks() }).await;
    stage.tell("one", &member(SHOP)).await;
    until_came(&stage, "project_member", "task", 1).await;
    begin(&stage, 1).await;
    until_came(&stage, "project_member", "covered", 1).await;
    assert_eq!(stage.count(subject::TASKS).await, 1);
    until_acked(&stage).await;
}

/// Waits until no event is left to be worked on.
async fn until_acked(stage: &Stage) {
    let context = stage.runtime.jetstream.context();
    let done = async || {
        let is_idle = broker::is_idle(context, subject::GITLAB, subject::GATEWAY_HOOKS);
        is_idle.await.then_some(())
    };
    until("no event in hand", done).await;
}

/// A gateway beside the stage's, on the same nats-server.
async fn another_gateway(stage: &Stage) -> Runtime {
    let runtime = Runtime {
        lifecycle: Lifecycle::default(),
        metrics: Arc::new(Metrics::new().unwrap()),
        readiness: Readiness::default(),
        ..stage.runtime.clone()
    };
    let config = gateway::Config {
        listen: ([127, 0, 0, 1], 0).into(),
        gitlab_url: stage.gitlab.url().parse().unwrap(),
        limits: limits(SECOND),
        callers: callers(),
        guard: roomy(),
        stranded_after: Duration::from_secs(3600),
        reconcile: gateway::Reconcile { every: Duration::ZERO, per_minute: 120 },
        sonarqube_secret: None,
        webhooks: webhooks(),
    };
    gateway::start(config, runtime.clone()).await.unwrap();
    runtime
}

/// Ends the stage's gateway; gives the event that it had stored first.
async fn stop(stage: &Stage) -> GitLabEvent {
    assert!(stage.runtime.lifecycle.end(Duration::from_secs(10)).await);
    stage.stored().await.remove(0)
}

fn about(project: u64, id: &str, event: GitLabEvent) -> GitLabEvent {
    let project = proto::EventProject { id: Some(ProjectId(project)), ..proto::EventProject::default() };
    GitLabEvent { id: id.to_owned(), project: Some(project), ..event }
}

/// Stores an event as a gateway does.
async fn store(stage: &Stage, event: GitLabEvent) {
    let encoded = runtime::jetstream::encode(&event).unwrap();
    let publisher = &stage.runtime.jetstream.publisher;
    publisher.publish(event.subject(), event.id.clone(), encoded, None).await.unwrap();
}

#[tokio::test]
async fn an_event_of_a_gateway_whose_clock_is_ahead_is_looked_at_as_often_as_any() {
    let stage = Stage::hooked(Config { look_again: vec![SECOND], ..webhooks() }).await;
    stage.tell("one", &member(BLOG)).await;
    until_came(&stage, "project_member", "joined", 1).await;
    until_acked(&stage).await;
    let event = stage.stored().await.remove(0);
    let received_at = event.received_at + jiff::SignedDuration::from_hours(1);
    store(&stage, GitLabEvent { received_at, ..about(SHOP, "ahead", event) }).await;
    until_came(&stage, "project_member", "joined", 2).await;
    until_acked(&stage).await;
    assert_eq!((came(&stage, "project_member", "task"), came(&stage, "project_member", "joined")), (2, 2));
}

/// Whether a delivery is the first says nothing: the one before may have failed before it did anything.
#[tokio::test]
async fn the_first_look_acts_also_when_it_is_delivered_again() {
    let stage = Stage::start().await;
    stage.tell("first", &member(SHOP)).await;
    until_came(&stage, "project_member", "task", 1).await;
    let event = stop(&stage).await;
    // Read by somebody whose clock is ahead, before the event.
    begin(&stage, 3600).await;
    store(&stage, about(SHOP, "again", event)).await;
    give_back(&stage).await;
    let other = another_gateway(&stage).await;
    until("a second task", async || (stage.count(subject::TASKS).await == 2).then_some(())).await;
    other.lifecycle.end(Duration::from_secs(10)).await;
}

/// Takes the next event, as a gateway does, and gives it back.
async fn give_back(stage: &Stage) {
    let context = stage.runtime.jetstream.context();
    let consumer: async_nats::jetstream::consumer::PullConsumer =
        context.get_consumer_from_stream(subject::GATEWAY_HOOKS, subject::GITLAB).await.unwrap();
    let mut messages = consumer.fetch().max_messages(1).messages().await.unwrap();
    let message = futures::StreamExt::next(&mut messages).await.unwrap().unwrap();
    message.double_ack_with(async_nats::jetstream::AckKind::Nak(None)).await.unwrap();
}

#[tokio::test]
async fn an_event_whose_gateway_died_is_the_next_ones() {
    let stage = Stage::start().await;
    stage.tell("first", &member(BLOG)).await;
    until_came(&stage, "project_member", "task", 1).await;
    let event = stop(&stage).await;
    // What the gateway had stored, and answered, right before it ended.
    store(&stage, about(SHOP, "last word", event)).await;
    assert!(!stage.has_task(SHOP).await);
    let other = another_gateway(&stage).await;
    until("a task", async || stage.has_task(SHOP).await.then_some(())).await;
    other.lifecycle.end(Duration::from_secs(10)).await;
}
