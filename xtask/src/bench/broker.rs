//! A fresh nats-server with a file store, and what its monitoring says of the streams.

use crate::account::Account;
use crate::http;
use crate::leash::Server;
use crate::scratch::{Folder, free_ports};
use anyhow::{Context, Result, ensure};
use serde_json::Value;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

const START_LIMIT: Duration = Duration::from_secs(30);

/// Each accepted post puts one message into each: the task, and its record.
const ONE_A_POST: [&str; 2] = ["GUASSP_TASKS", "KV_guassp_tasks"];

/// The running nats-server.
#[derive(Debug)]
pub(super) struct Broker {
    pub(super) url: String,
    monitoring: String,
    server: Server,
}

impl Broker {
    /// Starts it and waits until JetStream is up.
    pub(super) fn start(program: &Path) -> Result<Self> {
        let folder = Folder::create("bench-nats", Account::Own)?;
        let [port, monitoring] = free_ports()?;
        let mut command = Command::new(program);
        command.args([
            "--addr",
            "127.0.0.1",
            "--port",
            &port.to_string(),
            "--http_port",
            &monitoring.to_string(),
        ]);
        command.args(["--jetstream", "--store_dir"]).arg(folder.join("store"));
        let mut server = Server::start("nats-server", command, folder)?;
        let monitoring = format!("http://127.0.0.1:{monitoring}");
        let health = format!("{monitoring}/healthz");
        server.wait(START_LIMIT, || http::get(&health, &[]).ok().filter(|answer| answer.status == 200))?;
        Ok(Self { url: format!("nats://127.0.0.1:{port}"), monitoring, server })
    }

    /// An error unless exactly so many posts are stored.
    pub(super) fn check_stored(&self, posts: usize) -> Result<()> {
        let streams = http::get(&format!("{}/jsz?streams=true", self.monitoring), &[])?.json()?;
        for stream in ONE_A_POST {
            let stored =
                messages(&streams, stream).with_context(|| format!("there is no stream {stream}"))?;
            ensure!(stored == posts, "{posts} posts were accepted, and {stream} holds {stored} messages");
        }
        Ok(())
    }

    /// Its process.
    pub(super) fn id(&self) -> u32 {
        self.server.id()
    }
}

/// How many messages a stream holds, in the answer of `/jsz`.
fn messages(streams: &Value, name: &str) -> Option<usize> {
    let accounts = streams.get("account_details")?.as_array()?.iter();
    let mut streams = accounts.filter_map(|account| account.get("stream_detail")?.as_array()).flatten();
    let stream = streams.find(|stream| stream.get("name").is_some_and(|found| found == name))?;
    stream.pointer("/state/messages")?.as_u64()?.try_into().ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_stream_is_found_in_any_account() {
        let streams = json!({ "account_details": [
            { "name": "empty" },
            { "name": "$G", "stream_detail": [{ "name": "OTHER", "state": { "messages": 1 } },
                { "name": "GUASSP_TASKS", "state": { "messages": 21_000 } }] },
        ] });
        assert_eq!(messages(&streams, "GUASSP_TASKS"), Some(21_000));
        assert_eq!(messages(&streams, "GUASSP_PLANS"), None);
    }
}
