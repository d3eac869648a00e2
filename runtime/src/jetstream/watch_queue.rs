//! How full the queues of stages are: for the metrics, and for whoever asks.

use std::time::Duration;

use async_nats::jetstream::{
    Context,
    consumer::{self, PullConsumer},
    stream,
};
use jiff::{SignedDuration, Timestamp};
use proto::subject;

use super::{BindError, JetStream, Stage};
use crate::Runtime;

/// How often the server is asked.
const PERIOD: Duration = Duration::from_secs(5);

/// The queues that stages work on, with their streams.
pub(crate) const QUEUES: [(&str, &str); 6] = [
    (subject::RESOLVER, subject::TASKS),
    (subject::RESOLVER_FAN_OUT, subject::FAN_OUTS),
    (subject::APPLIER, subject::PLANS),
    (subject::GATEWAY_HOOKS, subject::GITLAB),
    (subject::RESOLVER_DIRECTORY, subject::GITLAB),
    (subject::NOTIFIER, subject::EVENTS),
];

/// How full the queue of a stage is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QueueState {
    /// The stage.
    pub stage: &'static str,
    /// Messages that wait.
    pub waiting: u64,
    /// Messages in hand, or put back for later.
    pub in_hand: u64,
    /// How old the oldest is; zero when there is none, and where the stream keeps what was worked on.
    pub oldest: Duration,
}

/// Whether nobody is to work on the queue: issues for people are off where no notifier has ever run.
pub(crate) fn is_off(stage: &str, queue: &consumer::Info) -> bool {
    stage == subject::NOTIFIER && queue.delivered.consumer_sequence == 0 && queue.num_waiting == 0
}

/// How old the oldest message is of which somebody has still to do something; none where there is none, or where the stream
/// keeps what was worked on, so that its oldest message says nothing.
pub(crate) fn age_of_oldest(info: &stream::Info, now: Timestamp) -> Option<SignedDuration> {
    let works_off = info.config.retention == stream::RetentionPolicy::WorkQueue && info.state.messages > 0;
    let published = Timestamp::from_nanosecond(info.state.first_timestamp.unix_timestamp_nanos()).ok();
    Some(now.duration_since(published.filter(|_| works_off)?))
}

/// Keeps the queue's figures up to date until the life ends.
pub async fn watch_queue<S: Stage>(runtime: Runtime) {
    loop {
        match look(runtime.jetstream.context(), S::NAME, S::STREAM, runtime.clock.now()).await {
            Ok((QueueState { stage, waiting, in_hand, oldest }, _)) => {
                runtime.metrics.set_queue(stage, waiting, in_hand, oldest);
            }
            Err(error) => {
                tracing::debug!(stage = S::NAME, %error, "the queue's figures are out of date");
            }
        }
        tokio::select! {
            () = runtime.lifecycle.stopping() => return,
            () = tokio::time::sleep(PERIOD) => {}
        }
    }
}

impl JetStream {
    /// How full the queues are that stages work on.
    ///
    /// # Errors
    /// When the server does not answer.
    pub async fn queues(&self, now: Timestamp) -> Result<Vec<QueueState>, BindError> {
        let mut found = Vec::new();
        for (stage, stream) in QUEUES {
            let state = look(&self.context, stage, stream, now).await;
            let (state, info) =
                state.map_err(|error| BindError::Unavailable(format!("{stream}: {error}")))?;
            if !is_off(stage, &info) {
                found.push(state);
            }
        }
        Ok(found)
    }

    /// How many messages were given up and are kept.
    ///
    /// # Errors
    /// When the server does not answer.
    pub async fn count_dead_letters(&self) -> Result<u64, BindError> {
        let info = self.dead.get_info().await.map_err(|error| BindError::Unavailable(error.to_string()))?;
        Ok(info.state.messages)
    }
}

async fn look(
    context: &Context,
    stage: &'static str,
    stream: &str,
    now: Timestamp,
) -> Result<(QueueState, consumer::Info), Box<dyn std::error::Error + Send + Sync>> {
    let mut consumer: PullConsumer = context.get_consumer_from_stream(stage, stream).await?;
    let age = age_of_oldest(context.get_stream(stream).await?.cached_info(), now).unwrap_or_default();
    let info = consumer.info().await?.clone();
    let in_hand = u64::try_from(info.num_ack_pending).unwrap_or_default();
    let oldest = Duration::try_from(age).unwrap_or_default();
    Ok((QueueState { stage, waiting: info.num_pending, in_hand, oldest }, info))
}
