//! nats-server goes away and comes back: nothing that was answered is lost, and intake goes on by itself.

use std::time::Duration;

use tokio::time::Instant;

use crate::stage::{BLOG, SHOP, Stage, until};

/// The publisher's patience, and what a busy machine takes on top.
const LONGEST_ANSWER: Duration = Duration::from_secs(20);

#[tokio::test]
async fn while_nats_server_is_down_every_call_is_told_to_come_back_and_soon() {
    let mut stage = Stage::start().await;
    let token = stage.job(SHOP);
    let id = stage.trigger(&token).await.task();
    stage.stop_nats().await;
    let began = Instant::now();
    let (health, trigger, look) =
        tokio::join!(stage.get("/health"), stage.trigger(&token), stage.look(id, &token));
    assert!(began.elapsed() < LONGEST_ANSWER, "{:?}", began.elapsed());
    health.is_problem(503, "nats-server does not");
    trigger.is_problem(503, "could not be stored");
    look.is_problem(503, "cannot be read");
    for answer in [health, trigger, look] {
        assert!(answer.header("retry-after").is_some(), "{answer:?}");
    }
}

#[tokio::test]
async fn when_nats_server_is_back_intake_goes_on_and_every_answered_task_ends() {
    let mut stage = Stage::start().await;
    let (shop, blog) = (stage.job(SHOP), stage.job(BLOG));
    let before = stage.trigger(&shop).await.task();
    stage.stop_nats().await;
    stage.trigger(&blog).await.is_problem(503, "could not be stored");
    stage.start_nats().await;
    let healthy = async || (stage.get("/health").await.status == 200).then_some(());
    until("a healthy gateway", healthy).await;
    // The task from before the outage waits still.
    let joined = stage.trigger(&shop).await;
    assert_eq!((joined.task(), &joined.body["joined"]), (before, &true.into()));
    let after = stage.trigger(&blog).await.task();
    let _sonarqube = stage.work().await;
    assert_eq!(stage.ended(before, &shop).await["state"], "finished");
    assert_eq!(stage.ended(after, &blog).await["state"], "finished");
}

#[tokio::test]
async fn tasks_that_were_answered_end_when_nats_server_goes_away_under_the_workers() {
    let mut stage = Stage::start().await;
    let _sonarqube = stage.work().await;
    let (shop, blog) = (stage.job(SHOP), stage.job(BLOG));
    let gate = stage.gitlab.faults().hold("GET", "/projects/7", 1);
    let first = stage.trigger(&shop).await.task();
    gate.arrived().await;
    stage.stop_nats().await;
    gate.release();
    stage.start_nats().await;
    let accepted = async || {
        let answer = stage.trigger(&blog).await;
        (answer.status == 202).then(|| answer.task())
    };
    let second = until("an accepted trigger", accepted).await;
    assert_eq!(stage.ended(first, &shop).await["state"], "finished");
    assert_eq!(stage.ended(second, &blog).await["state"], "finished");
}
