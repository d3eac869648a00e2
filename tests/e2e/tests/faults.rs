//! What GitLab and SonarQube answer when something is wrong with them costs nobody a grant: the task says why, tries
//! again, and ends `failed` with a dead letter where it stays so.

use std::time::Duration;

use e2e::{Grants, Person, Project, Scene, Settings, Target, TaskView, grants, wait};
use futures::future::join_all;
use proto::{ProjectId, Task, TaskId, TaskState, Verdict, envelope, subject};
use sandbox::{
    Fault, FaultKind, Faults, SonarQube,
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
        sonarqube(&scene).world().default_visibility = Visibility::Private;
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
        sonarqube(&self.scene).change(|world| {
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
        let mut world = sonarqube(&self.scene).world();
        ["scan", "admin"]
            .iter()
            .for_each(|permission| world.grant(&project.key, &self.leaver.login, permission));
    }

    fn right(&self) -> Grants {
        grants(&self.members.iter().map(|person| (person, DEVELOPER)).collect::<Vec<_>>())
    }

    /// Read past the API, which may be at fault.
    fn held(&self, project: &Project) -> Grants {
        let mut held = sonarqube(&self.scene).world().granted(&project.key);
        held.retain(|login, _| login.contains("-login-"));
        held
    }

    fn written(&self) -> usize {
        sonarqube(&self.scene).writes().len()
    }

    /// The task at its end, and the reason that it told while it was deferred.
    async fn followed(&self, id: TaskId, token: &str) -> (TaskView, Option<String>) {
        let reason = std::cell::RefCell::new(None);
        let look = async || {
            let task = self.scene.look(id, token).await?;
            if task.state == TaskState::Deferred {
                reason.borrow_mut().clone_from(&task.reason);
            }
            task.state.is_final().then_some(task)
        };
        let task = wait::until(&format!("the end of task {id}"), look).await;
        (task, reason.into_inner())
    }

    /// The fault stays: the task fails and says why, nothing was written; afterwards all is well.
    async fn stays(&self, project: &Project, stage: &str, faults: &Faults, fault: Fault, words: &[&str]) {
        let (what, token) = (format!("{fault:?}"), self.scene.job(project));
        let (written, held) = (self.written(), self.held(project));
        faults.add(fault);
        let id = self.scene.post(&token).await;
        let (task, deferred) = self.followed(id, &token).await;
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

fn has(reason: &str, words: &[&str]) -> bool {
    words.iter().all(|words| reason.contains(words))
}

fn sonarqube(scene: &Scene) -> &SonarQube {
    scene.sonarqube.as_ref().expect("a model")
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

fn kinds() -> Vec<FaultKind> {
    vec![
        FaultKind::Status(500),
        FaultKind::Status(401),
        FaultKind::Status(404),
        FaultKind::CutBody,
        FaultKind::EmptyList,
        FaultKind::Html,
        FaultKind::Redirect("/users/sign_in".to_owned()),
        FaultKind::TooManyRequests { retry_after: Some(1) },
        FaultKind::ConnectionReset,
        FaultKind::RepeatPage,
        FaultKind::SkipPage,
        FaultKind::ShrinkingTotal,
    ]
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_fault_of_gitlab_that_passes_costs_nobody_a_grant() {
    let mut cases = Vec::new();
    for kind in kinds() {
        let is_about_lists = matches!(
            kind,
            FaultKind::EmptyList | FaultKind::RepeatPage | FaultKind::SkipPage | FaultKind::ShrinkingTotal
        );
        let places: &[&str] = &["&page=1", "&page=2", "&page=3"];
        let places = places.iter().copied().chain((!is_about_lists).then_some("/api/v4/projects/"));
        cases.extend(places.flat_map(|place| [1, 2].map(|times| (place, times, kind.clone()))));
    }
    let lanes = (0..LANES).map(async |lane| {
        let ground = Ground::new(STRANGERS).await;
        let project = ground.project().await;
        for (place, times, kind) in cases.iter().skip(lane).step_by(LANES) {
            let fault = Fault::on("GET", place).times(*times).then(kind.clone());
            ground.passes(&project, ground.scene.gitlab.faults(), &[fault]).await;
        }
    });
    join_all(lanes).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_fault_of_gitlab_that_stays_fails_the_task_with_the_reason_and_writes_nothing() {
    const CUT: &str = "no whole answer from gitlab to GET /api/v4/projects/:id";
    const LIST: &str = "GitLab's list of members is not usable";
    let (project, members) = ("/api/v4/projects/", "/members/all");
    let sign_in = FaultKind::Redirect("/users/sign_in".to_owned());
    let cases: Vec<(&str, FaultKind, &[&str])> = vec![
        (project, FaultKind::Status(500), &["gitlab answered 500 to GET /api/v4/projects/:id"]),
        (
            project,
            FaultKind::Status(401),
            &["gitlab answered 401", "GITLAB_TOKEN is wrong, revoked or expired"],
        ),
        (project, FaultKind::Status(404), &["gitlab answered 404", "GITLAB_TOKEN may not see it"]),
        (project, FaultKind::Html, &["text/html", "is GITLAB_URL right"]),
        (members, FaultKind::Status(500), &["gitlab answered 500 to GET /api/v4/projects/:id/members/all"]),
        (
            members,
            FaultKind::Status(401),
            &["gitlab answered 401", "GITLAB_TOKEN is wrong, revoked or expired"],
        ),
        (members, FaultKind::Status(403), &["gitlab answered 403", "GITLAB_TOKEN needs the scope read_api"]),
        (members, FaultKind::CutBody, &[CUT]),
        (members, FaultKind::ConnectionReset, &[CUT]),
        (members, FaultKind::Html, &["text/html", "is GITLAB_URL right"]),
        (members, sign_in, &["gitlab answered 302", "set GITLAB_URL to the address it leads to"]),
        (
            members,
            FaultKind::TooManyRequests { retry_after: Some(1) },
            &["gitlab answered 429", "too many requests"],
        ),
        (members, FaultKind::EmptyList, &[LIST, "it is empty", "GITLAB_TOKEN"]),
        (members, FaultKind::ShrinkingTotal, &[LIST, "its length changed"]),
        (members, FaultKind::RepeatPage, &[LIST]),
        (members, FaultKind::SkipPage, &[LIST]),
        ("&page=2", FaultKind::Status(500), &["gitlab answered 500"]),
        ("&page=3", FaultKind::CutBody, &[CUT]),
        ("&page=2", FaultKind::EmptyList, &[LIST]),
        ("&page=3", FaultKind::EmptyList, &[LIST]),
        // Whole to the eye: the right number of rows, only of the wrong people.
        ("&page=2", FaultKind::RepeatPage, &[LIST]),
        ("&page=1", FaultKind::SkipPage, &[LIST]),
    ];
    side_by_side(&cases, STRANGERS, async |ground: &Ground, (place, kind, words)| {
        let (project, fault) = (ground.project().await, Fault::on("GET", place).always().then(kind));
        ground.stays(&project, subject::RESOLVER, ground.scene.gitlab.faults(), fault, words).await;
    })
    .await;
}

/// Every call with which a sync reads SonarQube, in its order.
const READS: [&str; 8] = [
    "/api/system/status",
    "/api/v2/dop-translation/dop-settings",
    "/api/v2/dop-translation/project-bindings",
    "/api/projects/search",
    "/api/permissions/users",
    "/api/users/current",
    "/api/v2/users-management/users",
    "/api/permissions/groups",
];

/// The settings that tell which GitLab is meant are read once and kept.
const KEPT: &str = READS[1];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_fault_of_sonarqube_that_a_person_must_mend_defers_the_task_with_the_mend() {
    let cases = [
        (FaultKind::Status(401), "SONARQUBE_TOKEN is wrong, expired or revoked"),
        (FaultKind::Status(403), "give the account of SONARQUBE_TOKEN the right"),
        (FaultKind::Html, "check that SONARQUBE_URL is SonarQube's own address"),
    ];
    let ground = Ground::new(1).await;
    let faults = sonarqube(&ground.scene).faults();
    for read in READS {
        for (kind, words) in cases.clone() {
            // The next read is met only if what comes before it works, and is kept from now on.
            let fault = Fault::on("GET", read).then(kind);
            ground.defers(&ground.project().await, faults, fault, &[words]).await;
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_fault_of_sonarqube_that_stays_fails_the_task_with_the_reason_and_writes_nothing() {
    let mut cases = Vec::new();
    for read in READS.into_iter().filter(|read| *read != KEPT) {
        cases.push((read, FaultKind::Status(500), format!("sonarqube answered 500 to GET {read}")));
        cases.push((read, FaultKind::CutBody, format!("no whole answer from sonarqube to GET {read}")));
    }
    for list in ["/api/permissions/users", "/api/v2/users-management/users"] {
        cases.push((list, FaultKind::EmptyList, "cannot be trusted".to_owned()));
    }
    side_by_side(&cases, 1, async |ground: &Ground, (read, kind, words)| {
        let (project, fault) = (ground.project().await, Fault::on("GET", read).always().then(kind));
        ground.stays(&project, subject::APPLIER, sonarqube(&ground.scene).faults(), fault, &[&words]).await;
    })
    .await;
    let (ground, fault) =
        (Ground::new(1).await, Fault::on("GET", KEPT).always().then(FaultKind::Status(500)));
    let words = format!("sonarqube answered 500 to GET {KEPT}");
    let project = ground.project().await;
    ground.stays(&project, subject::APPLIER, sonarqube(&ground.scene).faults(), fault, &[&words]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_fault_of_sonarqube_that_passes_costs_nobody_a_grant() {
    let ground = Ground::new(1).await;
    let (faults, project) = (sonarqube(&ground.scene).faults(), ground.project().await);
    // What is kept comes first, while it is not.
    for read in [KEPT].into_iter().chain(READS.into_iter().filter(|read| *read != KEPT)) {
        let strikes = [(1, FaultKind::Status(500)), (2, FaultKind::CutBody), (3, FaultKind::ConnectionReset)]
            .map(|(nth, kind)| Fault::on("GET", read).nth(nth).then(kind));
        ground.passes(&project, faults, &strikes).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_write_that_fails_is_made_again_and_nothing_is_revoked_before_all_is_granted() {
    let ground = Ground::new(1).await;
    let (faults, project) = (sonarqube(&ground.scene).faults(), ground.project().await);
    let lacking = async || {
        ground.leave(&project);
        ground.scene.admin.revoke(&project.key, &ground.members[0].login, "scan").await;
    };
    for call in ["add_user", "remove_user"] {
        let fault = || Fault::on("POST", call);
        for strike in [
            fault().then(FaultKind::Status(500)),
            fault().after_effect().then(FaultKind::Status(500)),
            fault().then(FaultKind::CutBody),
            fault().then(FaultKind::ConnectionReset),
        ] {
            lacking().await;
            ground.passes(&project, faults, &[strike]).await;
        }
    }
    lacking().await;
    let (fault, words) =
        (Fault::on("POST", "add_user"), "sonarqube answered 500 to POST /api/permissions/add_user");
    let fault = fault.always().then(FaultKind::Status(500));
    ground.stays(&project, subject::APPLIER, faults, fault, &[words]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_sonarqube_in_safe_mode_is_waited_for_at_every_call() {
    let ground = Ground::new(1).await;
    let model = sonarqube(&ground.scene);
    let writes = ["/api/permissions/add_user", "/api/permissions/remove_user"];
    let mut tasks = Vec::new();
    for call in READS.into_iter().chain(writes) {
        let project = ground.project().await;
        ground.scene.admin.revoke(&project.key, &ground.members[0].login, "scan").await;
        let gate = model.faults().hold("*", call, 1);
        let token = ground.scene.job(&project);
        let id = ground.scene.post(&token).await;
        wait::at(&gate).await;
        let held = ground.held(&project);
        model.world().mode = Mode::MigrationNeeded;
        gate.release();
        let reason = ground.deferred(id, &token).await;
        assert!(reason.contains("SonarQube is not ready"), "{call}: {reason}");
        if call != writes[1] {
            assert_eq!(ground.held(&project), held, "{call}");
        }
        model.faults().clear();
        model.world().mode = Mode::Up;
        tasks.push((project, id, token));
    }
    for (project, id, token) in tasks {
        assert_eq!(ground.scene.ended(id, &token).await.verdict(), Verdict::Done);
        assert_eq!(ground.held(&project), ground.right());
    }
}
