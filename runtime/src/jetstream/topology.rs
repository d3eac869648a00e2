//! Which streams, consumers and buckets there are, and with what settings.
//!
//! Only [`apply`] creates or updates them, and nothing but [`remove`], on a person's word, deletes one. A service compares what it finds with what
//! it expects ([`verify`]) and refuses to start on a difference that would break a promise of the design.

mod verify;

use std::time::Duration;

use async_nats::jetstream::{
    Context, ErrorCode,
    consumer::{AckPolicy, pull},
    context::{CreateStreamError, CreateStreamErrorKind},
    stream::{Config, DiscardPolicy, RetentionPolicy, StorageType},
};
use proto::{GitLabEventKind, subject};
use serde::{Deserialize, Serialize};

pub use self::verify::{differences, present, remove, verify};

/// Section `queue`: the settings of streams and consumers.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Queue {
    /// How long a finished task answers `GET /task/{id}`.
    #[serde(with = "crate::config::duration")]
    pub result_ttl: Duration,
    /// How long a service may be silent about a message before another gets it.
    #[serde(with = "crate::config::duration")]
    pub ack_wait: Duration,
    /// How long the audit is kept.
    #[serde(with = "crate::config::duration")]
    pub audit_retention: Duration,
    /// How long the events of GitLab are kept.
    #[serde(with = "crate::config::duration")]
    pub gitlab_retention: Duration,
    /// How much of them is kept at most, in bytes; 0 is no limit.
    pub gitlab_max_bytes: u64,
    /// How long dead letters are kept.
    #[serde(with = "crate::config::duration")]
    pub dead_retention: Duration,
    /// How many copies a cluster keeps; 1 on a single server.
    pub replicas: usize,
}

/// Why the streams are not as they must be.
#[derive(Debug, thiserror::Error)]
pub enum TopologyError {
    /// Something is not there.
    #[error("{0} does not exist: run `guassp topology` once, with this NATS_URL")]
    Missing(String),
    /// Something is there, with settings that break a promise.
    #[error("{name} has {setting} = {found}, this build needs {expected}: run `guassp topology`")]
    Differs {
        /// Stream or consumer.
        name: String,
        /// The setting.
        setting: &'static str,
        /// What it is.
        found: String,
        /// What it must be.
        expected: String,
    },
    /// The server does not do it.
    #[error("{name} cannot be used: {reason}")]
    Refused {
        /// Stream, consumer or bucket.
        name: String,
        /// The server's words.
        reason: String,
    },
    /// The server is too old.
    #[error("nats-server {0} is too old: 2.12 or newer is needed")]
    TooOld(String),
}

/// Creates what is missing and updates what differs; deletes nothing. Returns the names in order.
///
/// # Errors
/// When the server refuses a change (some settings cannot be changed later), or is too old.
pub async fn apply(context: &Context, queue: &Queue) -> Result<Vec<String>, TopologyError> {
    check_version(context)?;
    let mut names = Vec::new();
    for config in streams(queue) {
        let name = config.name.clone();
        context.create_or_update_stream(config).await.map_err(|error| stream_refused(&name, &error))?;
        names.push(format!("stream {name}"));
    }
    for (stream, config) in consumers(queue) {
        let name = format!("consumer {} of {stream}", config.durable_name.as_deref().unwrap_or_default());
        context.create_consumer_on_stream(config, stream).await.map_err(|error| refused(&name, &error))?;
        names.push(name);
    }
    Ok(names)
}

fn streams(queue: &Queue) -> Vec<Config> {
    vec![
        stream(queue, subject::TASKS, subject::ALL_TASKS),
        Config {
            // A step that is delivered again leads to the same steps: under a small budget of calls one takes minutes.
            duplicate_window: Duration::from_secs(3600),
            ..stream(queue, subject::FAN_OUTS, subject::ALL_FAN_OUTS)
        },
        Config {
            // One plan a project, queued or in hand: this is what makes a single writer of each project.
            max_messages_per_subject: 1,
            discard: DiscardPolicy::New,
            discard_new_per_subject: true,
            ..stream(queue, subject::PLANS, subject::ALL_PLANS)
        },
        Config { max_age: queue.audit_retention, ..stream(queue, subject::EVENTS, subject::ALL_EVENTS) },
        Config {
            max_age: queue.gitlab_retention,
            // The oldest go first: they are hints, and everything else shares the store with them.
            max_bytes: i64::try_from(queue.gitlab_max_bytes).unwrap_or(i64::MAX),
            discard: DiscardPolicy::Old,
            // GitLab may repeat a delivery for as long as people may ask it to; its id stays the same.
            duplicate_window: Duration::from_secs(3600),
            ..stream(queue, subject::GITLAB, subject::ALL_GITLAB)
        },
        Config { max_age: queue.dead_retention, ..stream(queue, subject::DEAD, subject::ALL_DEAD) },
        Config { max_age: queue.result_ttl, ..bucket(queue, subject::TASK_RECORDS) },
        bucket(queue, subject::PROJECTS),
        bucket(queue, subject::BUDGETS),
        bucket(queue, subject::CATALOG),
        bucket(queue, subject::DIRECTORY),
        bucket(queue, subject::ISSUES),
    ]
}

/// Whether a message leaves the stream as soon as it is settled.
pub(super) fn is_work_queue(stream: &str) -> bool {
    [subject::TASKS, subject::FAN_OUTS, subject::PLANS].contains(&stream)
}

fn stream(queue: &Queue, name: &str, subjects: &str) -> Config {
    Config {
        retention: if is_work_queue(name) { RetentionPolicy::WorkQueue } else { RetentionPolicy::Limits },
        name: name.to_owned(),
        subjects: vec![subjects.to_owned()],
        storage: StorageType::File,
        num_replicas: queue.replicas,
        max_messages_per_subject: -1,
        ..Default::default()
    }
}

/// A key-value bucket. Direct reads are off: a follower may answer them with an older value, and a gateway that sees
/// an old `started` would let a trigger join a task that has already read GitLab.
fn bucket(queue: &Queue, name: &str) -> Config {
    Config {
        discard: DiscardPolicy::New,
        allow_rollup: true,
        deny_delete: true,
        max_messages_per_subject: 1,
        ..stream(queue, &format!("KV_{name}"), &format!("$KV.{name}.>"))
    }
}

fn consumers(queue: &Queue) -> Vec<(&'static str, pull::Config)> {
    let consumer = |name: &str, filter: &str| pull::Config {
        durable_name: Some(name.to_owned()),
        filter_subject: filter.to_owned(),
        ack_policy: AckPolicy::Explicit,
        ack_wait: queue.ack_wait,
        // The server never gives a message up: past its own limit it would leave the message in the queue for ever,
        // unseen, and block its project. The stage counts attempts and dead-letters the message itself.
        max_deliver: -1,
        // A message that was put back for later counts as in hand; thousands may.
        max_ack_pending: 100_000,
        ..Default::default()
    };
    vec![
        (subject::TASKS, consumer(subject::RESOLVER, subject::ALL_TASKS)),
        (subject::FAN_OUTS, consumer(subject::RESOLVER_FAN_OUT, subject::ALL_FAN_OUTS)),
        (subject::PLANS, consumer(subject::APPLIER, subject::ALL_PLANS)),
        (
            subject::GITLAB,
            pull::Config {
                filter_subject: String::new(),
                filter_subjects: GitLabEventKind::ABOUT_ACCESS
                    .map(|kind| subject::gitlab_filter(kind.key(), ">"))
                    .to_vec(),
                ..consumer(subject::GATEWAY_HOOKS, "")
            },
        ),
        (subject::GITLAB, consumer(subject::RESOLVER_DIRECTORY, subject::ALL_GITLAB)),
        (
            subject::EVENTS,
            pull::Config {
                filter_subject: String::new(),
                filter_subjects: subject::EVENTS_FOR_PEOPLE.map(subject::events).to_vec(),
                ..consumer(subject::NOTIFIER, "")
            },
        ),
    ]
}

impl Queue {
    /// Settings that `verify` does not look at.
    const fn any() -> Self {
        let day = Duration::from_secs(86_400);
        let (result_ttl, ack_wait, audit_retention, dead_retention) = (day, day, day, day);
        Self {
            result_ttl,
            ack_wait,
            audit_retention,
            gitlab_retention: day,
            gitlab_max_bytes: 0,
            dead_retention,
            replicas: 1,
        }
    }
}

/// Whether the server is new enough.
///
/// # Errors
/// When it is older than 2.12.
pub fn check_version(context: &Context) -> Result<(), TopologyError> {
    let client = context.client();
    if client.is_server_compatible(2, 12, 0) {
        Ok(())
    } else {
        Err(TopologyError::TooOld(client.server_info().version))
    }
}

/// A server refuses a limit that is beyond its store, and does not say which setting that is.
fn stream_refused(name: &str, error: &CreateStreamError) -> TopologyError {
    let code = match error.kind() {
        CreateStreamErrorKind::JetStream(error) => Some(error.error_code()),
        _ => None,
    };
    let is_too_much = code == Some(ErrorCode::STORAGE_RESOURCES_EXCEEDED) && name == subject::GITLAB;
    let mend =
        if is_too_much { "; lower queue.gitlab_max_bytes, or give the server a larger store" } else { "" };
    refused(name, &format_args!("{error}{mend}"))
}

fn refused(name: &str, error: &dyn std::fmt::Display) -> TopologyError {
    TopologyError::Refused { name: name.to_owned(), reason: error.to_string() }
}
