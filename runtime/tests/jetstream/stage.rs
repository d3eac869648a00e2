//! A nats-server with the streams, and what a service is given on it.

use std::{future::Future, time::Duration};

use async_nats::jetstream::{Context, stream::Info};
use broker::Nats;
use jiff::Timestamp;
use proto::{Cause, Incarnation, ProjectId, Task, TaskId, TaskPosition};
use runtime::{
    Runtime,
    clock::Clock,
    jetstream::{JetStream, records::TaskRef, topology::Queue},
};

/// How long a test waits for what must happen at once; generous, as the machine may be busy.
pub(crate) const AT_ONCE: Duration = Duration::from_secs(30);
/// An ack-wait that no test lives to see.
pub(crate) const LONG: Duration = Duration::from_secs(3600);

pub(crate) struct Stage {
    pub(crate) runtime: Runtime,
    nats: Nats,
    ack_wait: Duration,
}

impl Stage {
    pub(crate) async fn start() -> Self {
        Self::with(LONG).await
    }

    /// A stage on which a message that nobody speaks of comes back after `ack_wait`.
    pub(crate) async fn with(ack_wait: Duration) -> Self {
        let nats = Nats::start().await;
        let runtime = runtime(nats.url(), ack_wait).await;
        Self { runtime, nats, ack_wait }
    }

    /// What another process of the service is given, with a life and a connection of its own.
    pub(crate) async fn another(&self) -> Runtime {
        runtime(self.nats.url(), self.ack_wait).await
    }

    /// Stops the server; what it has stored stays.
    pub(crate) async fn stop_server(&mut self) {
        self.nats.stop().await;
    }

    pub(crate) async fn start_server(&mut self) {
        self.nats.start_again().await;
    }

    pub(crate) fn url(&self) -> &str {
        self.nats.url()
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

pub(crate) async fn runtime(url: &str, ack_wait: Duration) -> Runtime {
    broker::runtime(url, &queue(ack_wait), Clock::system()).await
}

pub(crate) const fn queue(ack_wait: Duration) -> Queue {
    Queue { ack_wait, ..broker::queue() }
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
