//! `POST /webhooks/gitlab`: the story of a delivery. It was verified before it came here (`secrets`, by the guard), is
//! brought into the one form of all events (`normalise`), stored in `GUASSP_GITLAB`, and answered; what it means for
//! access is somebody else's work, and later (`work`).
//!
//! **Invariants:** what was answered with 202 is stored. What is merely not interesting is never refused: GitLab switches
//! a hook off whose deliveries are.

mod consequence;
mod limit;
mod looks;
pub(crate) mod metrics;
mod normalise;
pub(crate) mod rehearse;
pub(crate) mod secrets;
pub(crate) mod work;

use std::time::Duration;

use aws_lc_rs::digest::{Context, SHA256};
use axum::{
    body::Bytes,
    extract::State,
    http::{HeaderMap, StatusCode},
};
use data_encoding::HEXLOWER;
use jiff::Timestamp;
use proto::{GitLabEvent, GitLabEventKind};
use runtime::{
    jetstream::{Encoded, PublishError, Published, Publisher, encode},
    secret::Secret,
};

pub use self::secrets::{NoKey, SigningKey};
use self::{metrics::Received, normalise::normalise, secrets::Verified};
use crate::{problem::Problem, state::Gateway};

/// The header that tells the kind of hook, and what it is about.
const EVENT: &str = "x-gitlab-event";
/// The header that stays the same when a delivery is repeated (GitLab 17.4).
const IDEMPOTENCY: &str = "idempotency-key";
/// The header that names the GitLab.
const INSTANCE: &str = "x-gitlab-instance";
/// Ids are UUIDs.
const LONGEST_ID: usize = 128;
/// Bodies from this size on are worked on beside the threads that answer everybody: compressing 25 MB takes a second.
const LARGE: usize = 256 << 10;

/// What a gateway takes of GitLab's webhooks.
#[derive(Debug, Clone)]
pub struct Config {
    /// The secret tokens that a hook may have: the one that counts, and while it is changed the one before.
    pub secrets: Vec<Secret>,
    /// The same of signing tokens. Where there is one, deliveries must be signed.
    pub signing_keys: Vec<SigningKey>,
    /// How far the time of a signed delivery may be from now, in both directions.
    pub replay_window: Duration,
    /// The largest body, in bytes.
    pub max_body_bytes: usize,
    /// How long after an event what it is about is looked at once more, each: GitLab's own table lags behind.
    pub look_again: Vec<Duration>,
}

impl Default for Config {
    /// Without a secret: nothing is taken.
    fn default() -> Self {
        Self {
            secrets: Vec::new(),
            signing_keys: Vec::new(),
            replay_window: Duration::from_secs(300),
            max_body_bytes: 25 << 20,
            look_again: [10, 120].map(Duration::from_secs).into(),
        }
    }
}

/// Takes a delivery of a webhook of GitLab: a system hook, a group's or a project's
///
/// The sender proves itself by the hook's secret token (X-Gitlab-Token), or by a signature where a signing token is set
/// (webhook-id, webhook-timestamp, webhook-signature). Any JSON object is taken, whatever it is about; a repetition of a
/// delivery (Idempotency-Key) is taken and dropped.
#[utoipa::path(
    post, path = "/webhooks/gitlab", operation_id = "receive_webhook", tag = "webhooks",
    request_body(content = ref("#/components/schemas/Payload"), description = "The payload as GitLab sends it"),
    params(
        ("X-Gitlab-Event" = Option<String>, Header, description = "The kind of hook, as GitLab names it"),
        ("Idempotency-Key" = Option<String>, Header, description = "The same for each repetition of a delivery"),
    ),
    security(("webhook_token" = []), ("webhook_signature" = [])),
    responses(
        (status = 202, description = "It is stored"),
        (status = 413, description = "The body is larger than webhooks.max_body_bytes"),
    ),
)]
pub(crate) async fn receive(
    State(gateway): State<Gateway>,
    verified: Verified,
    headers: HeaderMap,
    body: Bytes,
) -> Result<StatusCode, Problem> {
    let delivery = Delivery::of(verified, &headers, body, gateway.clock.now());
    // A part of the gateway's life, not of the connection's: GitLab hangs up after ten seconds, and repeats nothing.
    let publisher = gateway.jetstream.publisher.clone();
    let kept = gateway.life.see_through(async move { keep(&publisher, delivery).await }).await;
    let (kind, published) = kept.ok_or_else(Problem::internal)??;
    let received = if published.duplicate { Received::Duplicate } else { Received::Stored };
    gateway.hooks.received(kind, received);
    Ok(StatusCode::ACCEPTED)
}

/// A verified delivery.
#[derive(Debug)]
struct Delivery {
    id: String,
    header: Option<String>,
    body: Bytes,
    received_at: Timestamp,
    instance: Option<String>,
}

/// An event, ready to be published.
#[derive(Debug)]
struct Prepared {
    event: GitLabEvent,
    written: Encoded,
}

impl Delivery {
    fn of(verified: Verified, headers: &HeaderMap, body: Bytes, received_at: Timestamp) -> Self {
        let header = text(headers, EVENT);
        let id = verified.id.or_else(|| text(headers, IDEMPOTENCY)).filter(|id| is_id(id));
        let id = id.unwrap_or_else(|| fingerprint(header.as_deref().unwrap_or_default(), &body));
        Self { id, instance: text(headers, INSTANCE), header, body, received_at }
    }

    fn prepared(self) -> Result<Prepared, Problem> {
        let event = normalise(self)?;
        let written = encode(&event).map_err(|error| not_stored(&error.into()))?;
        Ok(Prepared { event, written })
    }
}

/// Stores the delivery as the event that it is.
async fn keep(publisher: &Publisher, delivery: Delivery) -> Result<(GitLabEventKind, Published), Problem> {
    let prepared = prepare(delivery).await?;
    let kind = prepared.event.kind;
    let published = store(publisher, prepared).await.map_err(|error| not_stored(&error))?;
    Ok((kind, published))
}

async fn prepare(delivery: Delivery) -> Result<Prepared, Problem> {
    if delivery.body.len() < LARGE {
        return delivery.prepared();
    }
    let prepared = tokio::task::spawn_blocking(|| delivery.prepared()).await;
    prepared.unwrap_or_else(|error| {
        tracing::error!(%error, "a webhook could not be prepared");
        Err(Problem::internal())
    })
}

/// Publishes the event; without the payload where no message can hold that, so that it is told all the same.
async fn store(publisher: &Publisher, prepared: Prepared) -> Result<Published, PublishError> {
    let Prepared { event, written } = prepared;
    let (subject, id) = (event.subject(), event.id.clone());
    match publisher.publish(subject.clone(), id.clone(), written, None).await {
        Err(PublishError::TooLarge { size, max }) => {
            tracing::warn!(
                gitlab.event.id = id,
                size,
                max,
                "the payload of an event is too large to be kept"
            );
            publisher.publish(subject, id, encode(&event.without_original())?, None).await
        }
        stored => stored,
    }
}

fn not_stored(error: &PublishError) -> Problem {
    tracing::error!(%error, "webhook not stored");
    Problem::unavailable("the event could not be stored", Duration::from_secs(10))
}

fn text(headers: &HeaderMap, name: &str) -> Option<String> {
    headers.get(name)?.to_str().ok().map(str::to_owned).filter(|text| !text.is_empty())
}

/// Whether it will do as the id of a message.
fn is_id(id: &str) -> bool {
    id.len() <= LONGEST_ID && id.bytes().all(|byte| byte.is_ascii_graphic())
}

/// The id of a delivery that has none: GitLab before 17.4 sends none.
fn fingerprint(header: &str, body: &[u8]) -> String {
    let mut hash = Context::new(&SHA256);
    hash.update(header.as_bytes());
    hash.update(b"\n");
    hash.update(body);
    HEXLOWER.encode(hash.finish().as_ref())
}
