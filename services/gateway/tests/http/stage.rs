//! A gateway with its nats-server and a GitLab. Nobody works on tasks until [`Stage::work`] is asked for.

use std::{future::Future, path::PathBuf, sync::Arc, time::Duration};

use proto::ProjectId;
use runtime::{
    Runtime,
    clock::Clock,
    http::Limits,
    jetstream::{
        JetStream,
        connect::{self, connect},
        server::{Server, program},
        topology::{self, Queue},
    },
    lifecycle::Lifecycle,
    metrics::Metrics,
    readiness::Readiness,
};
use sandbox::{
    GitLab,
    gitlab::{Place, World, level},
};
use tempfile::TempDir;
use tokio::time::Instant;

/// The projects `acme/shop` and `acme/blog`.
pub(crate) const SHOP: u64 = 7;
pub(crate) const BLOG: u64 = 8;
/// Whoever causes jobs.
pub(crate) const RUNNER: u64 = 100;
/// How long a test waits for anything; generous, as the machine may be busy.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);

pub(crate) struct Stage {
    pub(crate) gitlab: GitLab,
    pub(crate) runtime: Runtime,
    pub(crate) url: String,
    pub(crate) http: reqwest::Client,
    /// Gone while nats-server is down.
    server: Option<Server>,
    folder: TempDir,
    port: u16,
}

impl Stage {
    pub(crate) async fn start() -> Self {
        Self::with_timeout(Duration::from_secs(30)).await
    }

    /// A gateway that waits so long for an answer of GitLab.
    pub(crate) async fn with_timeout(timeout: Duration) -> Self {
        let gitlab = GitLab::start().await.unwrap();
        gitlab.change(populate);
        let folder = TempDir::new().unwrap();
        let server = Server::start(&nats_server(), folder.path(), None).await.expect("nats-server");
        let port = server.url().rsplit(':').next().unwrap().parse().unwrap();
        let runtime = runtime(server.url()).await;
        let config = gateway::Config {
            listen: ([127, 0, 0, 1], 0).into(),
            gitlab_url: gitlab.url().parse().unwrap(),
            limits: limits(timeout),
            stranded_after: Duration::from_secs(3600),
        };
        let url = format!("http://{}", gateway::start(config, runtime.clone()).await.unwrap());
        let http = reqwest::Client::new();
        Self { gitlab, runtime, url, http, server: Some(server), folder, port }
    }

    /// The token of a running job of the project.
    pub(crate) fn job(&self, project: u64) -> String {
        self.gitlab.world().start_job(project, RUNNER)
    }

    pub(crate) async fn stop_nats(&mut self) {
        self.server.take().expect("a running server").stop().await;
    }

    pub(crate) async fn start_nats(&mut self) {
        let server = Server::start(&nats_server(), self.folder.path(), Some(self.port)).await;
        self.server = Some(server.expect("nats-server"));
    }

    /// How many messages a stream holds.
    pub(crate) async fn count(&self, stream: &str) -> u64 {
        let stream = self.runtime.jetstream.context().get_stream(stream).await.unwrap();
        stream.cached_info().state.messages
    }

    pub(crate) async fn has_task(&self, project: u64) -> bool {
        self.runtime.jetstream.has_task_message(ProjectId(project)).await.unwrap()
    }
}

fn populate(world: &mut World) {
    world.add_group(10, "acme");
    world.add_user(RUNNER, "runner");
    world.add_member(Place::Group(10), RUNNER, level::OWNER);
    for (id, path) in [(SHOP, "acme/shop"), (BLOG, "acme/blog")] {
        world.add_project(id, path);
    }
}

pub(crate) const fn limits(timeout: Duration) -> Limits {
    Limits { connect_timeout: Duration::from_secs(5), timeout, max_answer_bytes: 1 << 20 }
}

fn nats_server() -> PathBuf {
    program(std::env::var_os("NATS_SERVER_BIN").map(PathBuf::from))
}

async fn runtime(url: &str) -> Runtime {
    let readiness = Readiness::default();
    let nats = connect::Nats {
        url: None,
        creds: None,
        token: None,
        user: None,
        password: None,
        ca_file: None,
        server_bin: None,
        connect_timeout: PATIENCE,
        request_timeout: Duration::from_secs(5),
    };
    let context = connect(&nats, url, "test", readiness.latch("nats")).await.unwrap();
    let day = Duration::from_secs(86_400);
    let queue = Queue {
        result_ttl: day,
        ack_wait: Duration::from_secs(30),
        audit_retention: day,
        dead_retention: day,
        replicas: 1,
    };
    topology::apply(&context, &queue).await.unwrap();
    let (metrics, clock) = (Arc::new(Metrics::new().unwrap()), Clock::system());
    let jetstream = JetStream::bind(context, clock.clone(), metrics.clone()).await.unwrap();
    Runtime { lifecycle: Lifecycle::default(), clock, readiness, metrics, jetstream }
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
