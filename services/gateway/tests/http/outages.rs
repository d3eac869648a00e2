//! nats-server goes away and comes back: nothing that was answered is lost, and intake goes on by itself.

use std::time::Duration;

use proto::subject;
use tokio::time::Instant;

use crate::{
    brokers::Brokers,
    staff::Staffed,
    stage::{BLOG, Given, SHOP, Stage, until},
};

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

/// Checks that a refused trigger has left nothing behind, once the record that could not be taken away is.
async fn nothing_is_half_made(staffed: &Staffed, accepted: u64) {
    let whole = async || {
        let body = staffed.see("/tasks").await.body;
        (body["queued_tasks"] == accepted).then_some(())
    };
    until("records of accepted tasks alone", whole).await;
    assert_eq!(staffed.stage.count(subject::TASKS).await, accepted);
}

#[tokio::test]
async fn a_full_store_is_503_and_leaves_nothing_half_made() {
    let brokers = Brokers::with_store(512 << 10);
    let staffed = Staffed::with(Given { brokers: Some(brokers), ..Given::default() }).await;
    let (shop, blog) = (staffed.stage.job(SHOP), staffed.stage.job(BLOG));
    staffed.stage.trigger(&shop).await.task();
    let context = staffed.stage.runtime.jetstream.context().clone();
    let fill = async |size: usize| {
        let noise = || context.publish("guassp.dead.noise.1", vec![0; size].into());
        while noise().await.unwrap().await.is_ok() {}
    };
    fill(10_000).await;
    fill(100).await;
    let refused = staffed.stage.trigger(&blog).await;
    refused.is_problem(503, "could not be stored");
    assert_eq!(refused.header("retry-after"), Some("10"));

    context.get_stream(subject::DEAD).await.unwrap().purge().await.unwrap();
    nothing_is_half_made(&staffed, 1).await;
    staffed.stage.trigger(&blog).await.task();
    nothing_is_half_made(&staffed, 2).await;
}

#[tokio::test]
async fn a_cluster_without_a_leader_is_503_and_intake_goes_on_when_it_has_one() {
    let given = Given { brokers: Some(Brokers::cluster()), ..Given::default() };
    let mut staffed = Staffed::with(given).await;
    let (shop, blog) = (staffed.stage.job(SHOP), staffed.stage.job(BLOG));
    staffed.stage.trigger(&shop).await.task();
    let brokers = staffed.stage.brokers.as_mut().unwrap();
    brokers.kill(1).await;
    brokers.kill(2).await;
    staffed.stage.trigger(&blog).await.is_problem(503, "could not be stored");

    staffed.stage.brokers.as_mut().unwrap().run(1);
    let accepted = async || (staffed.stage.trigger(&blog).await.status == 202).then_some(());
    until("an accepted trigger", accepted).await;
    // A message that was stored and not confirmed is a task like another: it has a record as soon as somebody begins.
    // Each stream elects a leader of its own, which takes longer than a resolver of these tests is patient otherwise.
    let _sonarqube = staffed.stage.work_with(1_000).await;
    let open = ["queued_tasks", "started_tasks", "deferred_tasks"];
    let ended = |body: &serde_json::Value| {
        body["finished_tasks"].as_u64() >= Some(2) && open.iter().all(|state| body[state] == 0)
    };
    let tasks = staffed.until_seen("/tasks", ended).await.body;
    assert_eq!(tasks["failed_tasks"], 0, "{tasks}");
    assert_eq!(staffed.stage.count(subject::TASKS).await, 0);
}
