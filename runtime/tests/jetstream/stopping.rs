//! What a stop does to the message in hand.

use std::time::Duration;

use proto::{ProjectId, subject};

use crate::{
    desk::open,
    stage::{AT_ONCE, Stage, at_once, runtime, task},
};

#[tokio::test]
async fn a_soft_stop_finishes_what_is_in_hand_and_takes_nothing_new() {
    let stage = Stage::start().await;
    let mut hands = open(&stage.runtime, 1);
    stage.jetstream().publish_task(&task(7)).await.unwrap();
    let hand = hands.next().await;
    stage.jetstream().publish_task(&task(8)).await.unwrap();
    stage.runtime.lifecycle.stop();
    hand.done();
    assert!(stage.runtime.lifecycle.end(AT_ONCE).await);
    assert!(hands.is_empty());
    assert!(!stage.jetstream().has_task_message(ProjectId(7)).await.unwrap());
    assert!(stage.jetstream().has_task_message(ProjectId(8)).await.unwrap());
}

#[tokio::test]
async fn what_a_soft_stop_left_in_the_queue_is_taken_by_another_at_once() {
    let stage = Stage::start().await;
    let mut hands = open(&stage.runtime, 1);
    stage.jetstream().publish_task(&task(7)).await.unwrap();
    hands.next().await.done();
    assert!(stage.runtime.lifecycle.end(AT_ONCE).await);
    stage.jetstream().publish_task(&task(8)).await.unwrap();
    let hand = open(&stage.another().await, 1).next().await;
    assert_eq!((hand.task.project, hand.delivered), (ProjectId(8), 1));
}

#[tokio::test]
async fn a_hard_stop_gives_back_what_is_in_hand_at_once() {
    let stage = Stage::start().await;
    let mut hands = open(&stage.runtime, 1);
    stage.jetstream().publish_task(&task(7)).await.unwrap();
    let hand = hands.next().await;
    stage.runtime.lifecycle.abort();
    // Ack-wait is an hour.
    let again = open(&stage.another().await, 1).next().await;
    assert_eq!((again.task, again.delivered), (hand.task, 2));
}

#[tokio::test]
async fn a_message_is_given_back_before_the_process_ends() {
    let stage = Stage::start().await;
    let task = task(7);
    stage.jetstream().publish_task(&task).await.unwrap();
    let url = stage.url().to_owned();
    // A process: when its life has ended, nothing of it runs any more.
    let process = std::thread::spawn(move || {
        let tokio =
            tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
        tokio.block_on(async {
            let runtime = runtime(&url, crate::stage::LONG).await;
            let mut hands = open(&runtime, 1);
            let _hand = hands.next().await;
            assert!(!runtime.lifecycle.end(Duration::ZERO).await);
        });
    });
    at_once("the end of the process", async {
        while !process.is_finished() {
            tokio::task::yield_now().await;
        }
    })
    .await;
    process.join().unwrap();
    let again = open(&stage.runtime, 1).next().await;
    assert_eq!((again.task, again.delivered), (task, 2));
    assert_eq!(stage.count(subject::TASKS).await, 1);
}

#[tokio::test]
async fn a_hard_stop_does_not_wait_for_a_server_that_is_gone() {
    let mut stage = Stage::start().await;
    let mut hands = open(&stage.runtime, 1);
    stage.jetstream().publish_task(&task(7)).await.unwrap();
    let _hand = hands.next().await;
    stage.stop_server().await;
    let ended = tokio::time::timeout(Duration::from_secs(10), stage.runtime.lifecycle.end(Duration::ZERO));
    assert!(!ended.await.expect("an end"));
}
