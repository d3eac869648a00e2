//! A fresh nats-server with a file store, and what its monitoring says of the streams.

use crate::account::Account;
use crate::http;
use crate::leash::Server;
use crate::scratch::{Folder, free_ports};
use anyhow::{Context, Result};
use serde_json::Value;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

const START_LIMIT: Duration = Duration::from_secs(30);

/// The running nats-server.
#[derive(Debug)]
pub(super) struct Broker {
    pub(super) url: String,
    monitoring: String,
    server: Server,
}

/// What lies in a stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Stored {
    pub(super) messages: u64,
    /// With subjects, headers and what the store adds to each message.
    pub(super) bytes: u64,
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

    /// What a stream holds; a bucket is a stream, too.
    pub(super) fn stored(&self, stream: &str) -> Result<Stored> {
        stored_in(&self.monitoring, stream)
    }

    /// How many messages of a stream a consumer has not settled yet.
    pub(super) fn unworked(&self, stream: &str, consumer: &str) -> Result<u64> {
        let streams =
            http::get(&format!("{}/jsz?streams=true&consumers=true", self.monitoring), &[])?.json()?;
        unworked(&streams, stream, consumer).with_context(|| format!("{stream} has no consumer {consumer}"))
    }

    /// Waits until a stream holds so many messages.
    pub(super) fn wait(&mut self, limit: Duration, stream: &str, messages: u64) -> Result<Stored> {
        let Self { monitoring, server, .. } = self;
        let there = || stored_in(monitoring, stream).ok().filter(|stored| stored.messages == messages);
        server.wait(limit, there)
    }

    /// Its process.
    pub(super) fn id(&self) -> u32 {
        self.server.id()
    }
}

fn stored_in(monitoring: &str, stream: &str) -> Result<Stored> {
    let streams = http::get(&format!("{monitoring}/jsz?streams=true"), &[])?.json()?;
    stored(&streams, stream).with_context(|| format!("there is no stream {stream}"))
}

/// A stream in the answer of `/jsz`.
fn stream<'a>(streams: &'a Value, name: &str) -> Option<&'a Value> {
    let accounts = streams.get("account_details")?.as_array()?.iter();
    let mut streams = accounts.filter_map(|account| account.get("stream_detail")?.as_array()).flatten();
    streams.find(|stream| stream.get("name").is_some_and(|found| found == name))
}

/// What a consumer has not been given, or has in hand.
fn unworked(streams: &Value, name: &str, consumer: &str) -> Option<u64> {
    let mut consumers = stream(streams, name)?.get("consumer_detail")?.as_array()?.iter();
    let consumer = consumers.find(|found| found.get("name").is_some_and(|found| found == consumer))?;
    Some(consumer.get("num_pending")?.as_u64()? + consumer.get("num_ack_pending")?.as_u64()?)
}

/// What a stream holds, in the answer of `/jsz`.
fn stored(streams: &Value, name: &str) -> Option<Stored> {
    let stream = stream(streams, name)?;
    let number = |field: &str| stream.get("state")?.get(field)?.as_u64();
    Some(Stored { messages: number("messages")?, bytes: number("bytes")? })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_stream_is_found_in_any_account() {
        let streams = json!({ "account_details": [
            { "name": "empty" },
            { "name": "$G", "stream_detail": [{ "name": "OTHER", "state": { "messages": 1, "bytes": 9 } },
                { "name": "GUASSP_TASKS", "state": { "messages": 21_000, "bytes": 7_000_000 } }] },
        ] });
        let tasks = Stored { messages: 21_000, bytes: 7_000_000 };
        assert_eq!(stored(&streams, "GUASSP_TASKS"), Some(tasks));
        assert_eq!(stored(&streams, "GUASSP_PLANS"), None);
    }

    #[test]
    fn what_is_in_hand_is_not_worked_on_yet() {
        let consumers = json!([{ "name": "one", "num_pending": 3, "num_ack_pending": 4 }]);
        let stream = json!({ "name": "S", "state": {}, "consumer_detail": consumers });
        let streams = json!({ "account_details": [{ "name": "$G", "stream_detail": [stream] }] });
        assert_eq!(unworked(&streams, "S", "one"), Some(7));
        assert_eq!((unworked(&streams, "S", "two"), unworked(&streams, "T", "one")), (None, None));
    }
}
