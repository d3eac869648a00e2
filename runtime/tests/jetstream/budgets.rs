//! Budgets that several processes share: no two calls have the same moment, and a pause is everybody's.

use std::time::Duration;

use futures::future::join_all;
use jiff::{SignedDuration, Timestamp};
use runtime::{
    clock::Clock,
    jetstream::{Budgets, JetStream},
};

use crate::stage::Stage;

const SECOND: Duration = Duration::from_secs(1);
const MINUTE: Duration = Duration::from_secs(60);

/// The budgets as a process sees them whose clock stands still at this second.
async fn at(stage: &Stage, second: i64) -> Budgets {
    let time = Timestamp::from_second(1_800_000_000).unwrap() + SignedDuration::from_secs(second);
    let metrics = stage.runtime.metrics.clone();
    let clock = Clock::from_fn(move || time);
    JetStream::bind(stage.context().clone(), clock, metrics).await.unwrap().budgets
}

#[tokio::test]
async fn processes_that_reserve_at_the_same_time_get_moments_of_their_own() {
    let stage = Stage::start().await;
    let processes = join_all((0..4).map(|_| at(&stage, 0))).await;
    let reserved = join_all(processes.iter().flat_map(|budgets| {
        (0..5).map(|_| async { budgets.reserve("requests", 3, SECOND).await.unwrap().starts_in.as_secs() })
    }));
    let mut starts = reserved.await;
    starts.sort_unstable();
    assert_eq!(starts, (0..20).map(|n| n * 3).collect::<Vec<u64>>());
    let other = at(&stage, 0).await.reserve("member_lists", 1, SECOND).await.unwrap();
    assert_eq!(other.starts_in, Duration::ZERO, "each budget is one of its own");
}

#[tokio::test]
async fn what_nobody_reserved_in_time_is_not_saved_up() {
    let stage = Stage::start().await;
    at(&stage, 0).await.reserve("requests", 1, SECOND).await.unwrap();
    let later = at(&stage, 100).await;
    for start in [0, 5, 10] {
        assert_eq!(later.reserve("requests", 5, SECOND).await.unwrap().starts_in.as_secs(), start);
    }
}

#[tokio::test]
async fn a_pause_is_everybodys_and_the_longest_one_counts() {
    let stage = Stage::start().await;
    let (one, other) = (at(&stage, 0).await, at(&stage, 0).await);
    assert_eq!(other.paused_for("requests").await.unwrap(), None);
    one.pause("requests", MINUTE).await.unwrap();
    one.pause("requests", SECOND).await.unwrap();
    assert_eq!(other.paused_for("requests").await.unwrap(), Some(MINUTE));
    let reserved = other.reserve("requests", 1, SECOND).await.unwrap();
    assert_eq!((reserved.starts_in, reserved.pause), (MINUTE, Some(MINUTE)));
    let after = at(&stage, 60).await;
    assert_eq!(after.paused_for("requests").await.unwrap(), None);
}

#[tokio::test]
async fn what_a_wrong_clock_has_written_is_not_waited_for() {
    let stage = Stage::start().await;
    let day_ahead = at(&stage, 86_400).await;
    day_ahead.reserve("requests", 1, SECOND).await.unwrap();
    day_ahead.pause("requests", MINUTE).await.unwrap();
    let reserved = at(&stage, 0).await.reserve("requests", 1, SECOND).await.unwrap();
    assert_eq!((reserved.starts_in, reserved.pause), (Duration::ZERO, None));
}
