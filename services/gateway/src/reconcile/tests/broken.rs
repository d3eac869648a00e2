//! Clocks that were wrong, keys that nobody can read, rows that are out of date, tasks that were canceled: nothing of it
//! keeps a project from its turn, nor the others.

use proto::NewestTask;

use super::*;

/// A gateway's board that is not kept up to date any more.
async fn frozen(ground: &mut Ground) {
    assert!(ground.lives.remove(0).end(PATIENCE).await);
}

/// Waits until every gateway sees what is looked for.
async fn seen(ground: &Ground, look: impl Fn(&ProjectBoard) -> bool) {
    for gateway in &ground.gateways {
        while gateway.board.read(&look) != Some(true) {
            tokio::task::yield_now().await;
        }
    }
}

async fn begun(ground: &Ground, project: u64, at: Timestamp) {
    let position = TaskPosition { incarnation: Incarnation(Timestamp::UNIX_EPOCH), sequence: 99 };
    let started = StartedTask { task: TaskId::new(), position, at };
    ground.jetstream.projects.raise_started(ProjectId(project), &started).await.unwrap();
}

async fn garbage(ground: &Ground, key: &str) {
    let bucket =
        if key.starts_with(subject::RECONCILE_TURN_KEY) { subject::CATALOG } else { subject::PROJECTS };
    let bucket = ground.jetstream.context().get_key_value(bucket).await.unwrap();
    bucket.put(key, "noise".into()).await.unwrap();
}

#[tokio::test]
async fn what_a_wrong_clock_put_far_ahead_comes_first() {
    let mut ground = Ground::new(3, settings(120)).await;
    let ahead = ground.begin + SignedDuration::from_hours(24 * 30);
    begun(&ground, 3, ahead).await;
    let is_ahead = |board: &ProjectBoard| board.rows()[&ProjectId(3)].last_asked() == Some(ahead);
    seen(&ground, is_ahead).await;
    while ground.asked.is_empty() {
        assert!(ground.time.now() < ground.begin + SignedDuration::from_hours(3), "a third of a period");
        ground.step().await;
    }
    assert_eq!(ground.asked.keys().copied().collect::<Vec<_>>(), [ProjectId(3)]);
}

#[tokio::test]
async fn a_key_that_nobody_can_read_stops_no_project_not_even_its_own() {
    let mut ground = Ground::new(4, settings(120)).await;
    ground.step().await;
    let keys = [subject::newest_key(ProjectId(2)), subject::started_key(ProjectId(3))];
    for key in keys.iter().map(String::as_str).chain([subject::RECONCILE_KEY, subject::RECONCILE_TURN_KEY]) {
        garbage(&ground, key).await;
    }
    seen(&ground, |board| board.rows()[&ProjectId(3)].started.is_none()).await;
    for _ in 0..STEPS + 2 {
        ground.step().await;
    }
    assert_eq!(ground.asked.keys().map(|project| project.0).collect::<Vec<_>>(), [1, 2, 3, 4]);
    assert!(ground.asked[&ProjectId(3)].len() <= 2, "it is not asked for in every turn: {:?}", ground.asked);
}

#[tokio::test]
async fn a_task_that_somebody_canceled_counts_as_asked_for() {
    let mut ground = Ground::new(1, settings(120)).await;
    ground.step().await;
    fill(&ground.jetstream, 2..=2, None).await;
    let intake = &ground.gateways[0].intake;
    let task = intake.trigger(ProjectId(2), Cause::Appeared).await.unwrap().task;
    ground.jetstream.projects.cancel_newest(ProjectId(2), task).await.unwrap();
    let is_canceled = |newest: &NewestTask| newest.canceled;
    seen(&ground, |board| {
        let row = board.rows().get(&ProjectId(2));
        row.is_some_and(|row| row.in_sonarqube && row.newest.as_ref().is_some_and(is_canceled))
    })
    .await;
    ground.time.pass(STEP);
    let turns = join_all(ground.gateways.iter().map(Reconciler::turn)).await;
    assert_eq!(turns.into_iter().map(Result::unwrap).sum::<usize>(), 0);
}

#[tokio::test]
async fn a_row_that_is_out_of_date_is_mended_by_looking() {
    let mut ground = Ground::new(2, settings(120)).await;
    ground.step().await;
    frozen(&mut ground).await;
    begun(&ground, 1, ground.begin + SignedDuration::from_hours(1)).await;
    ground.time.pass(PERIOD);
    let gateway = &ground.gateways[0];
    gateway.turn().await.unwrap();
    let sequence =
        gateway.board.read(|board| board.rows()[&ProjectId(1)].started.as_ref().unwrap().position.sequence);
    assert_eq!(sequence, Some(99));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn however_many_are_new_the_others_have_their_turn() {
    let mut ground = Ground::new(300, settings(1)).await;
    ground.step().await;
    fill(&ground.jetstream, 301..=600, None).await;
    seen(&ground, |board| board.in_sonarqube().count() == 600).await;
    for _ in 0..STEPS / 10 {
        ground.step().await;
    }
    let (old, new): (Vec<ProjectId>, Vec<_>) = ground.asked.keys().partition(|project| project.0 <= 300);
    assert!(old.len() >= 15 && new.len() >= 15, "{} {}", old.len(), new.len());
}
