//! All services in this process.

use std::time::Duration;

use runtime::Runtime;

use crate::Settings;

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
    broker::runtime(nats, &settings.queue(), settings.clock.clone()).await
}
