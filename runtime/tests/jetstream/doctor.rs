//! What is told of the queues: what waits, and whether anybody works on it.

use async_nats::jetstream::consumer::PullConsumer;
use futures::StreamExt;
use jiff::{SignedDuration, Timestamp};
use proto::subject;
use runtime::{
    clock::Clock,
    doctor::{Check, State, nats},
    jetstream::QueueState,
};

use crate::stage::{Stage, at_once};

/// Stores so many messages with this subject.
async fn publish(stage: &Stage, subject: &'static str, count: usize) {
    for _ in 0..count {
        stage.context().publish(subject, "{}".into()).await.unwrap().await.unwrap();
    }
}

async fn consumer(stage: &Stage, stream: &str, name: &str) -> PullConsumer {
    stage.context().get_consumer_from_stream(name, stream).await.unwrap()
}

async fn checks(stage: &Stage) -> Vec<Check> {
    nats::examine(&broker::connection(), stage.url(), &Clock::system()).await.checks
}

async fn check(stage: &Stage, name: &str) -> Option<Check> {
    checks(stage).await.into_iter().find(|check| check.name == name)
}

async fn queue(stage: &Stage, name: &str, now: Timestamp) -> Option<QueueState> {
    stage.jetstream().queues(now).await.unwrap().into_iter().find(|queue| queue.stage == name)
}

#[tokio::test]
async fn hooks_that_nobody_works_on_are_told() {
    let stage = Stage::start().await;
    for name in [subject::GATEWAY_HOOKS, subject::RESOLVER_DIRECTORY] {
        assert_eq!(check(&stage, name).await.unwrap().state, State::Ok, "{name}");
    }
    publish(&stage, "guassp.gitlab.project_member.project.7", 3).await;
    for name in [subject::GATEWAY_HOOKS, subject::RESOLVER_DIRECTORY] {
        let check = check(&stage, name).await.unwrap();
        assert_eq!(
            (check.state, check.found.as_str()),
            (State::Warn, "3 wait, 0 are in hand or put back for later")
        );
        assert!(check.mend.unwrap().contains(name));
        let late = Clock::system().now() + SignedDuration::from_hours(10);
        let queue = queue(&stage, name, late).await.unwrap();
        assert_eq!((queue.waiting, queue.oldest.as_secs()), (3, 0), "the stream keeps what was worked on");
    }
}

#[tokio::test]
async fn where_all_are_busy_nobody_is_missed() {
    let stage = Stage::start().await;
    publish(&stage, "guassp.gitlab.project_member.project.7", 3).await;
    let hooks = consumer(&stage, subject::GITLAB, subject::GATEWAY_HOOKS).await;
    let mut messages = hooks.fetch().max_messages(1).messages().await.unwrap();
    let first = at_once("a message", messages.next()).await.unwrap().unwrap();
    let busy = check(&stage, subject::GATEWAY_HOOKS).await.unwrap();
    assert_eq!((busy.state, busy.found.as_str()), (State::Ok, "2 wait, 1 are in hand or put back for later"));
    first.double_ack().await.unwrap();
    let left = check(&stage, subject::GATEWAY_HOOKS).await.unwrap();
    assert_eq!(
        (left.state, left.found.as_str()),
        (State::Warn, "2 wait, 0 are in hand or put back for later")
    );
}

#[tokio::test]
async fn a_notifier_is_missed_where_one_has_run() {
    let stage = Stage::start().await;
    publish(&stage, "guassp.events.token.gitlab", 2).await;
    assert_eq!(check(&stage, subject::NOTIFIER).await, None, "issues are off");
    assert_eq!(queue(&stage, subject::NOTIFIER, Clock::system().now()).await, None);
    let notifier = consumer(&stage, subject::EVENTS, subject::NOTIFIER).await;
    let mut messages = notifier.fetch().max_messages(1).messages().await.unwrap();
    at_once("a message", messages.next()).await.unwrap().unwrap().double_ack().await.unwrap();
    assert_eq!(check(&stage, subject::NOTIFIER).await.unwrap().state, State::Warn);
    assert_eq!(queue(&stage, subject::NOTIFIER, Clock::system().now()).await.unwrap().waiting, 1);
}
