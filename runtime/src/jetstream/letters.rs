//! Looking at dead letters, and taking them out of their stream.

use async_nats::jetstream::{
    ErrorCode,
    message::StreamMessage,
    stream::{DeleteMessageErrorKind, RawMessageErrorKind},
};
use jiff::Timestamp;
use proto::{FanOut, GroupId, ProjectId, subject};

use super::{BindError, JetStream, encoding::decode, follow::unavailable};

/// A message that was given up, without what it says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeadLetter {
    /// Its number: the sequence in the stream of dead letters.
    pub number: u64,
    /// Who gave it up.
    pub stage: String,
    /// The GitLab project that it was about, where its subject named one.
    pub project: Option<ProjectId>,
    /// The GitLab group whose fan-out it was a step of, where it was one and its subject named the group.
    pub group: Option<GroupId>,
    /// The subject that it had.
    pub subject: String,
    /// Why it was given up.
    pub reason: String,
    /// How often it had been delivered.
    pub deliveries: u64,
    /// When it was given up.
    pub at: Timestamp,
    /// Its size in bytes, as it was sent.
    pub size: usize,
}

impl JetStream {
    /// The first `limit` dead letters after the number `after`, the oldest first.
    ///
    /// # Errors
    /// When the server does not answer.
    pub async fn dead_letters(&self, after: u64, limit: usize) -> Result<Vec<DeadLetter>, BindError> {
        let mut letters: Vec<DeadLetter> = Vec::new();
        while letters.len() < limit {
            let next = letters.last().map_or(after, |letter| letter.number).saturating_add(1);
            match self.dead.get_first_raw_message_by_subject(subject::ALL_DEAD, next).await {
                Ok(message) => letters.push(letter(&message)),
                Err(error) if error.kind() == RawMessageErrorKind::NoMessageFound => break,
                Err(error) => return Err(unavailable(&error)),
            }
        }
        Ok(letters)
    }

    /// One dead letter.
    ///
    /// # Errors
    /// When the server does not answer.
    pub async fn dead_letter(&self, number: u64) -> Result<Option<DeadLetter>, BindError> {
        match self.dead.get_raw_message(number).await {
            Ok(message) => Ok(Some(letter(&message))),
            Err(error) if error.kind() == RawMessageErrorKind::NoMessageFound => Ok(None),
            Err(error) => Err(unavailable(&error)),
        }
    }

    /// The step of a fan-out that a dead letter holds; nothing where it holds something else, or is gone.
    ///
    /// # Errors
    /// When the server does not answer.
    pub async fn dead_fan_out(&self, number: u64) -> Result<Option<FanOut>, BindError> {
        match self.dead.get_raw_message(number).await {
            Ok(message) => Ok(decode(Some(&message.headers), &message.payload).ok()),
            Err(error) if error.kind() == RawMessageErrorKind::NoMessageFound => Ok(None),
            Err(error) => Err(unavailable(&error)),
        }
    }

    /// Takes a dead letter out of its stream. One that is gone already is as good.
    ///
    /// # Errors
    /// When the server does not answer.
    pub async fn remove_dead_letter(&self, number: u64) -> Result<(), BindError> {
        let Err(error) = self.dead.delete_message(number).await else { return Ok(()) };
        match error.kind() {
            DeleteMessageErrorKind::JetStream(error) if is_gone(error.error_code()) => Ok(()),
            _ => Err(unavailable(&error)),
        }
    }
}

fn letter(message: &StreamMessage) -> DeadLetter {
    let header = |name| message.headers.get(name).map(|value| value.as_str().to_owned());
    let mut tail = message.subject.rsplit('.');
    let (about, stage) = (tail.next().and_then(|id| id.parse().ok()), tail.next().unwrap_or_default());
    let is_fan_out = stage == subject::RESOLVER_FAN_OUT;
    DeadLetter {
        number: message.sequence,
        stage: stage.to_owned(),
        project: about.filter(|_| !is_fan_out).map(ProjectId),
        group: about.filter(|_| is_fan_out).map(GroupId),
        subject: header(subject::DEAD_SUBJECT).unwrap_or_default(),
        reason: header(subject::DEAD_REASON).unwrap_or_default(),
        deliveries: header(subject::DEAD_DELIVERIES).and_then(|text| text.parse().ok()).unwrap_or_default(),
        at: Timestamp::from_nanosecond(message.time.unix_timestamp_nanos()).unwrap_or(Timestamp::UNIX_EPOCH),
        size: message.payload.len(),
    }
}

/// What the server says of a sequence that holds no message (any more): 10057 in general, 10043 of one that never was.
fn is_gone(code: ErrorCode) -> bool {
    code == ErrorCode::STREAM_MESSAGE_DELETE_FAILED || code == ErrorCode::SEQUENCE_NOT_FOUND
}
