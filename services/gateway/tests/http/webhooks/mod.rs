//! Webhooks of GitLab: who is believed, what is stored, and what comes of it.

mod burst;
mod consequences;
mod forged;
mod intake;
mod rehearsal;
mod sizes;

use gateway::webhooks::{Config, SigningKey};
use proto::{FanOut, GitLabEvent, subject};
use reqwest::{Method, RequestBuilder};
use runtime::jetstream::decode;
use serde_json::{Value, json};

use crate::{
    caller::Answer,
    stage::{Given, HOOK_SECRET, Stage, webhooks},
};

pub(crate) const PATH: &str = "/webhooks/gitlab";

impl Stage {
    /// A gateway that takes such webhooks.
    async fn hooked(webhooks: Config) -> Self {
        Self::with(Given { webhooks, ..Given::default() }).await
    }

    /// A delivery with this body, of nobody yet.
    fn delivery(&self, body: impl Into<reqwest::Body>) -> RequestBuilder {
        self.request(Method::POST, PATH).header("content-type", "application/json").body(body)
    }

    /// A delivery of the hook.
    fn hook_delivery(&self, id: &str, payload: &Value) -> RequestBuilder {
        let request = self.delivery(payload.to_string()).header("x-gitlab-token", HOOK_SECRET);
        request.header("idempotency-key", id).header("x-gitlab-event", "System Hook")
    }

    /// Sends a delivery of the hook, which is taken.
    async fn tell(&self, id: &str, payload: &Value) {
        is_taken(&Answer::of(self.hook_delivery(id, payload)).await);
    }

    /// Every event that is stored.
    async fn stored(&self) -> Vec<GitLabEvent> {
        let messages = self.messages(subject::GITLAB).await.into_iter();
        messages.map(|message| decode(Some(&message.headers), &message.payload).unwrap()).collect()
    }

    /// Every step of a fan-out that waits.
    async fn fan_outs(&self) -> Vec<FanOut> {
        let messages = self.messages(subject::FAN_OUTS).await.into_iter();
        messages.map(|message| decode(Some(&message.headers), &message.payload).unwrap()).collect()
    }

    async fn messages(&self, stream: &str) -> Vec<async_nats::jetstream::message::StreamMessage> {
        let stream = self.runtime.jetstream.context().get_stream(stream).await.unwrap();
        let state = &stream.cached_info().state;
        let mut messages = Vec::new();
        for sequence in state.first_sequence..=state.last_sequence {
            messages.extend(stream.get_raw_message(sequence).await.ok());
        }
        messages
    }
}

#[track_caller]
fn is_taken(answer: &Answer) {
    assert_eq!(answer.status, 202, "{answer:?}");
    assert!(answer.body.is_null(), "{answer:?}");
}

fn keyed(keys: &[&str]) -> Config {
    let signing_keys = keys.iter().map(|key| key.parse::<SigningKey>().unwrap()).collect();
    Config { signing_keys, ..webhooks() }
}

fn member(project: u64) -> Value {
    json!({ "event_name": "user_add_to_team", "project_id": project, "user_id": 12, "access_level": "Developer",
        "project_path_with_namespace": "acme/shop" })
}

fn push(project: u64) -> Value {
    json!({ "event_name": "push", "object_kind": "push", "ref": "refs/heads/main", "project_id": project })
}
