//! A nats-server with the streams (`NATS_SERVER_BIN`, or the one on PATH), and processes on it.

use std::{path::PathBuf, sync::Arc, time::Duration};

use access::{Exemptions, Policy};
use runtime::{
    Runtime,
    clock::Clock,
    jetstream::{
        JetStream, Retry,
        connect::{self, connect},
        server::{Server, program},
        topology::{self, Queue},
    },
    lifecycle::Lifecycle,
    metrics::Metrics,
    readiness::Readiness,
};
use tempfile::TempDir;
use tokio::time::Instant;

/// How long a test waits for what must happen at once; generous, as the machine may be busy.
const AT_ONCE: Duration = Duration::from_secs(30);

pub(crate) struct Nats {
    server: Server,
    _folder: TempDir,
}

impl Nats {
    pub(crate) async fn start() -> Self {
        let folder = TempDir::new().unwrap();
        let binary = program(std::env::var_os("NATS_SERVER_BIN").map(PathBuf::from));
        Self { server: Server::start(&binary, folder.path(), None).await.unwrap(), _folder: folder }
    }

    /// What a process is given, with a connection of its own.
    pub(crate) async fn runtime(&self) -> Runtime {
        let readiness = Readiness::default();
        let nats = connect::Nats {
            url: None,
            creds: None,
            token: None,
            user: None,
            password: None,
            ca_file: None,
            server_bin: None,
            connect_timeout: AT_ONCE,
            request_timeout: Duration::from_secs(5),
        };
        let context = connect(&nats, self.server.url(), "test", readiness.latch("nats")).await.unwrap();
        let day = Duration::from_secs(86_400);
        let queue = Queue {
            result_ttl: day,
            ack_wait: day,
            audit_retention: day,
            gitlab_retention: day,
            gitlab_max_bytes: 0,
            dead_retention: day,
            replicas: 1,
        };
        topology::apply(&context, &queue).await.unwrap();
        let (metrics, clock) = (Arc::new(Metrics::new().unwrap()), Clock::system());
        let jetstream = JetStream::bind(context, clock.clone(), metrics.clone()).await.unwrap();
        Runtime { lifecycle: Lifecycle::default(), clock, readiness, metrics, jetstream }
    }

    /// A resolver that tries once.
    pub(crate) fn resolver(gitlab: resolver::gitlab::Config) -> resolver::Config {
        let pause = Duration::from_millis(1);
        resolver::Config {
            gitlab,
            workers: 1,
            retry: Retry { attempts: 1, first_pause: pause, longest_pause: pause },
            min_interval: Duration::ZERO,
            exempt: Exemptions::default(),
            policy: Policy::default(),
            expiry: resolver::ExpiryJob {
                at: jiff::civil::time(0, 10, 0, 0),
                zone: jiff::tz::TimeZone::UTC,
                margin: Duration::from_secs(300),
                look_every: Duration::from_secs(30),
            },
            sweep: resolver::Sweep { every: Duration::ZERO, parallel_calls: 8 },
        }
    }
}

/// Waits for something that must happen at once.
pub(crate) async fn until<T>(mut found: impl AsyncFnMut() -> Option<T>) -> T {
    let deadline = Instant::now() + AT_ONCE;
    loop {
        if let Some(found) = found().await {
            return found;
        }
        assert!(Instant::now() < deadline, "waited {AT_ONCE:?}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}
