//! A gateway with its nats-server and a GitLab. Nobody works on tasks until [`Stage::work`] is asked for.

use std::{
    future::Future,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use broker::Nats;
use gateway::caller;
use jiff::{SignedDuration, Timestamp};
use proto::ProjectId;
use runtime::{Runtime, clock::Clock, http::Limits, jetstream::topology::Queue};
use sandbox::{
    GitLab,
    gitlab::{Place, World, level},
};
use tokio::time::Instant;

use crate::brokers::Brokers;

/// The projects `acme/shop` and `acme/blog`.
pub(crate) const SHOP: u64 = 7;
pub(crate) const BLOG: u64 = 8;
/// Their group.
pub(crate) const ACME: u64 = 10;
/// Whoever causes jobs.
pub(crate) const RUNNER: u64 = 100;
/// The secret token of the hook.
pub(crate) const HOOK_SECRET: &str = "hook-secret-never-to-be-shown";
/// The secret of SonarQube's webhook.
pub(crate) const SONARQUBE_SECRET: &str = "correct horse battery staple";
/// How long a test waits for anything; generous, as the machine may be busy.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);

pub(crate) struct Stage {
    pub(crate) gitlab: GitLab,
    pub(crate) runtime: Runtime,
    pub(crate) url: String,
    pub(crate) http: reqwest::Client,
    pub(crate) time: Time,
    /// The test's own nats-servers, where it has any.
    pub(crate) brokers: Option<Brokers>,
    nats: Nats,
}

/// What a test says of its gateway.
pub(crate) struct Given {
    pub(crate) timeout: Duration,
    pub(crate) callers: caller::Config,
    pub(crate) guard: gateway::guard::Limits,
    pub(crate) webhooks: gateway::webhooks::Config,
    /// The nats-servers, where one of the usual kind will not do.
    pub(crate) brokers: Option<Brokers>,
    /// A bucket that is not there when the gateway starts.
    pub(crate) missing: Option<&'static str>,
}

impl Default for Given {
    fn default() -> Self {
        Self {
            timeout: Duration::from_secs(30),
            callers: callers(),
            guard: roomy(),
            webhooks: webhooks(),
            brokers: None,
            missing: None,
        }
    }
}

impl Stage {
    /// A gateway that takes job tokens, and asks GitLab about one each time.
    pub(crate) async fn start() -> Self {
        Self::with(Given::default()).await
    }

    pub(crate) async fn with_callers(callers: caller::Config) -> Self {
        Self::with(Given { callers, ..Given::default() }).await
    }

    /// A gateway that waits so long for an answer of GitLab.
    pub(crate) async fn with_timeout(timeout: Duration) -> Self {
        Self::with(Given { timeout, ..Given::default() }).await
    }

    /// A gateway that takes on so much.
    pub(crate) async fn guarded(guard: gateway::guard::Limits) -> Self {
        Self::with(Given { guard, ..Given::default() }).await
    }

    pub(crate) async fn with(given: Given) -> Self {
        // Boxed, for it is large, and part of every test.
        Box::pin(Self::set_up(given)).await
    }

    async fn set_up(given: Given) -> Self {
        let gitlab = GitLab::start().await.unwrap();
        gitlab.change(populate);
        let nats = Nats::start().await;
        let time = Time::default();
        let (url, replicas) = match &given.brokers {
            Some(brokers) => (brokers.url(), brokers.replicas()),
            None => (nats.url().to_owned(), 1),
        };
        let runtime = Box::pin(broker::runtime(&url, &queue(replicas), time.clock())).await;
        if let Some(bucket) = given.missing {
            runtime.jetstream.context().delete_key_value(bucket).await.unwrap();
        }
        let config = gateway::Config {
            listen: ([127, 0, 0, 1], 0).into(),
            gitlab_url: gitlab.url().parse().unwrap(),
            limits: limits(given.timeout),
            callers: given.callers,
            guard: given.guard,
            stranded_after: Duration::from_secs(3600),
            reconcile: gateway::Reconcile { every: Duration::ZERO, per_minute: 120 },
            webhooks: given.webhooks,
            sonarqube_secret: Some(SONARQUBE_SECRET.into()),
        };
        let url = format!("http://{}", Box::pin(gateway::start(config, runtime.clone())).await.unwrap());
        let http = reqwest::Client::new();
        Self { gitlab, runtime, url, http, time, brokers: given.brokers, nats }
    }

    /// The token of a running job of the project.
    pub(crate) fn job(&self, project: u64) -> String {
        self.gitlab.world().start_job(project, RUNNER)
    }

    pub(crate) async fn stop_nats(&mut self) {
        self.nats.stop().await;
    }

    pub(crate) async fn start_nats(&mut self) {
        self.nats.start_again().await;
    }

    /// How many messages a stream holds.
    pub(crate) async fn count(&self, stream: &str) -> u64 {
        let stream = self.runtime.jetstream.context().get_stream(stream).await.unwrap();
        stream.cached_info().state.messages
    }

    /// Waits until so many callers wait.
    pub(crate) async fn until_watched(&self, count: u64) {
        let line = format!("guassp_http_connections{{state=\"watching\"}} {count}\n");
        let look = async || self.runtime.metrics.render().unwrap().contains(&line).then_some(());
        until("callers that wait", look).await;
    }

    pub(crate) async fn has_task(&self, project: u64) -> bool {
        self.runtime.jetstream.has_task_message(ProjectId(project)).await.unwrap()
    }
}

/// The time as the gateway sees it: the machine's, until it is stopped.
#[derive(Clone, Default)]
pub(crate) struct Time(Arc<Mutex<Option<Timestamp>>>);

impl Time {
    /// The time stands still from here on.
    pub(crate) fn stop(&self) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(Timestamp::now());
    }

    /// So many seconds pass at once.
    pub(crate) fn pass(&self, seconds: i64) {
        let mut time = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let now = time.expect("a time that stands still");
        *time = Some(now + SignedDuration::from_secs(seconds));
    }

    fn clock(&self) -> Clock {
        let time = self.0.clone();
        Clock::from_fn(move || {
            time.lock().unwrap_or_else(PoisonError::into_inner).unwrap_or_else(Timestamp::now)
        })
    }
}

/// Job tokens alone, and a new verdict for each call: tests of one verdict are not to meet another's.
pub(crate) fn callers() -> caller::Config {
    caller::Config { verdict_ttl: Duration::ZERO, ..caller::Config::default() }
}

/// A hook with a secret token, whose events are looked at once.
pub(crate) fn webhooks() -> gateway::webhooks::Config {
    gateway::webhooks::Config {
        secrets: vec![HOOK_SECRET.into()],
        look_again: Vec::new(),
        ..gateway::webhooks::Config::default()
    }
}

fn populate(world: &mut World) {
    world.add_group(ACME, "acme");
    world.add_user(RUNNER, "runner");
    world.add_member(Place::Group(ACME), RUNNER, level::OWNER);
    for (id, path) in [(SHOP, "acme/shop"), (BLOG, "acme/blog")] {
        world.add_project(id, path);
    }
}

pub(crate) const fn limits(timeout: Duration) -> Limits {
    Limits { connect_timeout: Duration::from_secs(5), timeout, max_answer_bytes: 1 << 20 }
}

/// More than any test needs: tests ask again without a pause.
pub(crate) const fn roomy() -> gateway::guard::Limits {
    gateway::guard::Limits {
        connections: 1000,
        active: 500,
        active_per_address: 500,
        header_timeout: PATIENCE,
        body_timeout: PATIENCE,
        answer_timeout: PATIENCE,
        request_timeout: PATIENCE,
        concurrency: 500,
        watchers: 500,
        caller_per_second: 100_000,
        caller_burst: 100_000,
        project_per_minute: 100_000,
        project_burst: 100_000,
    }
}

pub(crate) const fn queue(replicas: usize) -> Queue {
    Queue { replicas, ..broker::queue() }
}

/// Waits until `look` finds something.
pub(crate) async fn until<T, F: Future<Output = Option<T>>>(what: &str, mut look: impl FnMut() -> F) -> T {
    let deadline = Instant::now() + PATIENCE;
    loop {
        if let Some(found) = look().await {
            return found;
        }
        assert!(Instant::now() < deadline, "waited {PATIENCE:?} for {what}");
        tokio::task::yield_now().await;
    }
}
