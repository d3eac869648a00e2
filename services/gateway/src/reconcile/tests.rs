//! Three gateways, a simulated clock, a real nats-server, and somebody who begins every task: each project comes once a
//! period, evenly spread, whatever happens to gateways.

use std::{
    collections::BTreeMap,
    sync::{Mutex, PoisonError},
};

use async_nats::jetstream::{consumer::PullConsumer, kv::Store};
use broker::Nats;
use futures::{StreamExt, future::join_all, stream};
use jiff::SignedDuration;
use proto::{CatalogComplete, CatalogEntry, Incarnation, StartedTask, Task, TaskId, TaskPosition, envelope};
use runtime::{jetstream::decode, metrics::Metrics};

use super::*;
use crate::metrics::GatewayMetrics;

mod broken;

const PERIOD: Duration = Duration::from_secs(6 * 3600);
/// How much time passes from one round of turns to the next.
const STEP: Duration = Duration::from_secs(120);
const STEPS: usize = 180;
const PATIENCE: Duration = Duration::from_secs(60);

/// The time of all gateways.
#[derive(Clone)]
struct Time(Arc<Mutex<Timestamp>>);

/// A catalogue of projects that were all begun at the beginning, and gateways.
struct Ground {
    gateways: Vec<Reconciler>,
    lives: Vec<Lifecycle>,
    jetstream: JetStream,
    tasks: PullConsumer,
    time: Time,
    begin: Timestamp,
    /// When each project was asked for.
    asked: BTreeMap<ProjectId, Vec<Timestamp>>,
    _nats: Nats,
}

impl Time {
    fn now(&self) -> Timestamp {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn pass(&self, time: Duration) {
        let mut now = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        *now += SignedDuration::try_from(time).unwrap();
    }

    fn clock(&self) -> Clock {
        let time = self.clone();
        Clock::from_fn(move || time.now())
    }
}

impl Ground {
    async fn new(projects: u64, settings: Reconcile) -> Self {
        let begin = Timestamp::from_second(1_800_000_000).unwrap();
        let time = Time(Arc::new(Mutex::new(begin)));
        let nats = Nats::start().await;
        let jetstream = bound(&nats, &time).await;
        fill(&jetstream, 1..=projects, Some(begin)).await;
        let (mut gateways, mut lives) = (Vec::new(), Vec::new());
        for _ in 0..3 {
            let (gateway, life) = gateway(bound(&nats, &time).await, &time, settings);
            let board = gateway.board.clone();
            board.read_within(PATIENCE, |_| ()).await.expect("projects in memory");
            gateways.push(gateway);
            lives.push(life);
        }
        let stream = jetstream.context().get_stream(subject::TASKS).await.unwrap();
        let tasks = stream.get_consumer(subject::RESOLVER).await.unwrap();
        let asked = BTreeMap::new();
        Self { gateways, lives, jetstream, tasks, time, begin, asked, _nats: nats }
    }

    /// The time of a step passes; every gateway makes a turn, if it is its own; what was asked for begins.
    async fn step(&mut self) -> usize {
        self.time.pass(STEP);
        let turns = join_all(self.gateways.iter().map(Reconciler::turn)).await;
        let asked: usize = turns.into_iter().map(Result::unwrap).sum();
        self.begin_tasks(asked).await;
        asked
    }

    /// Takes so many tasks, as a resolver does.
    async fn begin_tasks(&mut self, count: usize) {
        if count == 0 {
            return;
        }
        let (jetstream, now) = (&self.jetstream, self.time.now());
        let tasks = self.tasks.fetch().max_messages(count).messages().await.unwrap();
        let begun = tasks.map(|message| async move {
            let message = message.unwrap();
            let task: Task = decode(message.headers.as_ref(), &message.payload).unwrap();
            let position = jetstream.position(message.info().unwrap().stream_sequence);
            let started = StartedTask { task: task.id, position, at: now };
            jetstream.projects.raise_started(task.project, &started).await.unwrap();
            message.double_ack().await.unwrap();
            assert_eq!(task.cause, Cause::Reconcile);
            task.project
        });
        for project in begun.buffer_unordered(32).collect::<Vec<_>>().await {
            self.asked.entry(project).or_default().push(now);
        }
    }

    /// How often each project was asked for in the period from this step on, as counts of counts.
    fn counts(&self, from: usize) -> BTreeMap<usize, usize> {
        let begin = self.begin + SignedDuration::try_from(STEP * u32::try_from(from).unwrap()).unwrap();
        let end = begin + SignedDuration::try_from(PERIOD).unwrap();
        let mut counts = BTreeMap::new();
        for times in self.asked.values() {
            let count = times.iter().filter(|at| begin < **at && **at <= end).count();
            *counts.entry(count).or_default() += 1;
        }
        counts
    }
}

/// Writes entries of the catalogue, and where they were begun, when.
async fn fill(jetstream: &JetStream, ids: std::ops::RangeInclusive<u64>, begun: Option<Timestamp>) {
    let bucket = async |name| jetstream.context().get_key_value(name).await.unwrap();
    let (catalog, projects) = (bucket(subject::CATALOG).await, bucket(subject::PROJECTS).await);
    let at = Timestamp::UNIX_EPOCH;
    let writes = ids.map(|id| {
        let (catalog, projects) = (&catalog, &projects);
        async move {
            let entry = CatalogEntry { keys: vec![format!("p{id}")], by_name: false, path: None, at };
            put(catalog, &subject::catalog_key(ProjectId(id)), &entry).await;
            let position = TaskPosition { incarnation: Incarnation(at), sequence: id };
            if let Some(at) = begun {
                let started = StartedTask { task: TaskId::new(), position, at };
                put(projects, &subject::started_key(ProjectId(id)), &started).await;
            }
        }
    });
    stream::iter(writes).buffer_unordered(64).collect::<Vec<()>>().await;
    put(&catalog, subject::COMPLETE_KEY, &CatalogComplete { at }).await;
}

async fn put<M: proto::Message>(bucket: &Store, key: &str, value: &M) {
    bucket.put(key, envelope::encode(value).unwrap().into()).await.unwrap();
}

fn gateway(jetstream: JetStream, time: &Time, settings: Reconcile) -> (Reconciler, Lifecycle) {
    let (clock, life, metrics) = (time.clock(), Lifecycle::default(), Metrics::new().unwrap());
    let counts = GatewayMetrics::new(&metrics).unwrap();
    let intake = Arc::new(Intake::new(jetstream.clone(), clock.clone(), counts, life.clone()));
    let board = Arc::new(jetstream.project_board());
    let (kept, keeping) = (board.clone(), life.clone());
    life.spawn(async move { kept.keep(&keeping).await });
    let metrics = ReconcileMetrics::new(&metrics).unwrap();
    (Reconciler { jetstream, clock, intake, board, metrics, settings }, life)
}

async fn bound(nats: &Nats, time: &Time) -> JetStream {
    broker::runtime(nats.url(), &broker::queue(), time.clock()).await.jetstream
}

const fn settings(per_minute: u32) -> Reconcile {
    Reconcile { every: PERIOD, per_minute }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn five_thousand_projects_come_once_a_period_each_evenly_spread_over_three_gateways() {
    let mut ground = Ground::new(5000, settings(180)).await;
    // The first turn says where the first period begins.
    ground.begin += SignedDuration::try_from(STEP).unwrap();
    assert_eq!(ground.step().await, 0);
    for period in 0..2 {
        let mut tenths = vec![0; 10];
        for step in 0..STEPS {
            tenths[step * 10 / STEPS] += ground.step().await;
        }
        assert!(tenths.iter().all(|count| (450..=550).contains(count)), "{period}: {tenths:?}");
        assert_eq!(ground.counts(period * STEPS), BTreeMap::from([(1, 5000)]), "{period}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn none_is_forgotten_when_gateways_die_in_the_midst_of_a_turn() {
    let mut ground = Ground::new(600, settings(120)).await;
    ground.step().await;
    for nth in 0..STEPS * 2 {
        if nth == 50 || nth == 250 {
            // It is time for several, and only one of them is asked for before it dies.
            ground.time.pass(STEP * 3);
            let dying = ground.gateways.remove(0);
            let one = async {
                while !dying.is_waiting().await {
                    tokio::task::yield_now().await;
                }
            };
            tokio::select! {
                biased;
                () = one => {}
                turn = dying.turn() => panic!("it was to die before the end of its turn: {turn:?}"),
            }
            assert!(ground.lives.remove(0).end(PATIENCE).await);
            drop(dying);
            let waiting = ground.jetstream.context().get_stream(subject::TASKS).await.unwrap();
            let waiting = waiting.cached_info().state.messages;
            ground.begin_tasks(usize::try_from(waiting).unwrap()).await;
        }
        ground.step().await;
    }
    let period = SignedDuration::try_from(PERIOD).unwrap();
    assert_eq!(ground.asked.len(), 600);
    for (project, times) in &ground.asked {
        assert!(times.len() >= 2, "{project}: {times:?}");
        for gap in times.windows(2).map(|pair| pair[1].duration_since(pair[0])) {
            assert!((gap - period).unsigned_abs() < Duration::from_secs(900), "{project}: {gap}");
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn after_all_stood_still_the_stalest_come_first_and_no_more_than_are_allowed_at_once() {
    let mut ground = Ground::new(600, settings(60)).await;
    for _ in 0..STEPS / 2 {
        ground.step().await;
    }
    let before = ground.asked.len();
    assert!((295..=300).contains(&before), "{before}");
    ground.time.pass(PERIOD / 2);
    let mut busiest = 0;
    for _ in 0..60 {
        busiest = busiest.max(ground.step().await);
    }
    // However long ago the last turn was, no more than a minute allows; the pace alone makes three or four in a step.
    assert_eq!(busiest, 60);
    assert_eq!(ground.asked.len(), 600, "those that came before are not read twice as long as others wait");
    let late: usize = ground.asked.values().filter(|times| times.len() > 1).count();
    // What was missed, and what the time since then brings.
    assert!((190..=210).contains(&late), "{late}");
}

#[tokio::test]
async fn one_that_was_never_read_comes_at_once_and_one_that_waits_is_passed_over() {
    let mut ground = Ground::new(3, settings(120)).await;
    ground.step().await;
    fill(&ground.jetstream, 4..=5, None).await;
    for gateway in &ground.gateways {
        while gateway.board.read(|board| board.in_sonarqube().count()) != Some(5) {
            tokio::task::yield_now().await;
        }
    }
    ground.gateways[0].intake.trigger(ProjectId(4), Cause::Appeared).await.unwrap();
    ground.time.pass(STEP);
    let turns = join_all(ground.gateways.iter().map(Reconciler::turn)).await;
    assert_eq!(turns.into_iter().map(Result::unwrap).sum::<usize>(), 1, "the one for which no task waits");
    assert!(ground.jetstream.has_task_message(ProjectId(5)).await.unwrap());
}

impl Reconciler {
    /// Whether a task waits.
    async fn is_waiting(&self) -> bool {
        self.jetstream.context().get_stream(subject::TASKS).await.unwrap().cached_info().state.messages > 0
    }
}
