//! SonarQube goes away in the middle of fifty syncs, in every way in which it does: they wait for it, use up no attempt,
//! and leave it in peace meanwhile.

use e2e::{Person, Project, Scene, Target, grants, wait};
use futures::{StreamExt, stream};
use proto::{TaskId, Verdict};
use sandbox::{
    Fault, FaultKind, SonarQube,
    sonarqube::{Mode, Visibility},
};
use tokio::time::Instant;

const DEVELOPER: &str = "user codeviewer issueadmin securityhotspotadmin scan";
const REPORTER: &str = "user codeviewer";
const PROJECTS: usize = 50;
/// Projects at a time.
const AT_A_TIME: usize = 8;
/// So many calls while it is away show how often it is called.
const TELLING: u64 = 30;
/// The calls of one look: whether it is up, who this is, and after a 404 once more whether it is up.
const LOOK: u64 = 3;

/// What SonarQube is like.
enum Outage {
    /// Nobody listens.
    Stopped,
    /// It says itself, or the proxy before it does, that it is not up.
    Mode(Mode),
    /// Every call to one of these paths ends like this.
    Answers(&'static [&'static str], FaultKind),
}

/// Fifty projects: on each one person stays, one is new, and one has left.
struct Ground {
    scene: Scene,
    stayer: Person,
    newcomer: Person,
    projects: Vec<Project>,
}

impl Ground {
    async fn new() -> Self {
        let scene = Scene::start(&Target::Model).await;
        scene.model().world().default_visibility = Visibility::Private;
        let (stayer, newcomer) = (scene.person("stayer").await, scene.person("newcomer").await);
        let leaver = scene.person("leaver").await;
        let projects = stream::iter(0..PROJECTS).map(|_| scene.project("struck")).buffered(AT_A_TIME);
        let projects: Vec<Project> = projects.collect().await;
        for project in &projects {
            scene.join(project, &stayer, 30);
            scene.join(project, &newcomer, 20);
            scene.model().change(|world| {
                DEVELOPER.split(' ').for_each(|key| world.grant(&project.key, &stayer.login, key));
                world.grant(&project.key, &leaver.login, "admin");
            });
        }
        Self { scene, stayer, newcomer, projects }
    }

    async fn begin(&mut self, outage: &Outage) -> Option<(std::net::SocketAddr, sandbox::sonarqube::World)> {
        match outage {
            Outage::Stopped => {
                let model = self.scene.sonarqube.take().expect("the model");
                let address = model.url().trim_start_matches("http://").parse().expect("an address");
                return Some((address, model.stop().await));
            }
            Outage::Mode(mode) => self.scene.model().world().mode = *mode,
            Outage::Answers(paths, kind) => {
                let faults = self.scene.model().faults();
                paths.iter().for_each(|path| faults.add(Fault::on("*", path).always().then(kind.clone())));
            }
        }
        None
    }

    async fn end(&mut self, stopped: Option<(std::net::SocketAddr, sandbox::sonarqube::World)>) {
        if let Some((address, world)) = stopped {
            let again = SonarQube::serve(address, world).await.expect("the same port");
            self.scene.sonarqube = Some(again);
        }
        self.scene.model().faults().clear();
        self.scene.model().world().mode = Mode::Up;
    }

    /// Waits until the applier says whether it takes SonarQube to be well, everywhere where it says so.
    async fn told(&self, well: bool) {
        let runtime = &self.scene.stack.runtime;
        let line = format!("guassp_sonarqube_breaker_open {}", u8::from(!well));
        let is_told = async || {
            let ready = !runtime.readiness.missing().iter().any(|part| part == "sonarqube");
            let metrics = runtime.metrics.render().expect("metrics");
            (ready == well && metrics.lines().any(|it| it == line)).then_some(())
        };
        wait::until(&format!("SonarQube taken to be well: {well}"), is_told).await;
    }

    fn calls(&self) -> u64 {
        ["GET", "POST"].map(|method| self.scene.calls("sonarqube", method)).iter().sum()
    }

    /// While it is away it is looked at every so often, and not called beside that.
    async fn is_left_in_peace(&self) {
        let settings = &self.scene.settings;
        let (began, before) = (Instant::now(), self.calls());
        let told = async || (self.calls() - before >= TELLING).then_some(());
        wait::until("calls while SonarQube is away", told).await;
        let (calls, every) = (self.calls() - before, settings.breaker.probe_every);
        let looks = u64::try_from(began.elapsed().as_nanos() / every.as_nanos()).expect("few") + 1;
        // What was in hand when it went away ends meanwhile: two lists side by side, or single calls.
        let in_hand = settings.workers as u64 * 8;
        let most = looks * LOOK + in_hand;
        assert!(calls <= most, "{calls} calls in {:?}, {most} at most", began.elapsed());
    }

    async fn post_all(&self) -> Vec<(TaskId, String)> {
        let post = async |project| {
            let token = self.scene.job(project);
            (self.scene.post(&token).await, token)
        };
        stream::iter(&self.projects).map(post).buffered(AT_A_TIME).collect().await
    }

    /// Read past the API.
    fn is_right(&self, project: &Project) -> bool {
        let wanted = grants(&[(&self.stayer, DEVELOPER), (&self.newcomer, REPORTER)]);
        let mut held = self.scene.model().world().granted(&project.key);
        held.retain(|login, _| login.contains("-login-"));
        held == wanted
    }

    fn right(&self) -> usize {
        self.projects.iter().filter(|project| self.is_right(project)).count()
    }

    fn nobody_lost_what_is_due(&self) {
        let lost = |write: &sandbox::Write| {
            write.action == "remove_user"
                && [&self.stayer, &self.newcomer].iter().any(|person| write.detail.starts_with(&person.login))
        };
        let wrong: Vec<_> = self.scene.model().writes().into_iter().filter(lost).collect();
        assert!(wrong.is_empty(), "{wrong:?}");
    }
}

async fn fifty_syncs_survive(outage: Outage) {
    let mut ground = Box::pin(Ground::new()).await;
    let tasks = ground.post_all().await;
    wait::until("some of the syncs", async || (ground.right() >= 3).then_some(())).await;
    let stopped = ground.begin(&outage).await;
    ground.told(false).await;
    ground.is_left_in_peace().await;
    ground.end(stopped).await;
    let done = ground.right();
    assert!(done < PROJECTS, "it went away in the middle");
    ground.told(true).await;
    for (id, token) in &tasks {
        let task = ground.scene.ended(*id, token).await;
        assert_eq!(task.verdict(), Verdict::Done, "{:?}", task.reason);
    }
    assert_eq!(ground.right(), PROJECTS);
    ground.nobody_lost_what_is_due();
    for project in &ground.projects {
        assert!(ground.scene.dead_letters(project).await.is_empty(), "no task was given up");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_sonarqube_that_is_stopped_is_waited_for() {
    fifty_syncs_survive(Outage::Stopped).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_sonarqube_that_is_down_behind_its_proxy_is_waited_for() {
    fifty_syncs_survive(Outage::Mode(Mode::Down)).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_sonarqube_in_safe_mode_is_waited_for() {
    fifty_syncs_survive(Outage::Mode(Mode::MigrationNeeded)).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_sonarqube_that_answers_500_is_waited_for() {
    fifty_syncs_survive(Outage::Answers(&["/api/"], FaultKind::Status(500))).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_sonarqube_that_answers_429_is_waited_for() {
    let throttled = FaultKind::TooManyRequests { retry_after: Some(1) };
    fifty_syncs_survive(Outage::Answers(&["/api/"], throttled)).await;
}

/// It says that it is up, and knows no call: it has left its safe mode in between, or something before it hides them.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_sonarqube_that_knows_no_call_is_waited_for() {
    let paths = &["/api/permissions/", "/api/projects/", "/api/users/", "/api/v2/"];
    fifty_syncs_survive(Outage::Answers(paths, FaultKind::Status(404))).await;
}
