//! People and projects on both sides, in the domain's words.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::atomic::{AtomicU64, Ordering},
};

use proto::{TaskId, UserId};
use sandbox::{
    GitLab, SonarQube,
    gitlab::{Place, UserState, Visibility},
};
use serde_json::Value;
use tokio::sync::{Mutex, MutexGuard};

use crate::{Admin, Nats, Settings, Stack, TaskView, settings::AUDIENCE, stack::Upstreams, wait};

const GITLAB_TOKEN: &str = "glpat-scene";
const SONARQUBE_TOKEN: &str = "squ_scene";

/// Which SonarQube a scene plays on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Target {
    /// The sandbox's model, a new one for each scene.
    Model,
    /// The server that `SONARQUBE_URL` and `SONARQUBE_TOKEN` name, one scene at a time.
    Real,
}

/// A stack with people and projects in it.
#[derive(Debug)]
pub struct Scene {
    pub gitlab: GitLab,
    /// The model, where the scene plays on one.
    pub sonarqube: Option<SonarQube>,
    pub admin: Admin,
    pub stack: Stack,
    pub nats: Nats,
    pub settings: Settings,
    pub(crate) upstreams: Upstreams,
    pub(crate) http: reqwest::Client,
    /// Ids of this scene start here: a real SonarQube keeps what earlier scenes left.
    base: u64,
    next: AtomicU64,
    _turn: Option<MutexGuard<'static, ()>>,
}

/// A person, in GitLab and, where they have signed in, in SonarQube.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Person {
    pub id: u64,
    pub username: String,
    /// SonarQube's login, which is not the username.
    pub login: String,
}

/// A project, on both sides.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Project {
    pub id: u64,
    pub path: String,
    pub key: String,
}

/// Login to permissions.
pub type Grants = BTreeMap<String, BTreeSet<String>>;

/// Grants as a story writes them: people, and permissions separated by spaces.
#[must_use]
pub fn grants(held: &[(&Person, &str)]) -> Grants {
    let set = |permissions: &str| permissions.split_whitespace().map(str::to_owned).collect();
    held.iter().map(|(person, permissions)| (person.login.clone(), set(permissions))).collect()
}

impl Scene {
    /// An empty scene.
    pub async fn start(target: &Target) -> Self {
        Self::with(target, Settings::default()).await
    }

    /// An empty scene whose services have these settings.
    pub async fn with(target: &Target, settings: Settings) -> Self {
        static TURN: Mutex<()> = Mutex::const_new(());
        let turn = if *target == Target::Real { Some(TURN.lock().await) } else { None };
        let gitlab = GitLab::start().await.expect("the sandbox's GitLab");
        gitlab.world().add_admin_token(GITLAB_TOKEN);
        let (sonarqube, url, token) = match target {
            Target::Model => model().await,
            Target::Real => (None, required("SONARQUBE_URL"), required("SONARQUBE_TOKEN")),
        };
        let admin = Admin::new(&url, &token);
        admin.integrate(gitlab.url(), GITLAB_TOKEN).await;
        let upstreams =
            Upstreams { gitlab: (gitlab.url().to_owned(), GITLAB_TOKEN.to_owned()), sonarqube: (url, token) };
        let nats = Nats::start().await;
        let stack = Box::pin(Stack::start(nats.url(), &settings, &upstreams)).await;
        // Its first listing is over, and disturbs no test that counts or spoils calls.
        let listed = async || stack.runtime.jetstream.catalog.is_complete().await.ok()?.then_some(());
        wait::until("the catalogue", listed).await;
        let (http, base) = (reqwest::Client::new(), base());
        let next = AtomicU64::new(1);
        Self { gitlab, sonarqube, admin, stack, nats, settings, upstreams, http, base, next, _turn: turn }
    }

    /// The model of SonarQube that the scene plays on.
    ///
    /// # Panics
    /// When it plays on a real one.
    #[must_use]
    pub fn model(&self) -> &SonarQube {
        self.sonarqube.as_ref().expect("the scene plays on a model")
    }

    /// Starts one more gateway on the same streams.
    pub async fn another_gateway(&self) -> Stack {
        Stack::another_gateway(self.nats.url(), &self.settings, self.gitlab.url()).await
    }

    /// Starts all services once more on the same streams.
    pub async fn another_stack(&self) -> Stack {
        Stack::start(self.nats.url(), &self.settings, &self.upstreams).await
    }

    /// Stops the services softly, and starts others with these settings on the same streams.
    pub async fn restart_with(&mut self, settings: Settings) {
        assert!(self.stack.stop().await, "everything in hand is finished");
        self.settings = settings;
        self.stack = self.another_stack().await;
    }

    /// Somebody with an account on both sides.
    pub async fn person(&self, name: &str) -> Person {
        let person = self.stranger(name);
        self.sign_in(&person).await;
        person
    }

    /// Somebody who has never signed in to SonarQube.
    pub fn stranger(&self, name: &str) -> Person {
        let id = self.id();
        let person = Person { id, username: format!("{name}-{id}"), login: format!("{name}-login-{id}") };
        self.gitlab.world().add_user(id, &person.username);
        person
    }

    /// The person signs in to SonarQube for the first time.
    pub async fn sign_in(&self, person: &Person) {
        self.admin.person(&person.login, person.id, &person.username).await;
    }

    /// A private project with a bound SonarQube project, and its owner.
    pub async fn project(&self, name: &str) -> Project {
        let project = self.gitlab_project(name);
        self.admin.bound_project(&project.key, project.id, false).await;
        project
    }

    /// A private project that SonarQube does not have.
    pub fn gitlab_project(&self, name: &str) -> Project {
        let id = self.id();
        let path = format!("team-{id}/{name}");
        self.gitlab.world().add_group(self.id(), &format!("team-{id}"));
        self.gitlab.world().add_project(id, &path);
        Project { id, path, key: format!("{name}-{id}") }
    }

    pub fn join(&self, project: &Project, person: &Person, level: u16) {
        self.gitlab.world().add_member(Place::Project(project.id), person.id, level);
    }

    pub fn change_level(&self, project: &Project, person: &Person, level: u16) {
        self.gitlab.world().set_level(Place::Project(project.id), person.id, level);
    }

    pub fn leave(&self, project: &Project, person: &Person) {
        self.gitlab.world().remove_member(Place::Project(project.id), person.id);
    }

    pub fn block(&self, person: &Person) {
        self.gitlab.world().set_state(person.id, UserState::Blocked);
    }

    pub fn publish(&self, project: &Project, visibility: Visibility) {
        self.gitlab.world().set_visibility(project.id, visibility);
    }

    /// A CI job of the project posts a task, and waits for its end.
    pub async fn sync(&self, project: &Project) -> TaskView {
        let token = self.job(project);
        let id = self.post(&token).await;
        let view = self.ended(id, &token).await;
        self.gitlab.world().end_job(&token);
        view
    }

    /// A running CI job of the project: its token.
    #[must_use]
    pub fn job(&self, project: &Project) -> String {
        let mut world = self.gitlab.world();
        let runner = self.base + 999_999;
        world.add_user(runner, &format!("pipeline-{runner}"));
        world.start_job(project.id, runner)
    }

    /// The ID token of a running CI job of the project.
    #[must_use]
    pub fn id_token(&self, project: &Project) -> String {
        let token = self.job(project);
        let world = self.gitlab.world();
        let id_token = world.id_token_of(&token, AUDIENCE).expect("a running job");
        world.sign(&id_token)
    }

    /// Posts a task with a job's token.
    pub async fn post(&self, token: &str) -> TaskId {
        self.post_at(&self.stack.gateway, token).await
    }

    /// Posts a task to one of several gateways.
    pub async fn post_at(&self, gateway: &str, token: &str) -> TaskId {
        let response =
            self.http.post(format!("{gateway}/task")).header("JOB-TOKEN", token).send().await.unwrap();
        let (status, body) = (response.status(), response.text().await.unwrap());
        assert_eq!(status, 202, "{body}");
        let body: Value = serde_json::from_str(&body).unwrap();
        body["id"].as_str().and_then(|id| id.parse().ok()).expect("an id")
    }

    /// Posts as `curl --retry-all-errors` does: again until it is accepted.
    pub async fn post_patiently(&self, token: &str) -> TaskId {
        let url = format!("{}/task", self.stack.gateway);
        let post = async || {
            let response = self.http.post(&url).header("JOB-TOKEN", token).send().await.ok()?;
            let accepted = (response.status() == 202).then_some(response)?;
            accepted.json::<Value>().await.ok()?["id"].as_str()?.parse().ok()
        };
        wait::until("an accepted post", post).await
    }

    /// The task now, if the gateway tells it.
    pub async fn look(&self, id: TaskId, token: &str) -> Option<TaskView> {
        let url = format!("{}/task/{id}", self.stack.gateway);
        let response = self.http.get(url).header("JOB-TOKEN", token).send().await.unwrap();
        if response.status().is_success() { Some(response.json().await.unwrap()) } else { None }
    }

    /// The task when it has ended.
    pub async fn ended(&self, id: TaskId, token: &str) -> TaskView {
        let look = async || self.look(id, token).await.filter(|task| task.state.is_final());
        wait::until(&format!("the end of task {id}"), look).await
    }

    /// What people hold on the project in SonarQube.
    pub async fn grants(&self, project: &Project) -> Grants {
        self.admin.grants(&project.key).await
    }

    /// How many calls were made to a system, by method, since the scene began.
    #[must_use]
    pub fn calls(&self, system: &str, method: &str) -> u64 {
        let text = self.stack.runtime.metrics.render().expect("metrics");
        let name = format!("guassp_upstream_call_duration_seconds_count{{method=\"{method}\",status=");
        let lines = text
            .lines()
            .filter(|line| line.starts_with(&name) && line.contains(&format!("system=\"{system}\"")));
        lines.filter_map(|line| line.rsplit(' ').next()?.parse::<u64>().ok()).sum()
    }

    /// GitLab's id of a person as the contracts write it.
    #[must_use]
    pub const fn user(person: &Person) -> UserId {
        UserId(person.id)
    }

    /// An id that nothing else has.
    pub fn id(&self) -> u64 {
        self.base + self.next.fetch_add(1, Ordering::Relaxed)
    }
}

async fn model() -> (Option<SonarQube>, String, String) {
    let sonarqube = SonarQube::start().await.expect("the sandbox's SonarQube");
    sonarqube.world().add_integration("guassp-bot", SONARQUBE_TOKEN);
    let url = sonarqube.url().to_owned();
    (Some(sonarqube), url, SONARQUBE_TOKEN.to_owned())
}

fn required(variable: &str) -> String {
    std::env::var(variable).unwrap_or_else(|_| panic!("{variable} is not set: run `cargo xtask test --all`"))
}

/// A million ids for each scene, beyond those of every scene before it.
fn base() -> u64 {
    static SCENES: AtomicU64 = AtomicU64::new(0);
    let seconds = jiff::Timestamp::now().as_second().unsigned_abs() % 100_000_000;
    (seconds * 100 + SCENES.fetch_add(1, Ordering::Relaxed)) * 1_000_000
}
