//! A nats-server with the streams, and what a service is given on it.

use std::{future::Future, path::PathBuf, sync::Arc, time::Duration};

use async_nats::jetstream::{Context, stream::Info};
use jiff::Timestamp;
use proto::{Cause, Incarnation, ProjectId, Task, TaskId, TaskPosition};
use runtime::{
    Runtime,
    clock::Clock,
    jetstream::{
        JetStream,
        connect::{self, connect},
        records::TaskRef,
        server::{Server, program},
        topology::{self, Queue},
    },
    lifecycle::Lifecycle,
    metrics::Metrics,
    readiness::Readiness,
};
use tempfile::TempDir;

/// How long a test waits for what must happen at once; generous, as the machine may be busy.
pub(crate) const AT_ONCE: Duration = Duration::from_secs(30);
/// An ack-wait that no test lives to see.
pub(crate) const LONG: Duration = Duration::from_secs(3600);

pub(crate) struct Stage {
    pub(crate) runtime: Runtime,
    server: Server,
    folder: TempDir,
    ack_wait: Duration,
}

impl Stage {
    pub(crate) async fn start() -> Self {
        Self::with(LONG).await
    }

    /// A stage on which a message that nobody speaks of comes back after `ack_wait`.
    pub(crate) async fn with(ack_wait: Duration) -> Self {
        let folder = TempDir::new().unwrap();
        let server = Server::start(&nats_server(), folder.path(), None).await.expect("nats-server");
        let runtime = runtime(server.url(), ack_wait).await;
        Self { runtime, server, folder, ack_wait }
    }

    /// What another process of the service is given, with a life and a connection of its own.
    pub(crate) async fn another(&self) -> Runtime {
        runtime(self.server.url(), self.ack_wait).await
    }

    /// Stops the server; what is in its folder stays.
    pub(crate) async fn stop_server(self) -> Stopped {
        let port = self.server.url().rsplit(':').next().unwrap().parse().unwrap();
        self.server.stop().await;
        Stopped { runtime: self.runtime, folder: self.folder, port, ack_wait: self.ack_wait }
    }

    pub(crate) fn url(&self) -> &str {
        self.server.url()
    }

    pub(crate) fn jetstream(&self) -> &JetStream {
        &self.runtime.jetstream
    }

    pub(crate) fn context(&self) -> &Context {
        self.jetstream().context()
    }

    pub(crate) async fn info(&self, stream: &str) -> Info {
        self.context().get_stream(stream).await.unwrap().cached_info().clone()
    }

    /// How many messages a stream holds.
    pub(crate) async fn count(&self, stream: &str) -> u64 {
        self.info(stream).await.state.messages
    }

    /// A figure that Prometheus would see; 0 when nothing was counted.
    pub(crate) fn figure(&self, line: &str) -> u64 {
        let text = self.runtime.metrics.render().unwrap();
        let found = text.lines().find_map(|l| l.strip_prefix(line)?.trim().parse().ok());
        found.unwrap_or_default()
    }
}

/// A stage whose server is down.
pub(crate) struct Stopped {
    pub(crate) runtime: Runtime,
    folder: TempDir,
    port: u16,
    ack_wait: Duration,
}

impl Stopped {
    pub(crate) async fn start_server(self) -> Stage {
        let Self { runtime, folder, port, ack_wait } = self;
        let server = Server::start(&nats_server(), folder.path(), Some(port)).await.expect("nats-server");
        Stage { runtime, server, folder, ack_wait }
    }
}

pub(crate) fn nats_server() -> PathBuf {
    program(std::env::var_os("NATS_SERVER_BIN").map(PathBuf::from))
}

pub(crate) async fn runtime(url: &str, ack_wait: Duration) -> Runtime {
    let readiness = Readiness::default();
    let context = connect(&settings(), url, "test", readiness.latch("nats")).await.unwrap();
    topology::apply(&context, &queue(ack_wait)).await.unwrap();
    let (metrics, clock) = (Arc::new(Metrics::new().unwrap()), Clock::system());
    let jetstream = JetStream::bind(context, clock.clone(), metrics.clone()).await.unwrap();
    Runtime { lifecycle: Lifecycle::default(), clock, readiness, metrics, jetstream }
}

pub(crate) const fn queue(ack_wait: Duration) -> Queue {
    let day = Duration::from_secs(86_400);
    Queue {
        result_ttl: day,
        ack_wait,
        audit_retention: day,
        gitlab_retention: day,
        gitlab_max_bytes: 0,
        dead_retention: day,
        replicas: 1,
    }
}

/// How a nats-server is connected to.
pub(crate) fn settings() -> connect::Nats {
    connect::Nats {
        url: None,
        creds: None,
        token: None,
        user: None,
        password: None,
        ca_file: None,
        server_bin: None,
        connect_timeout: AT_ONCE,
        request_timeout: Duration::from_secs(5),
    }
}

/// Waits for something that must happen at once.
pub(crate) async fn at_once<T>(what: &str, future: impl Future<Output = T>) -> T {
    tokio::time::timeout(AT_ONCE, future).await.unwrap_or_else(|_| panic!("waited {AT_ONCE:?} for {what}"))
}

pub(crate) fn task(project: u64) -> Task {
    Task { id: TaskId::new(), project: ProjectId(project), cause: cause() }
}

pub(crate) fn reference(task: &Task) -> TaskRef {
    TaskRef { id: task.id, project: task.project, cause: task.cause.clone() }
}

pub(crate) const fn cause() -> Cause {
    Cause::Job { job: 1, pipeline: None, user: None }
}

/// A place in one of several lives of the stream of tasks.
pub(crate) fn position(life: i64, sequence: u64) -> TaskPosition {
    TaskPosition { incarnation: Incarnation(Timestamp::from_second(life).unwrap()), sequence }
}
