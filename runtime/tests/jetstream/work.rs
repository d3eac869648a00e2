//! One message in hand: it stays there as long as it is worked on, and nothing is dropped.

use std::time::Duration;

use futures::StreamExt;
use proto::{ProjectId, TaskState, subject};
use runtime::jetstream::{Step, WorkError};

use crate::{
    desk::open,
    stage::{Stage, at_once, task},
};

const NO_REDELIVERY: &str = "guassp_redeliveries_total{stage=\"resolver\"}";

/// Waits until the queue is empty: whatever was in hand is settled.
async fn empty(stage: &Stage) {
    at_once("an empty queue", async {
        while stage.count(subject::TASKS).await > 0 {
            tokio::task::yield_now().await;
        }
    })
    .await;
}

#[tokio::test]
async fn a_message_that_takes_longer_than_ack_wait_is_delivered_once() {
    let stage = Stage::with(Duration::from_secs(1)).await;
    let mut said = stage.context().client().subscribe("$JS.ACK.>").await.unwrap();
    // Two workers: a message that came back would be taken by the idle one.
    let mut hands = open(&stage.runtime, 2);
    stage.jetstream().publish_task(&task(7)).await.unwrap();
    let hand = hands.next().await;
    // It is renewed at every third of ack-wait: nine times are three times ack-wait.
    for _ in 0..9 {
        let progress = at_once("in-progress", said.next()).await.unwrap();
        assert_eq!(&progress.payload[..], b"+WPI");
        assert!(hand.lease.is_held());
    }
    assert_eq!(hand.delivered, 1);
    hand.done();
    empty(&stage).await;
    assert!(hands.is_empty());
    assert_eq!(stage.figure(NO_REDELIVERY), 0);
}

#[tokio::test]
async fn a_message_that_waits_comes_back_and_counts_as_no_attempt() {
    let stage = Stage::start().await;
    let mut hands = open(&stage.runtime, 1);
    let task = task(7);
    stage.jetstream().publish_task(&task).await.unwrap();
    // More often than there are attempts.
    for delivered in 1..=5 {
        let hand = hands.next().await;
        assert_eq!((hand.delivered, &hand.task), (delivered, &task));
        hand.answer(Ok(Step::Wait { after: Duration::from_millis(1), reason: "its turn".to_owned() }));
    }
    hands.next().await.done();
    empty(&stage).await;
    let record = stage.jetstream().records.get(task.id).await.unwrap().unwrap();
    assert_eq!((record.waits, record.reason.as_deref()), (5, Some("its turn")));
    assert_eq!(stage.count(subject::DEAD).await, 0);
}

#[tokio::test]
async fn a_message_that_fails_every_time_is_given_up_and_kept_with_the_reason() {
    let stage = Stage::start().await;
    let mut hands = open(&stage.runtime, 1);
    let task = task(7);
    stage.jetstream().publish_task(&task).await.unwrap();
    for delivered in 1..=3 {
        let hand = hands.next().await;
        assert_eq!(hand.delivered, delivered);
        hand.answer(Err(WorkError::transient("it rained")));
    }
    empty(&stage).await;
    assert_eq!(stage.count(subject::DEAD).await, 1);
    let record = stage.jetstream().records.get(task.id).await.unwrap().unwrap();
    assert_eq!((record.state, record.reason.as_deref()), (TaskState::Failed, Some("it rained")));
}

#[tokio::test]
async fn a_stage_that_panics_has_failed_an_attempt_and_its_worker_lives_on() {
    let stage = Stage::start().await;
    let mut hands = open(&stage.runtime, 1);
    let (first, second) = (task(7), task(8));
    stage.jetstream().publish_task(&first).await.unwrap();
    for delivered in 1..=3 {
        let hand = hands.next().await;
        assert_eq!((hand.delivered, hand.task.project), (delivered, ProjectId(7)));
        drop(hand);
    }
    stage.jetstream().publish_task(&second).await.unwrap();
    let hand = hands.next().await;
    assert_eq!(hand.task, second);
    hand.done();
    empty(&stage).await;
    assert_eq!(stage.count(subject::DEAD).await, 1);
    let record = stage.jetstream().records.get(first.id).await.unwrap().unwrap();
    assert_eq!(record.state, TaskState::Failed);
    assert!(record.reason.unwrap().contains("panicked"));
}
