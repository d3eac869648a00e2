//! All services in this process, on a nats-server of their own.

use std::{path::PathBuf, sync::Arc, time::Duration};

use runtime::{
    Runtime,
    jetstream::{
        JetStream,
        connect::{self, connect},
        server::{Server, program},
        topology,
    },
    lifecycle::Lifecycle,
    metrics::Metrics,
    readiness::Readiness,
};
use tempfile::TempDir;

use crate::Settings;

/// A nats-server with its store in a folder of its own; stopped and removed when dropped.
#[derive(Debug)]
pub struct Nats {
    server: Server,
    folder: TempDir,
}

impl Nats {
    /// Starts the server that `NATS_SERVER_BIN` names, or the one on PATH.
    pub async fn start() -> Self {
        let folder = TempDir::new().expect("a folder");
        let server =
            Server::start(&nats_server(), folder.path(), None).await.expect("nats-server; see README");
        Self { server, folder }
    }

    /// Where it listens.
    #[must_use]
    pub fn url(&self) -> &str {
        self.server.url()
    }

    /// Stops it and starts it again on the same store and port.
    #[must_use]
    pub async fn restart(self) -> Self {
        let port = port(&self.server);
        self.server.stop().await;
        Self::again(self.folder, port).await
    }

    /// `kill -9`, and a start on the same store and port.
    #[must_use]
    pub async fn kill(self) -> Self {
        let port = port(&self.server);
        // A server that is dropped is killed.
        drop(self.server);
        Self::again(self.folder, port).await
    }

    async fn again(folder: TempDir, port: Option<u16>) -> Self {
        let server = Server::start(&nats_server(), folder.path(), port).await.expect("nats-server again");
        Self { server, folder }
    }
}

fn port(server: &Server) -> Option<u16> {
    server.url().rsplit(':').next().and_then(|port| port.parse().ok())
}

fn nats_server() -> PathBuf {
    program(std::env::var_os("NATS_SERVER_BIN").map(PathBuf::from))
}

/// One process's worth of a service: what it runs on, and how to stop it.
#[derive(Debug, Clone)]
pub struct Stack {
    pub runtime: Runtime,
    /// The gateway's address, where this stack has one.
    pub gateway: String,
}

/// Where the services find GitLab and SonarQube.
#[derive(Debug, Clone)]
pub(crate) struct Upstreams {
    pub(crate) gitlab: (String, String),
    pub(crate) sonarqube: (String, String),
}

impl Stack {
    /// Starts gateway, resolver and applier.
    pub(crate) async fn start(nats: &str, settings: &Settings, upstreams: &Upstreams) -> Self {
        let runtime = Box::pin(runtime(nats, settings)).await;
        let Upstreams { gitlab: (gitlab, gitlab_token), sonarqube: (sonarqube, sonarqube_token) } = upstreams;
        let gateway = gateway(&runtime, settings, gitlab).await;
        resolver::start(settings.resolver(gitlab, gitlab_token), &runtime).expect("resolver");
        applier::start(settings.applier(sonarqube, sonarqube_token), &runtime).expect("applier");
        Self { runtime, gateway }
    }

    /// Starts one more gateway on the same streams.
    pub(crate) async fn another_gateway(nats: &str, settings: &Settings, gitlab: &str) -> Self {
        let runtime = Box::pin(runtime(nats, settings)).await;
        let gateway = gateway(&runtime, settings, gitlab).await;
        Self { runtime, gateway }
    }

    /// Stops it softly and tells whether everything in hand was finished in time.
    pub async fn stop(&self) -> bool {
        self.runtime.lifecycle.end(Duration::from_secs(20)).await
    }
}

async fn gateway(runtime: &Runtime, settings: &Settings, gitlab: &str) -> String {
    let started = Box::pin(gateway::start(settings.gateway(gitlab), runtime.clone()));
    let address = started.await.expect("gateway");
    format!("http://{address}")
}

async fn runtime(nats: &str, settings: &Settings) -> Runtime {
    let readiness = Readiness::default();
    let context = connect(&nats_settings(), nats, "test", readiness.latch("nats")).await.expect("nats");
    topology::apply(&context, &settings.queue()).await.expect("streams");
    let metrics = Arc::new(Metrics::new().expect("metrics"));
    let clock = settings.clock.clone();
    let jetstream = JetStream::bind(context, clock.clone(), metrics.clone()).await.expect("streams");
    Runtime { lifecycle: Lifecycle::default(), clock, readiness, metrics, jetstream }
}

fn nats_settings() -> connect::Nats {
    connect::Nats {
        url: None,
        creds: None,
        token: None,
        user: None,
        password: None,
        ca_file: None,
        server_bin: None,
        connect_timeout: Duration::from_secs(20),
        request_timeout: Duration::from_secs(5),
    }
}
