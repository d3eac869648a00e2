//! Looking at dead letters, and taking them out of their stream.

use async_nats::jetstream::{
    ErrorCode,
    message::StreamMessage,
    stream::{DeleteMessageErrorKind, RawMessageErrorKind},
};
use jiff::Timestamp;
use proto::{GroupId, Message, ProjectId, subject};

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
    /// The GitLab group whose fan-out it was a step of, or of which it told, where its subject named the group.
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

    /// The message that a dead letter holds; nothing where it holds something else, or is gone.
    ///
    /// # Errors
    /// When the server does not answer.
    pub async fn dead_message<T: Message>(&self, number: u64) -> Result<Option<T>, BindError> {
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

/// What a message was about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum About {
    Project,
    Group,
    Other,
}

impl About {
    /// By the stage, and by the subject that the message had: that of an event of GitLab says which of all it was.
    fn of(stage: &str, subject: &str) -> Self {
        let scope = subject.rsplit('.').nth(1).unwrap_or_default();
        match (stage, scope) {
            (subject::RESOLVER_FAN_OUT, "user") => Self::Other,
            (subject::RESOLVER_FAN_OUT, _) => Self::Group,
            (subject::GATEWAY_HOOKS | subject::RESOLVER_DIRECTORY, "project") => Self::Project,
            (subject::GATEWAY_HOOKS | subject::RESOLVER_DIRECTORY, "group") => Self::Group,
            (subject::GATEWAY_HOOKS | subject::RESOLVER_DIRECTORY, _) => Self::Other,
            _ => Self::Project,
        }
    }
}

fn letter(message: &StreamMessage) -> DeadLetter {
    let header = |name| message.headers.get(name).map(|value| value.as_str().to_owned());
    let mut tail = message.subject.rsplit('.');
    let (id, stage) = (tail.next().and_then(|id| id.parse().ok()), tail.next().unwrap_or_default());
    let about = About::of(stage, &header(subject::DEAD_SUBJECT).unwrap_or_default());
    DeadLetter {
        number: message.sequence,
        stage: stage.to_owned(),
        project: id.filter(|_| about == About::Project).map(ProjectId),
        group: id.filter(|_| about == About::Group).map(GroupId),
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_id_of_a_group_or_a_person_is_never_taken_for_that_of_a_project() {
        for (stage, subject, about) in [
            ("resolver", "guassp.tasks.7", About::Project),
            ("resolver-fanout", "guassp.fanout.7", About::Group),
            ("resolver-fanout", "guassp.fanout.user.7", About::Other),
            ("gateway-hooks", "guassp.gitlab.project_member.project.7", About::Project),
            ("gateway-hooks", "guassp.gitlab.group_member.group.7", About::Group),
            ("gateway-hooks", "guassp.gitlab.user.user.7", About::Other),
            ("resolver-directory", "guassp.gitlab.key.instance.0", About::Other),
            ("resolver-directory", "", About::Other),
        ] {
            assert_eq!(About::of(stage, subject), about, "{stage} {subject}");
        }
    }
}
