//! Putting messages into streams, so that a 2xx answer can be given on it.
//!
//! A publish that was not confirmed is repeated under the same message id: while a server restarts it may say
//! "no such stream", or store the message and not say so. The dedupe window makes one message of the repeats.

use std::{error::Error, sync::Arc, time::Duration};

use async_nats::jetstream::{
    self, Context, ErrorCode,
    context::{PublishError as NatsError, PublishErrorKind},
    message::PublishMessage,
    publish::PublishAck,
};
use proto::{Event, subject};
use tokio::time::Instant;
use tracing::{Instrument, Span};

use super::encoding::{EncodeError, Encoded, encode};
use crate::trace;

/// How long an unconfirmed publish is repeated.
const PATIENCE: Duration = Duration::from_secs(15);
const PAUSE: Duration = Duration::from_millis(250);

/// Puts messages into streams. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Publisher {
    context: Arc<Context>,
}

/// A message that the server has stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Published {
    /// Its sequence number in the stream.
    pub sequence: u64,
    /// Whether the same id was stored before; `sequence` is that one's.
    pub duplicate: bool,
}

/// A message that was not stored.
#[derive(Debug, thiserror::Error)]
pub enum PublishError {
    /// The subject holds a message already, and may hold only one.
    #[error("the place on {0} is taken")]
    Taken(String),
    /// Larger than the server takes.
    #[error(
        "a message of {size} bytes and its headers are larger than nats-server's max_payload of {max}: raise max_payload"
    )]
    TooLarge {
        /// Its size in bytes, without the headers.
        size: usize,
        /// The server's limit in bytes.
        max: usize,
    },
    /// The server did not confirm it in time.
    #[error("nats-server did not store the message: {0}")]
    Unavailable(String),
    /// It cannot be written.
    #[error(transparent)]
    Encode(#[from] EncodeError),
}

impl Publisher {
    pub(super) const fn new(context: Arc<Context>) -> Self {
        Self { context }
    }

    /// Publishes to `subject` under the message id `id`. With `expect` the subject's last message must have that
    /// sequence, where 0 means that there is none.
    ///
    /// # Errors
    /// When the place is taken, the message is too large, or nothing confirmed it for 15 seconds.
    pub async fn publish(
        &self,
        subject: String,
        id: String,
        encoded: Encoded,
        expect: Option<u64>,
    ) -> Result<Published, PublishError> {
        let size = encoded.payload.len();
        let span = send_span(&subject, &id);
        let message = message(&span, id, encoded, expect);
        self.confirmed(subject, message, size).instrument(span).await
    }

    /// Puts an event into the audit stream under the message id `id`.
    ///
    /// # Errors
    /// When nothing confirmed it for 15 seconds.
    pub async fn tell(&self, event: &Event, id: String) -> Result<(), PublishError> {
        let subject = subject::event(event.kind(), event.project());
        self.publish(subject, id, encode(event)?, None).await.map(|_| ())
    }

    async fn confirmed(
        &self,
        subject: String,
        message: PublishMessage,
        size: usize,
    ) -> Result<Published, PublishError> {
        let deadline = Instant::now() + PATIENCE;
        loop {
            match self.once(&subject, message.clone()).await {
                Ok(ack) => return Ok(Published { sequence: ack.sequence, duplicate: ack.duplicate }),
                Err(error) if is_taken(&error) => return Err(PublishError::Taken(subject)),
                // The library counts the headers, too, and sends nothing then.
                Err(error) if error.kind() == PublishErrorKind::MaxPayloadExceeded => {
                    let max = self.context.client().max_payload();
                    return Err(PublishError::TooLarge { size, max });
                }
                Err(error) if Instant::now() >= deadline => {
                    return Err(PublishError::Unavailable(error.to_string()));
                }
                Err(error) => tracing::debug!(%error, "publish not confirmed yet"),
            }
            tokio::time::sleep(PAUSE).await;
        }
    }

    async fn once(&self, subject: &str, message: PublishMessage) -> Result<PublishAck, NatsError> {
        self.context.send_publish(subject.to_owned(), message).await?.await
    }
}

fn message(span: &Span, id: String, encoded: Encoded, expect: Option<u64>) -> PublishMessage {
    let mut headers = encoded.headers;
    trace::inject(span, &mut headers);
    let message = PublishMessage::build().headers(headers).message_id(id).payload(encoded.payload);
    match expect {
        Some(sequence) => message.expected_last_subject_sequence(sequence),
        None => message,
    }
}

/// A span by the OpenTelemetry messaging conventions: the template is low in cardinality, the full subject is not.
fn send_span(subject: &str, id: &str) -> Span {
    let template = subject.rsplit_once('.').map_or(subject, |(head, _)| head);
    tracing::info_span!(
        "send",
        otel.name = format!("send {template}"),
        otel.kind = "producer",
        messaging.system = "nats",
        messaging.operation.name = "send",
        messaging.operation.type = "send",
        messaging.destination.name = subject,
        messaging.destination.template = format!("{template}.{{project}}"),
        messaging.message.id = id,
    )
}

/// Whether the server refused because the subject holds a message. 10077 is the general "not stored"; only its text
/// tells this reason from a full stream.
fn is_taken(error: &NatsError) -> bool {
    if error.kind() == PublishErrorKind::WrongLastSequence {
        return true;
    }
    let server = error.source().and_then(|source| source.downcast_ref::<jetstream::Error>());
    server.is_some_and(|e| {
        e.error_code() == ErrorCode::STREAM_STORE_FAILED && e.to_string().contains("per subject")
    })
}
