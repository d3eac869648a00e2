//! Who runs: each process is listed with the micro API under its role, so that somebody can ask before it is too late.

use std::{
    collections::{BTreeMap, HashMap},
    time::Duration,
};

use async_nats::{
    Client, StatusCode,
    service::{PingResponse, Service, ServiceExt},
};
use futures::StreamExt;

use crate::Runtime;

/// The name under which processes are listed; those that answer questions are listed under [`super::SERVICE`] besides.
const PROCESS: &str = "guassp-process";
const ROLE: &str = "role";
/// How long the first answer may take.
const PATIENCE: Duration = Duration::from_secs(2);
/// Who has not answered so long after another is not there.
const SILENCE: Duration = Duration::from_millis(500);
/// The pause before a process is listed again, when it could not be.
const PAUSE: Duration = Duration::from_secs(1);

/// Nobody can be asked who runs.
#[derive(Debug, thiserror::Error)]
#[error("nats-server does not tell which processes run: {0}")]
pub struct NotTold(String);

/// Lists this process under `role`. It stays listed until the process has ended, also while it finishes what it has in
/// hand.
pub async fn announce(role: String, runtime: Runtime) {
    let life = &runtime.lifecycle;
    while !life.is_stopping() {
        match listed(&role, &runtime).await {
            // The client lists it again after a lost connection.
            Ok(_listed) => life.stopping().await,
            Err(error) => {
                tracing::warn!(%error, "this process is not listed yet among those that run");
                tokio::select! {
                    () = life.stopping() => {}
                    () = tokio::time::sleep(PAUSE) => {}
                }
            }
        }
    }
}

async fn listed(role: &str, runtime: &Runtime) -> Result<Service, async_nats::Error> {
    let client = runtime.jetstream.context().client();
    let builder = client.service_builder().metadata(HashMap::from([(ROLE.to_owned(), role.to_owned())]));
    builder.description("a running process").start(PROCESS, env!("CARGO_PKG_VERSION")).await
}

/// How many processes of each role run now and are connected to this nats-server. It takes half a second.
///
/// # Errors
/// When it cannot be asked.
pub async fn running(client: &Client) -> Result<BTreeMap<String, usize>, NotTold> {
    let failed = |error: &dyn std::fmt::Display| NotTold(error.to_string());
    let inbox = client.new_inbox();
    let mut answers = client.subscribe(inbox.clone()).await.map_err(|error| failed(&error))?;
    let asked = client.publish_with_reply(format!("$SRV.PING.{PROCESS}"), inbox, "".into()).await;
    asked.map_err(|error| failed(&error))?;
    let (mut found, mut patience) = (BTreeMap::new(), PATIENCE);
    while let Ok(Some(answer)) = tokio::time::timeout(patience, answers.next()).await {
        if answer.status == Some(StatusCode::NO_RESPONDERS) {
            break;
        }
        let process: PingResponse =
            serde_json::from_slice(&answer.payload).map_err(|error| failed(&error))?;
        let role = process.metadata.get(ROLE).cloned().unwrap_or(process.name);
        *found.entry(role).or_default() += 1;
        patience = SILENCE;
    }
    Ok(found)
}
