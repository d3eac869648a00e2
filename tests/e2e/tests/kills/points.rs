//! A service dies: at every request, at every change in JetStream, and at seeded moments.

use e2e::Seeded;

use super::*;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_death_at_any_call_to_gitlab_loses_nothing() {
    let system = System::GitLab;
    for moment in [Moment::Before, Moment::After] {
        let points = each(|nth| Point::Call { system, nth, moment }).await;
        assert_eq!(points, 5, "the job's token, the project, its members, its group, the token's user");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_death_before_any_call_to_sonarqube_loses_nothing() {
    let (system, moment) = (System::SonarQube, Moment::Before);
    let points = each(|nth| Point::Call { system, nth, moment }).await;
    assert!(points >= 17, "11 readings and flips, 2 grants, 4 revokes: {points}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_death_after_any_call_to_sonarqube_loses_nothing_and_repeats_nothing() {
    let (system, moment) = (System::SonarQube, Moment::After);
    let points = each(|nth| Point::Call { system, nth, moment }).await;
    assert!(points >= 17, "11 readings and flips, 2 grants, 4 revokes: {points}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_death_before_any_change_in_jetstream_loses_nothing() {
    changes(Moment::Before).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_death_after_any_change_in_jetstream_loses_nothing_and_repeats_nothing() {
    changes(Moment::After).await;
}

async fn changes(moment: Moment) {
    for (role, least, what) in [
        (Role::Gateway, 3, "record, task, newest"),
        (Role::Resolver, 5, "started, reading, planned, plan, ack"),
        (Role::Applier, 13, "applying, 8 events, applied, ended, record, ack"),
    ] {
        let points = each(|nth| Point::Change { role, nth, moment }).await;
        assert!(points >= least, "{what}: {points}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_death_at_a_seeded_moment_loses_nothing() {
    let lanes = (0..LANES).map(async |lane| {
        let mut ground = Ground::new("4").await;
        for seed in (lane..24).step_by(LANES) {
            let mut seeded = Seeded::new(seed as u64);
            let after = Duration::from_micros(seeded.below(60_000));
            let role = Role::ALL[usize::try_from(seeded.below(3)).expect("few")];
            ground.trial(Point::Time { role, after }).await;
        }
    });
    join_all(lanes).await;
}
