//! Following the audit: everything from a sequence on, in order, for as long as somebody
//! looks. A follower takes nothing out of a stream and leaves nothing behind on the server.

use std::time::Duration;

use async_nats::jetstream::{
    consumer::{DeliverPolicy, pull::OrderedConfig},
    stream::Stream as NatsStream,
};
use futures::{Stream, StreamExt};
use proto::{Event, ProjectId, subject};
use tokio::time::timeout;

use super::{BindError, JetStream, encoding::decode};

/// How long the next event of those that are there may take.
const NEXT_EVENT: Duration = Duration::from_secs(15);

/// Something that was followed, with its sequence in its stream.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Followed<T> {
    /// The sequence.
    pub sequence: u64,
    /// What lies there.
    pub item: T,
}

/// What a stream holds, by sequence.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Kept {
    /// The oldest that is still there.
    pub first: u64,
    /// The newest that ever was.
    pub last: u64,
    /// How many there are.
    pub messages: u64,
}

impl JetStream {
    /// What the audit holds.
    ///
    /// # Errors
    /// When the server does not answer.
    pub async fn kept_events(&self) -> Result<Kept, BindError> {
        kept(&self.events).await
    }

    /// The audit's events of these kinds about one project that are there now, the oldest first.
    ///
    /// # Errors
    /// When the server does not answer.
    pub async fn events_of(&self, kinds: &[&str], project: ProjectId) -> Result<Vec<Event>, BindError> {
        let subjects = kinds.iter().map(|kind| subject::event(kind, Some(project)));
        let config = OrderedConfig { filter_subjects: subjects.collect(), ..Default::default() };
        let consumer = self.events.create_consumer(config).await.map_err(|error| unavailable(&error))?;
        let mut events = Vec::new();
        if consumer.cached_info().num_pending == 0 {
            return Ok(events);
        }
        let mut messages = consumer.messages().await.map_err(|error| unavailable(&error))?;
        loop {
            let next =
                timeout(NEXT_EVENT, messages.next()).await.map_err(|_| unavailable(&"no event came"))?;
            let message = next.transpose().map_err(|error| unavailable(&error))?;
            let Some(message) = message else { return Ok(events) };
            events.extend(event(&message).map(|followed| followed.item));
            // What expires meanwhile is counted out by the server.
            if message.info().map_err(|error| unavailable(&error))?.pending == 0 {
                return Ok(events);
            }
        }
    }

    /// The audit's events of these kinds, about one project or about all, from the sequence `from` on. Ends with an
    /// error when the server is lost.
    ///
    /// # Errors
    /// When the server does not answer.
    pub async fn follow_events(
        &self,
        kinds: &[&str],
        project: Option<ProjectId>,
        from: u64,
    ) -> Result<impl Stream<Item = Result<Followed<Event>, BindError>> + Send + use<>, BindError> {
        let subjects = kinds.iter().map(|kind| match project {
            Some(_) => subject::event(kind, project),
            None => subject::events(kind),
        });
        let config = OrderedConfig {
            filter_subjects: subjects.collect(),
            deliver_policy: DeliverPolicy::ByStartSequence { start_sequence: from },
            ..Default::default()
        };
        let consumer = self.events.create_consumer(config).await.map_err(|error| unavailable(&error))?;
        let messages = consumer.messages().await.map_err(|error| unavailable(&error))?;
        Ok(messages.filter_map(async |message| match message {
            Ok(message) => event(&message).map(Ok),
            Err(error) => Some(Err(unavailable(&error))),
        }))
    }
}

pub(super) async fn kept(stream: &NatsStream) -> Result<Kept, BindError> {
    let info = stream.get_info().await.map_err(|error| unavailable(&error))?;
    let state = info.state;
    Ok(Kept { first: state.first_sequence, last: state.last_sequence, messages: state.messages })
}

fn event(message: &async_nats::jetstream::Message) -> Option<Followed<Event>> {
    let sequence = message.info().ok()?.stream_sequence;
    match decode(message.headers.as_ref(), &message.payload) {
        Ok(item) => Some(Followed { sequence, item }),
        Err(error) => {
            tracing::warn!(sequence, %error, "an event cannot be read; passed over");
            None
        }
    }
}

pub(super) fn unavailable(error: &dyn std::fmt::Display) -> BindError {
    BindError::Unavailable(error.to_string())
}
