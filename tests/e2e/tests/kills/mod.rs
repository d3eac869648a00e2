//! `kill -9` of any process at any point of a job, then its restart: the task ends done, the grants are right, nothing
//! is applied twice in a way that shows.
//!
//! The points are counted, not guessed: each HTTP request of a job before it takes effect and after, each change in
//! JetStream before the server has it and after. Some seeded moments in time come on top.

mod points;
mod servers;
mod template;

use std::{collections::BTreeMap, path::PathBuf, pin::Pin, time::Duration};

use e2e::{
    Person, Project, Scene, Settings, Target,
    binary::Process,
    grants, wait,
    wire::{Moment, Stop},
};
use futures::future::join_all;
use proto::{Change, ChangeKind, Event, TaskId, Verdict};
use sandbox::{Gate, Write};
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
                    System::SonarQube => (self.scene.model().faults(), 0),
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
        let (token, before) = (self.scene.job(&project), self.scene.model().writes().len());
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
        scene.model().faults().clear();
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
        let writes: Vec<Write> = self.scene.model().writes().into_iter().skip(before).filter(ours).collect();
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
            let Change { kind, grantee, permission } = &told.change;
            *kind == wanted && format!("{grantee} {permission}") == detail
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
