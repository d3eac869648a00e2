//! Messages that are stored once, or not at all.

use async_nats::{
    HeaderMap,
    jetstream::{AckKind, Message, consumer::pull},
};
use futures::StreamExt;
use proto::{ProjectId, subject};
use runtime::jetstream::{Encoded, PublishError};

use crate::stage::{Stage, at_once, task};

fn encoded(bytes: usize) -> Encoded {
    Encoded { payload: vec![b' '; bytes].into(), headers: HeaderMap::new() }
}

async fn publish(stage: &Stage, id: &str, expect: Option<u64>) -> Result<(u64, bool), PublishError> {
    let publisher = &stage.jetstream().publisher;
    let published = publisher.publish(subject::plan(ProjectId(7)), id.to_owned(), encoded(2), expect).await?;
    Ok((published.sequence, published.duplicate))
}

/// Takes the plan in hand.
async fn take(stage: &Stage) -> Message {
    let stream = stage.context().get_stream(subject::PLANS).await.unwrap();
    let consumer = stream.get_consumer::<pull::Config>(subject::APPLIER).await.unwrap();
    let mut messages = consumer.stream().messages().await.unwrap();
    at_once("a plan", messages.next()).await.unwrap().unwrap()
}

#[tokio::test]
async fn a_task_that_is_published_twice_is_one_message() {
    let stage = Stage::start().await;
    let task = task(7);
    let first = stage.jetstream().publish_task(&task).await.unwrap();
    assert_eq!(stage.jetstream().publish_task(&task).await.unwrap(), first);
    assert_eq!(stage.count(subject::TASKS).await, 1);
}

#[tokio::test]
async fn a_task_that_is_published_again_is_one_message_however_many_found_it_gone() {
    let stage = Stage::start().await;
    let task = task(7);
    let first = stage.jetstream().publish_task(&task).await.unwrap();
    stage.context().get_stream(subject::TASKS).await.unwrap().purge().await.unwrap();
    let again = stage.jetstream().publish_task_again(&task, first.sequence).await.unwrap();
    assert!(first.is_before(&again));
    assert_eq!(stage.jetstream().publish_task_again(&task, first.sequence).await.unwrap(), again);
    assert_eq!(stage.count(subject::TASKS).await, 1);
}

#[tokio::test]
async fn a_place_is_taken_until_its_message_is_done() {
    let stage = Stage::start().await;
    let (first, _) = publish(&stage, "one", Some(0)).await.unwrap();
    assert!(matches!(publish(&stage, "two", Some(0)).await, Err(PublishError::Taken(_))));
    assert!(stage.jetstream().is_plan_slot_taken(ProjectId(7)).await.unwrap());
    assert!(!stage.jetstream().is_plan_slot_taken(ProjectId(8)).await.unwrap());
    let plan = take(&stage).await;
    let in_hand = publish(&stage, "three", Some(0)).await;
    assert!(matches!(in_hand, Err(PublishError::Taken(_))));
    plan.ack_with(AckKind::Nak(None)).await.unwrap();
    let plan = take(&stage).await;
    assert!(matches!(publish(&stage, "four", Some(0)).await, Err(PublishError::Taken(_))));
    plan.double_ack().await.unwrap();
    assert!(!stage.jetstream().is_plan_slot_taken(ProjectId(7)).await.unwrap());
    assert_eq!(publish(&stage, "five", Some(0)).await.unwrap(), (first + 1, false));
}

#[tokio::test]
async fn a_place_is_taken_even_for_those_who_expect_nothing() {
    let stage = Stage::start().await;
    publish(&stage, "one", Some(0)).await.unwrap();
    let second = at_once("a refusal", publish(&stage, "two", None)).await;
    assert!(matches!(second, Err(PublishError::Taken(_))), "{second:?}");
    assert_eq!(stage.count(subject::PLANS).await, 1);
}

/// The server looks at the expected sequence before it looks at the id: a plan whose confirmation was lost finds the
/// place taken, by itself.
#[tokio::test]
async fn a_place_is_taken_for_a_repeat_of_its_own_message_as_well() {
    let stage = Stage::start().await;
    publish(&stage, "one", Some(0)).await.unwrap();
    assert!(matches!(publish(&stage, "one", Some(0)).await, Err(PublishError::Taken(_))));
    assert_eq!(stage.count(subject::PLANS).await, 1);
}

#[tokio::test]
async fn a_message_that_is_too_large_is_refused_before_it_is_sent() {
    let stage = Stage::start().await;
    let max = stage.context().client().server_info().max_payload;
    let bytes = || stage.context().client().statistics().out_bytes.load(std::sync::atomic::Ordering::Relaxed);
    let before = bytes();
    // The headers count, too: a payload of just the limit is too large with them.
    for size in [max + 1, max] {
        let publisher = &stage.jetstream().publisher;
        let publish =
            publisher.publish(subject::plan(ProjectId(7)), "one".to_owned(), encoded(size), Some(0));
        let error = tokio::time::timeout(std::time::Duration::from_secs(5), publish)
            .await
            .expect("a refusal at once")
            .expect_err("a refusal");
        assert!(matches!(error, PublishError::TooLarge { .. }), "{error}");
        assert!(error.to_string().contains(&format!("max_payload of {max}")), "{error}");
    }
    assert!(bytes() - before < 1000);
    assert_eq!(publish(&stage, "two", Some(0)).await.unwrap(), (1, false));
}

#[tokio::test]
async fn a_publish_outlasts_a_restart_of_the_server_and_is_one_message() {
    let mut stage = Stage::start().await;
    let (jetstream, task) = (stage.jetstream().clone(), task(7));
    stage.stop_server().await;
    let ((), published) = tokio::join!(stage.start_server(), jetstream.publish_task(&task));
    published.unwrap();
    assert_eq!(stage.count(subject::TASKS).await, 1);
}
