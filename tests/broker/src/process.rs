//! What a process is given.

use std::{sync::Arc, time::Duration};

use runtime::{
    Runtime,
    clock::Clock,
    jetstream::{
        JetStream,
        connect::{self, connect},
        topology::{self, Queue},
    },
    lifecycle::Lifecycle,
    metrics::Metrics,
    readiness::Readiness,
};
use tokio::time::Instant;

/// How long a server may take; generous, as the machine may be busy.
const PATIENCE: Duration = Duration::from_secs(60);
const DAY: Duration = Duration::from_secs(86_400);

/// How a nats-server is connected to that asks nobody for a password.
#[must_use]
pub const fn connection() -> connect::Nats {
    connect::Nats {
        url: None,
        creds: None,
        token: None,
        user: None,
        password: None,
        ca_file: None,
        server_bin: None,
        connect_timeout: PATIENCE,
        request_timeout: Duration::from_secs(5),
    }
}

/// Everything is kept for a day, in one copy; who takes a message has half a minute to speak of it.
#[must_use]
pub const fn queue() -> Queue {
    Queue {
        result_ttl: DAY,
        ack_wait: Duration::from_secs(30),
        audit_retention: DAY,
        gitlab_retention: DAY,
        gitlab_max_bytes: 0,
        dead_retention: DAY,
        replicas: 1,
    }
}

/// A life, metrics and a connection of its own; the streams are there.
pub async fn runtime(url: &str, queue: &Queue, clock: Clock) -> Runtime {
    let readiness = Readiness::default();
    let context = connect(&connection(), url, "test", readiness.latch("nats")).await.expect("a connection");
    let deadline = Instant::now() + PATIENCE;
    // A cluster that has just begun has no leader yet.
    while let Err(error) = topology::apply(&context, queue).await {
        assert!(Instant::now() < deadline, "the streams: {error}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let metrics = Arc::new(Metrics::new().expect("metrics"));
    let jetstream = JetStream::bind(context, clock.clone(), metrics.clone()).await.expect("the streams");
    Runtime { lifecycle: Lifecycle::default(), clock, readiness, metrics, jetstream }
}
