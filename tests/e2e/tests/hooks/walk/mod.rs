//! A long random walk of GitLab, told by hooks of which some are lost, repeated and late. After it and one period of
//! reconcile SonarQube is as the rule says, and the directory as GitLab is.

mod change;
mod directory;
mod ground;

use std::time::{Duration, Instant};

use e2e::{Seeded, wait};
use jiff::Timestamp;
use proto::ProjectId;
use sandbox::gitlab::{Delivery, Weather};

use self::ground::Ground;
use crate::machine::alone;

const SEED: u64 = 7;
const CHANGES: usize = 2_000;
/// So many changes happen at once; the next ones when GitLab is through with telling of these.
const AT_ONCE: usize = 25;
/// Every so many changes a new person gets a role, whose grant is waited for.
const PROBES: usize = 10;
/// Each project is read whole once in this time.
const PERIOD: &str = "30s";
const WEATHER: Weather =
    Weather { seed: SEED, lost: 10, twice: 10, late: 30, longest_delay: Duration::from_millis(250) };
/// GitLab itself needs no longer to deliver a few hooks.
const PATIENCE: Duration = Duration::from_secs(60);

/// Walks; each time through the other gateway, as a load balancer would do it.
async fn walk(ground: &Ground) {
    let mut seeded = Seeded::new(SEED);
    for (round, first) in (0..CHANGES).step_by(AT_ONCE).enumerate() {
        ground.tell(round % ground.gateways.len());
        for nth in first..first + AT_ONCE {
            if nth % PROBES == 0 {
                ground.probe(nth / PROBES, &mut seeded);
            } else {
                ground.change(nth, &mut seeded);
            }
        }
        assert!(ground.scene.gitlab.delivered(PATIENCE).await, "seed {SEED}: deliveries that are stuck");
    }
}

/// Waits until every project was read whole after this moment, and what was read is written.
async fn until_reconciled(ground: &Ground, after: Timestamp) {
    let known = &ground.scene.stack.runtime.jetstream.projects;
    for project in &ground.projects {
        let id = ProjectId(project.id);
        let begun = async || known.started(id).await.ok()?.filter(|started| started.at >= after);
        let begun = wait::until(&format!("seed {SEED}: project {id} to be read after the walk"), begun).await;
        let applied = async || {
            let applied = known.applied(id).await.ok()??;
            (!applied.order.task.is_before(&begun.position)).then_some(())
        };
        wait::until(&format!("seed {SEED}: what was read of project {id} to be written"), applied).await;
    }
}

/// How long it took from the change to the grant, where the hook arrived; the shortest first.
fn times(ground: &Ground, told: &[Delivery]) -> Vec<Duration> {
    let writes = ground.scene.model().writes();
    let granted = |login: &str| -> Option<Instant> {
        let of_person = |detail: &str| detail.split(' ').next() == Some(login);
        let grants = writes.iter().filter(|write| write.action == "add_user" && of_person(&write.detail));
        grants.filter_map(|write| write.ended).max()
    };
    let mut times = Vec::new();
    for person in &ground.newcomers {
        let of_person = |delivery: &&Delivery| {
            delivery.event() == "user_add_to_team" && delivery.body["user_id"] == person.id
        };
        let Some(delivery) = told.iter().find(of_person).filter(|it| it.through_after().is_some()) else {
            continue;
        };
        let granted = granted(&person.login);
        let granted = granted.unwrap_or_else(|| panic!("seed {SEED}: {person:?} was granted nothing"));
        times.push(granted.duration_since(delivery.changed_at));
    }
    times.sort_unstable();
    times
}

/// The time within which so many percent were done.
fn percentile(times: &[Duration], percent: usize) -> Duration {
    times[(times.len() * percent).div_ceil(100).saturating_sub(1)]
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_walk_of_gitlab_ends_as_the_rule_says() {
    let _machine = alone().await;
    let began = Instant::now();
    let ground = Ground::prepare(PERIOD, CHANGES / PROBES).await;
    until_reconciled(&ground, Timestamp::UNIX_EPOCH).await;
    assert_eq!(ground.wrong(), Vec::<String>::new(), "before the walk");
    println!("walk: {} projects are synchronised after {:.1?}", ground.projects.len(), began.elapsed());
    ground.scene.gitlab.world().hooks.weather = WEATHER;
    let began = Instant::now();
    walk(&ground).await;
    let (walked, end) = (began.elapsed(), Timestamp::now());
    println!("walk: {CHANGES} changes in {walked:.1?}");
    until_reconciled(&ground, end).await;
    let reconciled = began.elapsed() - walked;
    assert_eq!(ground.wrong(), Vec::<String>::new(), "seed {SEED}");
    let told = ground.scene.gitlab.deliveries();
    let asked = directory::is_right(&ground, &told, SEED).await;

    let lost = told.iter().filter(|delivery| delivery.lost).count();
    let times = times(&ground, &told);
    assert!(
        lost > 0 && times.len() > ground.newcomers.len() / 2,
        "seed {SEED}: {lost} lost of {}",
        told.len()
    );
    println!(
        "walk: {} hooks, {lost} of them lost; from change to grant p50 {:.2?}, p99 {:.2?} (of {}); all was read again \
         {reconciled:.1?} after the walk; {asked} questions to the directory",
        told.len(),
        percentile(&times, 50),
        percentile(&times, 99),
        times.len(),
    );
}
