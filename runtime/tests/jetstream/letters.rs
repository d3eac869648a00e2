//! Dead letters: found in their order, and gone when they are taken away.

use proto::{ProjectId, subject};
use runtime::jetstream::{DeadLetter, WorkError};

use crate::{
    desk,
    stage::{Stage, at_once, task},
};

/// Has a task of each project given up, one after the other.
async fn give_up(stage: &Stage, projects: &[u64]) {
    let mut hands = desk::open(&stage.runtime, 1);
    for (project, buried) in projects.iter().zip(1..) {
        stage.jetstream().publish_task(&task(*project)).await.unwrap();
        hands.next().await.answer(Err(WorkError::permanent("it rained")));
        at_once("a dead letter", async { while stage.count(subject::DEAD).await < buried {} }).await;
    }
}

async fn letters(stage: &Stage, after: u64, limit: usize) -> Vec<DeadLetter> {
    stage.jetstream().dead_letters(after, limit).await.unwrap()
}

#[tokio::test]
async fn letters_are_listed_in_their_order_and_by_pages() {
    let stage = Stage::start().await;
    assert!(letters(&stage, 0, 10).await.is_empty());
    give_up(&stage, &[7, 8, 9]).await;
    let all = letters(&stage, 0, 10).await;
    let projects: Vec<_> = all.iter().map(|letter| letter.project).collect();
    assert_eq!(projects, [7, 8, 9].map(|id| Some(ProjectId(id))));
    let [first, second, third] = all.try_into().unwrap();
    assert_eq!(letters(&stage, second.number, 2).await, [third]);
    assert_eq!(letters(&stage, 0, 2).await, [first, second]);
    assert!(letters(&stage, u64::MAX, 2).await.is_empty());
}

#[tokio::test]
async fn a_letter_says_who_gave_it_up_and_why() {
    let stage = Stage::start().await;
    give_up(&stage, &[7]).await;
    let letter = letters(&stage, 0, 1).await.remove(0);
    assert_eq!((letter.stage.as_str(), letter.project), ("resolver", Some(ProjectId(7))));
    assert_eq!((letter.subject.as_str(), letter.reason.as_str()), ("guassp.tasks.7", "it rained"));
    assert_eq!((letter.deliveries, letter.size > 0), (1, true));
    assert_eq!(stage.jetstream().dead_letter(letter.number).await.unwrap(), Some(letter));
}

#[tokio::test]
async fn a_letter_that_is_taken_away_is_gone_and_may_be_taken_away_twice() {
    let stage = Stage::start().await;
    give_up(&stage, &[7, 8]).await;
    let first = letters(&stage, 0, 1).await.remove(0).number;
    for _ in 0..2 {
        stage.jetstream().remove_dead_letter(first).await.unwrap();
        assert_eq!(stage.jetstream().dead_letter(first).await.unwrap(), None);
    }
    stage.jetstream().remove_dead_letter(first + 100).await.unwrap();
    assert_eq!(letters(&stage, 0, 10).await.len(), 1);
}
