//! `kill -9` of any process at any point of a job, then its restart: the task ends done, the grants are right, nothing
//! is applied twice in a way that shows.
//!
//! The points are counted, not guessed: each HTTP request of a job before it takes effect and after, each change in
//! JetStream before the server has it and after. Some seeded moments in time come on top.

use std::{collections::BTreeMap, path::PathBuf, pin::Pin, time::Duration};

use e2e::{
    Person, Project, Scene, Settings, Target,
    binary::Process,
    grants, wait,
    wire::{Moment, Stop},
};
use futures::future::join_all;
use proto::{Change, ChangeKind, Event, TaskId, Verdict};
use sandbox::{Gate, SonarQube, Write};
use tempfile::TempDir;

use crate::fleet::{Fleet, Role};

const REPORTER: &str = "user codeviewer";
/// Scenes side by side: most of a trial is waiting for a message to be given to somebody else.
const LANES: usize = 2;

/// Where a process is killed.
#[derive(Debug, Clone, Copy)]
enum Point {
    /// At a request of the job to GitLab or SonarQube.
    Call { system: System, nth: u32, moment: Moment },
    /// At a change that a service makes in JetStream.
    Change { role: Role, nth: u32, moment: Moment },
    /// So long after the post.
    Time { role: Role, after: Duration },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum System {
    GitLab,
    SonarQube,
}

/// What a job is stopped with, once it is to be stopped.
enum Armed {
    Gate(System, usize, Gate),
    Wire(Role, Stop),
    Clock(Role, Duration),
}

/// A scene for one trial after the other, and its processes.
struct Ground {
    scene: Scene,
    fleet: Fleet,
    reporter: Person,
    leaver: Person,
}

impl Ground {
    async fn new(parallel_calls: &str) -> Self {
        let settings = Settings { ack_wait: Duration::from_secs(1), attempts: 8, ..Settings::default() };
        let more = [("GUASSP_APPLIER__PARALLEL_CALLS", parallel_calls)];
        let (scene, mut fleet) = Fleet::none(settings, &more).await;
        fleet.start(&Role::ALL);
        let (reporter, leaver) = (scene.person("reporter").await, scene.person("leaver").await);
        Self { scene, fleet, reporter, leaver }
    }

    /// A public project in SonarQube, on which somebody who left still administers; in GitLab it is private.
    async fn project(&self) -> Project {
        let project = self.scene.project("killed").await;
        self.scene.join(&project, &self.reporter, 20);
        for permission in ["scan", "admin"] {
            self.scene.admin.grant(&project.key, &self.leaver.login, permission).await;
        }
        project
    }

    fn arm(&self, point: Point) -> Armed {
        match point {
            Point::Call { system, nth, moment } => {
                let (faults, before) = match system {
                    System::GitLab => (self.scene.gitlab.faults(), self.scene.gitlab.requests().len()),
                    System::SonarQube => (sonarqube(&self.scene).faults(), 0),
                };
                let gate = match moment {
                    Moment::Before => faults.hold_any(nth),
                    Moment::After => faults.hold_any_answer(nth),
                };
                Armed::Gate(system, before + nth as usize - 1, gate)
            }
            Point::Change { role, nth, moment } => {
                Armed::Wire(role, self.fleet.wire(role).stop_at(nth, moment))
            }
            Point::Time { role, after } => Armed::Clock(role, after),
        }
    }

    /// One job with one death in it. Tells whether the job came to that point.
    async fn trial(&mut self, point: Point) -> bool {
        let project = self.project().await;
        // A new applier has nothing cached, so that the job makes every call there is.
        self.fleet.kill(Role::Applier).await;
        self.fleet.start(&Role::ALL);
        let (token, before) = (self.scene.job(&project), sonarqube(&self.scene).writes().len());
        let armed = self.arm(point);
        let (scene, fleet) = (&self.scene, &mut self.fleet);
        let job = async {
            let id = scene.post_patiently(&token).await;
            let record = scene.recorded_end(id).await;
            scene.quiet(&project).await;
            (id, record)
        };
        let ((id, record), struck) = match armed {
            Armed::Clock(role, after) => {
                let death = async {
                    tokio::time::sleep(after).await;
                    die(fleet, role).await;
                };
                (futures::join!(job, death).0, true)
            }
            Armed::Gate(system, index, gate) => {
                let ended = race(job, gate.arrived()).await;
                if ended.is_stopped() {
                    die(fleet, caller(scene, system, index)).await;
                }
                gate.release();
                ended.whole().await
            }
            Armed::Wire(role, mut stop) => {
                let ended = race(job, stop.arrived()).await;
                if ended.is_stopped() || stop.is_struck() {
                    stop.arrived().await;
                    die(fleet, role).await;
                }
                let (end, stopped) = ended.whole().await;
                (end, stopped || stop.is_struck())
            }
        };
        scene.gitlab.faults().clear();
        sonarqube(scene).faults().clear();
        assert_eq!(
            record.outcome.map(|outcome| outcome.verdict),
            Some(Verdict::Done),
            "{point:?}: {:?}",
            record.reason
        );
        self.check(point, &project, id, before).await;
        struck
    }

    async fn check(&self, point: Point, project: &Project, id: TaskId, before: usize) {
        let wanted = grants(&[(&self.reporter, REPORTER)]);
        assert_eq!(self.scene.grants(project).await, wanted, "{point:?}");
        let ours = |write: &Write| write.project.as_ref() == Some(&project.key);
        let writes: Vec<Write> =
            sonarqube(&self.scene).writes().into_iter().skip(before).filter(ours).collect();
        nothing_twice(point, &writes);
        if !matches!(point, Point::Time { .. }) {
            one_after_the_other(point, &writes);
        }
        let events = self.scene.events(project).await;
        every_change_is_told(point, &writes, &events);
        let end = |event: &Event| match event {
            Event::TaskEnded(end) if end.task == id => Some(end.outcome.verdict),
            _ => None,
        };
        let ends: Vec<Verdict> = events.iter().filter_map(end).collect();
        assert_eq!(ends, [Verdict::Done], "{point:?}: the audit tells the end of task {id} once");
    }
}

async fn die(fleet: &mut Fleet, role: Role) {
    fleet.kill(role).await;
    fleet.start(&[role]);
}

/// A job that has ended, or stands where it is to be stopped.
enum Race<F: Future> {
    Ended(F::Output),
    Stopped(Pin<Box<F>>),
}

impl<F: Future> Race<F> {
    const fn is_stopped(&self) -> bool {
        matches!(self, Self::Stopped(_))
    }

    /// The job's end, and whether it was stopped.
    async fn whole(self) -> (F::Output, bool) {
        match self {
            Self::Ended(end) => (end, false),
            Self::Stopped(job) => (job.await, true),
        }
    }
}

async fn race<F: Future>(job: F, stopped: impl Future<Output = ()>) -> Race<F> {
    let mut job = Box::pin(job);
    tokio::select! {
        end = &mut job => Race::Ended(end),
        () = stopped => Race::Stopped(job),
    }
}

/// Who made the request that stands at the gate.
fn caller(scene: &Scene, system: System, index: usize) -> Role {
    let is_about_a_job = || scene.gitlab.requests().get(index).is_some_and(|it| it.path.ends_with("/job"));
    match system {
        System::SonarQube => Role::Applier,
        System::GitLab if is_about_a_job() => Role::Gateway,
        System::GitLab => Role::Resolver,
    }
}

fn sonarqube(scene: &Scene) -> &SonarQube {
    scene.sonarqube.as_ref().expect("a model")
}

fn nothing_twice(point: Point, writes: &[Write]) {
    let mut effective = BTreeMap::<_, u32>::new();
    for write in writes.iter().filter(|write| write.effective) {
        *effective.entry((write.action, write.detail.as_str())).or_default() += 1;
    }
    assert!(effective.values().all(|times| *times == 1), "{point:?}: {effective:?}");
}

/// With one call at a time two writes at once are two writers at once.
fn one_after_the_other(point: Point, writes: &[Write]) {
    for (index, write) in writes.iter().enumerate() {
        let other = writes.iter().skip(index + 1).find(|other| other.overlaps(write));
        assert!(other.is_none(), "{point:?}: {write:?} and {other:?}");
    }
}

fn every_change_is_told(point: Point, writes: &[Write], events: &[Event]) {
    let told = |wanted: ChangeKind, detail: &str| {
        events.iter().any(|event| {
            let Event::Grant(told) = event else { return false };
            let Change { kind, login, permission } = &told.change;
            *kind == wanted && format!("{login} {permission}") == detail
        })
    };
    for write in writes.iter().filter(|write| write.effective) {
        let is_told = match write.action {
            "add_user" => told(ChangeKind::Grant, &write.detail),
            "remove_user" => told(ChangeKind::Revoke, &write.detail),
            "update_visibility" => events.iter().any(|event| matches!(event, Event::Visibility(_))),
            other => panic!("{point:?}: {other}"),
        };
        assert!(is_told, "{point:?}: {write:?} is not in the audit");
    }
}

/// Kills at each point in turn, from the first to the last that a job has; tells how many there were.
async fn each(point: impl Fn(u32) -> Point) -> usize {
    let lanes = (1..=LANES).map(async |lane| {
        let (mut ground, mut struck) = (Ground::new("1").await, 0);
        for nth in (lane..).step_by(LANES) {
            if !ground.trial(point(u32::try_from(nth).expect("few"))).await {
                return struck;
            }
            struck += 1;
        }
        struck
    });
    join_all(lanes).await.into_iter().sum()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_death_at_any_call_to_gitlab_loses_nothing() {
    let system = System::GitLab;
    for moment in [Moment::Before, Moment::After] {
        let points = each(|nth| Point::Call { system, nth, moment }).await;
        assert_eq!(points, 3, "the job's token, the project, its members");
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

/// A generator of numbers that are the same in every run.
struct Seeded(u64);

impl Seeded {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % limit
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_death_at_a_seeded_moment_loses_nothing() {
    let lanes = (0..LANES).map(async |lane| {
        let mut ground = Ground::new("4").await;
        for seed in (lane..24).step_by(LANES) {
            let mut seeded = Seeded(seed as u64);
            let after = Duration::from_micros(seeded.below(60_000));
            let role = Role::ALL[usize::try_from(seeded.below(3)).expect("few")];
            ground.trial(Point::Time { role, after }).await;
        }
    });
    join_all(lanes).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nats_server_may_die_while_tasks_are_read_and_written() {
    let settings = Settings { ack_wait: Duration::from_secs(2), attempts: 8, ..Settings::default() };
    let mut scene = Scene::with(&Target::Model, settings).await;
    let reporter = scene.person("reporter").await;
    let (read, written) = (scene.project("read").await, scene.project("written").await);
    for project in [&read, &written] {
        scene.join(project, &reporter, 20);
    }
    let reading = scene.gitlab.faults().hold("GET", &format!("/projects/{}/members", read.id), 1);
    let writing = sonarqube(&scene).faults().hold("POST", "/api/permissions/add_user", 2);
    let jobs = [scene.job(&read), scene.job(&written)];
    let ids = [scene.post(&jobs[0]).await, scene.post(&jobs[1]).await];
    futures::join!(wait::at(&reading), wait::at(&writing));
    scene.nats = scene.nats.kill().await;
    reading.release();
    writing.release();
    for (id, job) in ids.iter().zip(&jobs) {
        assert_eq!(scene.ended(*id, job).await.verdict(), Verdict::Done);
    }
    for project in [&read, &written] {
        assert_eq!(scene.grants(project).await, grants(&[(&reporter, REPORTER)]));
    }
}

/// An `all-in-one`, and the nats-server it started, which outlives a `kill -9` and must not outlive the test.
struct AllInOne {
    process: Option<Process>,
    environment: Vec<(String, String)>,
    folder: TempDir,
}

impl AllInOne {
    fn new(scene: &Scene) -> Self {
        let folder = TempDir::new().expect("a folder");
        let mut environment = scene.environment(&[("GUASSP_DATA_DIR", &folder.path().display().to_string())]);
        environment.retain(|(name, _)| name != "NATS_URL");
        let of_this_process = |name: &str| Some((name.to_owned(), std::env::var(name).ok()?));
        environment.extend(["PATH", "NATS_SERVER_BIN"].into_iter().filter_map(of_this_process));
        Self { process: None, environment, folder }
    }

    fn start(&mut self) {
        self.process = Some(Process::start(&["all-in-one"], &self.environment));
    }

    async fn kill(&mut self) {
        self.process.take().expect("it runs").kill().await;
    }

    /// The nats-server's process id, while it runs.
    fn server(&self) -> Option<u32> {
        let nats: PathBuf = self.folder.path().join("nats");
        let id = std::fs::read_to_string(nats.join("nats-server.pid")).ok()?.trim().parse().ok()?;
        runs(id).then_some(id)
    }
}

impl Drop for AllInOne {
    fn drop(&mut self) {
        self.process = None;
        let id = self.server().and_then(|id| i32::try_from(id).ok()).and_then(rustix::process::Pid::from_raw);
        if let Some(id) = id {
            let _ = rustix::process::kill_process(id, rustix::process::Signal::KILL);
        }
    }
}

/// Whether it lives; the dead whom nobody has buried yet have no command line.
fn runs(id: u32) -> bool {
    std::fs::read(format!("/proc/{id}/cmdline")).is_ok_and(|line| !line.is_empty())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn all_in_one_may_die_and_goes_on_with_its_store_and_one_server() {
    let settings = Settings { ack_wait: Duration::from_secs(1), ..Settings::default() };
    let mut scene = Scene::with(&Target::Model, settings).await;
    assert!(scene.stack.stop().await);
    let mut all = AllInOne::new(&scene);
    let (project, reporter) = (scene.project("alone").await, scene.person("reporter").await);
    scene.join(&project, &reporter, 20);
    all.start();
    scene.turn_to(&all.environment).await;
    let writing = sonarqube(&scene).faults().hold("POST", "/api/permissions/add_user", 2);
    let job = scene.job(&project);
    let id = scene.post(&job).await;
    wait::at(&writing).await;
    let left_behind = all.server().expect("its nats-server runs");
    all.kill().await;
    assert_eq!(all.server(), Some(left_behind), "nobody has ended it yet");
    writing.release();

    all.start();
    scene.turn_to(&all.environment).await;
    assert!(!runs(left_behind), "two servers on one store");
    assert_eq!(scene.ended(id, &job).await.verdict(), Verdict::Done);
    assert_eq!(scene.grants(&project).await, grants(&[(&reporter, REPORTER)]));
    let now = wait::until("its new nats-server", async || all.server()).await;
    assert_ne!(now, left_behind);
}
