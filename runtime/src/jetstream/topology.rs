//! Which streams, consumers and buckets there are, and with what settings.
//!
//! Only [`apply`] creates or updates them, and nothing ever deletes one. A service compares what it finds with what
//! it expects ([`verify`]) and refuses to start on a difference that would break a promise of the design.

use std::time::Duration;

use async_nats::jetstream::{
    Context, ErrorCode,
    consumer::{AckPolicy, pull},
    context::{GetStreamError, GetStreamErrorKind},
    stream::{Config, ConsumerError, ConsumerErrorKind, DiscardPolicy, RetentionPolicy, StorageType},
};
use proto::subject;
use serde::{Deserialize, Serialize};

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
        context.create_or_update_stream(config).await.map_err(|error| refused(&name, &error))?;
        names.push(format!("stream {name}"));
    }
    for (stream, config) in consumers(queue) {
        let name = format!("consumer {} of {stream}", config.durable_name.as_deref().unwrap_or_default());
        context.create_consumer_on_stream(config, stream).await.map_err(|error| refused(&name, &error))?;
        names.push(name);
    }
    Ok(names)
}

/// Compares what is there with what this build relies on. Sizes, ages and copies are the operator's choice.
///
/// # Errors
/// When something is missing or differs in a setting that the design relies on.
pub async fn verify(context: &Context) -> Result<(), TopologyError> {
    check_version(context)?;
    for expected in streams(&Queue::any()) {
        let found = context
            .get_stream(&expected.name)
            .await
            .map_err(|error| missing(&expected.name, stream_error_code(&error), &error))?;
        compare(&found.cached_info().config, &expected)?;
    }
    for (stream, expected) in consumers(&Queue::any()) {
        let name = expected.durable_name.clone().unwrap_or_default();
        let what = format!("consumer {name} of {stream}");
        let found: pull::Config =
            match context.get_consumer_from_stream::<pull::Config, _, _>(&name, stream).await {
                Ok(consumer) => pull_config(&consumer),
                Err(error) => return Err(missing(&what, consumer_error_code(&error), &error)),
            };
        differs(&what, "max_deliver", &found.max_deliver, &expected.max_deliver)?;
        differs(&what, "filter_subject", &found.filter_subject, &expected.filter_subject)?;
    }
    Ok(())
}

fn pull_config(consumer: &async_nats::jetstream::consumer::PullConsumer) -> pull::Config {
    let config = &consumer.cached_info().config;
    pull::Config {
        max_deliver: config.max_deliver,
        filter_subject: config.filter_subject.clone(),
        ..Default::default()
    }
}

fn compare(found: &Config, expected: &Config) -> Result<(), TopologyError> {
    let name = format!("stream {}", expected.name);
    differs(&name, "subjects", &format!("{:?}", found.subjects), &format!("{:?}", expected.subjects))?;
    differs(&name, "retention", &format!("{:?}", found.retention), &format!("{:?}", expected.retention))?;
    differs(&name, "storage", &format!("{:?}", found.storage), &format!("{:?}", expected.storage))?;
    differs(&name, "discard", &format!("{:?}", found.discard), &format!("{:?}", expected.discard))?;
    differs(
        &name,
        "discard_new_per_subject",
        &found.discard_new_per_subject,
        &expected.discard_new_per_subject,
    )?;
    differs(
        &name,
        "max_messages_per_subject",
        &found.max_messages_per_subject,
        &expected.max_messages_per_subject,
    )?;
    differs(&name, "allow_direct", &found.allow_direct, &expected.allow_direct)
}

fn differs<T: PartialEq + ToString + ?Sized>(
    name: &str,
    setting: &'static str,
    found: &T,
    expected: &T,
) -> Result<(), TopologyError> {
    if found == expected {
        return Ok(());
    }
    Err(TopologyError::Differs {
        name: name.to_owned(),
        setting,
        found: found.to_string(),
        expected: expected.to_string(),
    })
}

fn streams(queue: &Queue) -> [Config; 9] {
    [
        Config { retention: RetentionPolicy::WorkQueue, ..stream(queue, subject::TASKS, subject::ALL_TASKS) },
        Config {
            retention: RetentionPolicy::WorkQueue,
            // A step that is delivered again leads to the same steps: under a small budget of calls one takes minutes.
            duplicate_window: Duration::from_secs(3600),
            ..stream(queue, subject::FAN_OUTS, subject::ALL_FAN_OUTS)
        },
        Config {
            // One plan a project, queued or in hand: this is what makes a single writer of each project.
            retention: RetentionPolicy::WorkQueue,
            max_messages_per_subject: 1,
            discard: DiscardPolicy::New,
            discard_new_per_subject: true,
            ..stream(queue, subject::PLANS, subject::ALL_PLANS)
        },
        Config { max_age: queue.audit_retention, ..stream(queue, subject::EVENTS, subject::ALL_EVENTS) },
        Config { max_age: queue.dead_retention, ..stream(queue, subject::DEAD, subject::ALL_DEAD) },
        Config { max_age: queue.result_ttl, ..bucket(queue, subject::TASK_RECORDS) },
        bucket(queue, subject::PROJECTS),
        bucket(queue, subject::BUDGETS),
        bucket(queue, subject::CATALOG),
    ]
}

fn stream(queue: &Queue, name: &str, subjects: &str) -> Config {
    Config {
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

fn consumers(queue: &Queue) -> [(&'static str, pull::Config); 3] {
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
    [
        (subject::TASKS, consumer(subject::RESOLVER, subject::ALL_TASKS)),
        (subject::FAN_OUTS, consumer(subject::RESOLVER_FAN_OUT, subject::ALL_FAN_OUTS)),
        (subject::PLANS, consumer(subject::APPLIER, subject::ALL_PLANS)),
    ]
}

impl Queue {
    /// Settings that `verify` does not look at.
    const fn any() -> Self {
        let day = Duration::from_secs(86_400);
        Self { result_ttl: day, ack_wait: day, audit_retention: day, dead_retention: day, replicas: 1 }
    }
}

fn check_version(context: &Context) -> Result<(), TopologyError> {
    let client = context.client();
    if client.is_server_compatible(2, 12, 0) {
        Ok(())
    } else {
        Err(TopologyError::TooOld(client.server_info().version))
    }
}

fn refused(name: &str, error: &dyn std::fmt::Display) -> TopologyError {
    TopologyError::Refused { name: name.to_owned(), reason: error.to_string() }
}

/// The error of something that could not be looked at.
fn missing(name: &str, code: Option<ErrorCode>, error: &dyn std::fmt::Display) -> TopologyError {
    match code {
        Some(ErrorCode::STREAM_NOT_FOUND | ErrorCode::CONSUMER_NOT_FOUND) => {
            TopologyError::Missing(name.to_owned())
        }
        _ => refused(name, error),
    }
}

fn stream_error_code(error: &GetStreamError) -> Option<ErrorCode> {
    match error.kind() {
        GetStreamErrorKind::JetStream(error) => Some(error.error_code()),
        _ => None,
    }
}

fn consumer_error_code(error: &ConsumerError) -> Option<ErrorCode> {
    match error.kind() {
        ConsumerErrorKind::JetStream(error) => Some(error.error_code()),
        _ => None,
    }
}
