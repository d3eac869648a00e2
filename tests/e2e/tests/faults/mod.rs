//! What GitLab and SonarQube answer when something is wrong with them costs nobody a grant: the task says why, tries
//! again, and ends `failed` with a dead letter where it stays so.

mod gitlab;
mod sonarqube;

use std::time::Duration;

use async_nats::jetstream::kv::Watch;
use e2e::{Grants, Person, Project, Scene, Settings, Target, grants, wait};
use futures::{StreamExt, future::join_all};
use proto::{ProjectId, Task, TaskId, TaskRecord, TaskState, Verdict, envelope, subject};
use sandbox::{
    Fault, FaultKind, Faults,
    sonarqube::{Mode, Visibility},
};

const DEVELOPER: &str = "user codeviewer issueadmin securityhotspotadmin scan";
const ATTEMPTS: u64 = 4;
/// Members whom SonarQube does not know; with the few it knows they fill three pages.
const STRANGERS: usize = 210;
/// Scenes side by side.
const LANES: usize = 3;

/// Somebody on each page of a long list of members, and somebody who left and still holds something.
struct Ground {
    scene: Scene,
    members: Vec<Person>,
    strangers: Vec<Person>,
    leaver: Person,
}

impl Ground {
    async fn new(strangers: usize) -> Self {
        let settings = Settings {
            attempts: ATTEMPTS,
            first_pause: Duration::from_millis(60),
            ack_wait: Duration::from_secs(30),
            ..Settings::default()
        };
        let scene = Scene::with(&Target::Model, settings).await;
        scene.model().world().default_visibility = Visibility::Private;
        let (mut members, mut unknown) = (Vec::new(), Vec::new());
        for page in ["first", "second", "third"] {
            members.push(scene.person(page).await);
            unknown.extend(
                (0..strangers.div_ceil(2))
                    .take(strangers - unknown.len())
                    .map(|_| scene.stranger("stranger")),
            );
        }
        let leaver = scene.person("leaver").await;
        Self { scene, members, strangers: unknown, leaver }
    }

    /// A project in order, but for the leaver's grants. No sync has run, so nothing of it is cached.
    async fn project(&self) -> Project {
        let project = self.scene.project("faulty").await;
        for person in self.members.iter().chain(&self.strangers) {
            self.scene.join(&project, person, 30);
        }
        self.scene.model().change(|world| {
            for person in &self.members {
                DEVELOPER
                    .split(' ')
                    .for_each(|permission| world.grant(&project.key, &person.login, permission));
            }
        });
        self.leave(&project);
        project
    }

    fn leave(&self, project: &Project) {
        let mut world = self.scene.model().world();
        ["scan", "admin"]
            .iter()
            .for_each(|permission| world.grant(&project.key, &self.leaver.login, permission));
    }

    fn right(&self) -> Grants {
        grants(&self.members.iter().map(|person| (person, DEVELOPER)).collect::<Vec<_>>())
    }

    /// Read past the API, which may be at fault.
    fn held(&self, project: &Project) -> Grants {
        let mut held = self.scene.model().world().granted(&project.key);
        held.retain(|login, _| login.contains("-login-"));
        held
    }

    fn written(&self) -> usize {
        self.scene.model().writes().len()
    }

    /// What is written of tasks from now on. Whoever only looks now and then may miss how a task was deferred.
    async fn records(&self) -> Watch {
        let context = self.scene.stack.runtime.jetstream.context();
        let records = context.get_key_value(subject::TASK_RECORDS).await.expect("the records");
        records.watch_all().await.expect("a watch")
    }

    /// The fault stays: the task fails and says why, nothing was written; afterwards all is well.
    async fn stays(&self, project: &Project, stage: &str, faults: &Faults, fault: Fault, words: &[&str]) {
        let (what, token) = (format!("{fault:?}"), self.scene.job(project));
        let (written, held) = (self.written(), self.held(project));
        faults.add(fault);
        let mut records = self.records().await;
        let id = self.scene.post(&token).await;
        let task = self.scene.ended(id, &token).await;
        let deferred = last_deferral(&mut records, id).await;
        assert!(faults.struck() > 0, "{what}: never met");
        faults.clear();

        let reason = task.reason.clone().unwrap_or_default();
        assert_eq!((task.state, task.verdict()), (TaskState::Failed, Verdict::Failed), "{what}");
        assert!(has(&reason, words), "{what}: {reason}");
        assert!(
            deferred.is_some_and(|reason| has(&reason, words)),
            "{what}: it says why while it tries again"
        );
        assert_eq!(self.written(), written, "{what}: nothing is written");
        assert_eq!(self.held(project), held, "{what}");
        self.is_buried(project, id, stage, &reason, &what).await;

        assert_eq!(self.scene.sync(project).await.verdict(), Verdict::Done, "{what}: the next one");
        assert_eq!(self.held(project), self.right(), "{what}: the next one");
    }

    /// The task waits for a person to mend something, and says what.
    async fn defers(&self, project: &Project, faults: &Faults, fault: Fault, words: &[&str]) {
        let (what, token) = (format!("{fault:?}"), self.scene.job(project));
        let (written, held) = (self.written(), self.held(project));
        faults.add(fault);
        let id = self.scene.post(&token).await;
        let reason = self.deferred(id, &token).await;
        faults.clear();
        assert!(has(&reason, words), "{what}: {reason}");
        assert_eq!(self.written(), written, "{what}: nothing is written");
        assert_eq!(self.held(project), held, "{what}");
    }

    /// Waits until nobody probes any more whether SonarQube is well.
    async fn is_well(&self) {
        let ready = async || {
            let missing = self.scene.stack.runtime.readiness.missing();
            (!missing.contains(&"sonarqube".to_owned())).then_some(())
        };
        wait::until("a SonarQube that is well", ready).await;
    }

    /// Why the task waits, once it does.
    async fn deferred(&self, id: TaskId, token: &str) -> String {
        let look = async || {
            let task = self.scene.look(id, token).await?;
            assert!(!task.state.is_final(), "{task:?}");
            task.reason.filter(|_| task.state == TaskState::Deferred)
        };
        wait::until(&format!("task {id} deferred"), look).await
    }

    async fn is_buried(&self, project: &Project, id: TaskId, stage: &str, reason: &str, what: &str) {
        let id_of_project = ProjectId(project.id);
        let letters = self.scene.dead_letters(project).await;
        let [letter] = letters.as_slice() else { panic!("{what}: {} dead letters", letters.len()) };
        assert_eq!(letter.subject, subject::dead(stage, &project.id.to_string()), "{what}");
        assert_eq!(letter.header(subject::DEAD_REASON), reason, "{what}");
        assert_eq!(letter.header(subject::DEAD_DELIVERIES), ATTEMPTS.to_string(), "{what}");
        if stage == subject::RESOLVER {
            assert_eq!(letter.header(subject::DEAD_SUBJECT), subject::task(id_of_project), "{what}");
            let task: Task = envelope::decode(&letter.payload).expect("the task");
            assert_eq!((task.id, task.project), (id, id_of_project), "{what}");
        } else {
            assert_eq!(letter.header(subject::DEAD_SUBJECT), subject::plan(id_of_project), "{what}");
        }
    }

    /// The fault passes: the task ends done.
    async fn passes(&self, project: &Project, faults: &Faults, strikes: &[Fault]) {
        self.leave(project);
        strikes.iter().for_each(|fault| faults.add(fault.clone()));
        let task = self.scene.sync(project).await;
        assert!(faults.struck() > 0, "{strikes:?}: never met");
        faults.clear();
        assert_eq!(task.verdict(), Verdict::Done, "{strikes:?}");
        assert_eq!(self.held(project), self.right(), "{strikes:?}");
    }
}

/// Why the task was deferred the last time, when it has ended.
async fn last_deferral(records: &mut Watch, id: TaskId) -> Option<String> {
    let (key, mut reason) = (subject::record_key(id), None);
    let read = async {
        while let Some(entry) = records.next().await {
            let entry = entry.expect("a record");
            if entry.key != key {
                continue;
            }
            let record: TaskRecord = envelope::decode(&entry.value).expect("a record");
            match record.state {
                state if state.is_final() => return,
                TaskState::Deferred => reason = record.reason,
                _ => {}
            }
        }
    };
    tokio::time::timeout(wait::PATIENCE, read).await.expect("the task's end in its records");
    reason
}

fn has(reason: &str, words: &[&str]) -> bool {
    words.iter().all(|words| reason.contains(words))
}

/// Each case on one of several scenes side by side.
async fn side_by_side<C: Clone>(cases: &[C], strangers: usize, play: impl AsyncFn(&Ground, C)) {
    let lanes = (0..LANES).map(async |lane| {
        let ground = Ground::new(strangers).await;
        for case in cases.iter().skip(lane).step_by(LANES) {
            play(&ground, case.clone()).await;
        }
    });
    join_all(lanes).await;
}
