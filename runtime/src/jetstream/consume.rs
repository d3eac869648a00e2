//! How a stage works on its queue: several workers, each with one message in hand.
//!
//! A stage answers each message with a [`Step`] or a [`WorkError`]; here that becomes an ack, a message put back for
//! later, or a dead letter. Nothing is dropped: what cannot be read is dead-lettered, and a worker that dies leaves
//! its message to the next delivery.

use std::{fmt, future::Future, sync::Arc, time::Duration};

use async_nats::jetstream::{self, consumer::PullConsumer, consumer::pull};
use futures::StreamExt;
use proto::{Outcome, TaskRecord, Verdict};
use serde::{Deserialize, Serialize};
use tokio::time::Instant;
use tracing::{Instrument, Span, field::Empty};

use super::{
    dead_letter,
    delivery::{Delivery, Facts, Held},
    encoding::decode,
    records::TaskRef,
};
use crate::{Runtime, trace};

/// One of the two stages that work on messages.
pub trait Stage: Send + Sync + 'static {
    /// The name of the stage and of its consumer.
    const NAME: &'static str;
    /// The stream that the consumer reads.
    const STREAM: &'static str;
    /// What is worked on.
    type Message: proto::Message + fmt::Debug + Send + Sync;

    /// The task that a message is about.
    fn task(message: &Self::Message) -> TaskRef;

    /// Works on a message. It may be dropped at any await point, and the same message may come again.
    fn work(
        &self,
        delivery: &Delivery<Self::Message>,
    ) -> impl Future<Output = Result<Step, WorkError>> + Send;

    /// How many deliveries of this stage's message only waited; they are no attempts.
    fn waits(record: &TaskRecord) -> u64;

    /// The message was lost while it was worked on: another may have worked on it, and on a newer one, meanwhile.
    fn lost(&self, delivery: &Delivery<Self::Message>) -> impl Future<Output = ()> + Send;
}

/// What a stage answers.
#[derive(Debug)]
pub enum Step {
    /// The message is done with.
    Done(Worked),
    /// It is not its turn: come back later, without counting an attempt.
    Wait {
        /// When.
        after: Duration,
        /// For whom it waits.
        reason: String,
    },
}

/// What was done, for the metrics.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Worked {
    /// The stage did its part.
    Completed,
    /// There was nothing to do any more.
    Superseded,
}

/// Why an attempt failed.
#[derive(Debug)]
pub struct WorkError {
    /// For people; it stands in the task's record.
    pub reason: String,
    /// The upstream asks not to come back earlier.
    pub retry_after: Option<Duration>,
    /// Whether another attempt can help.
    pub permanent: bool,
}

impl WorkError {
    /// A failure that another attempt may mend.
    pub fn transient(reason: impl fmt::Display) -> Self {
        Self { reason: reason.to_string(), retry_after: None, permanent: false }
    }

    /// A failure that no attempt will mend.
    pub fn permanent(reason: impl fmt::Display) -> Self {
        Self { permanent: true, ..Self::transient(reason) }
    }
}

/// How often, and how patiently, an attempt is repeated.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Retry {
    /// Attempts in all before a message is given up.
    pub attempts: u64,
    /// The pause after the first failed attempt; it triples with each further one.
    #[serde(with = "crate::config::duration")]
    pub first_pause: Duration,
    /// The longest pause, unless the upstream itself asks for a longer one.
    #[serde(with = "crate::config::duration")]
    pub longest_pause: Duration,
}

impl Retry {
    fn pause(&self, attempt: u64, asked: Option<Duration>) -> Duration {
        let exponent = u32::try_from(attempt.saturating_sub(1)).unwrap_or(u32::MAX);
        let factor = 3_u32.saturating_pow(exponent);
        self.first_pause.saturating_mul(factor).min(self.longest_pause).max(asked.unwrap_or_default())
    }
}

/// Works on the stage's queue with `workers` messages in hand at a time, until the life ends.
pub async fn run<S: Stage>(stage: S, workers: usize, retry: Retry, runtime: Runtime) {
    let consumer = Arc::new(Consumer { stage, retry, runtime: runtime.clone() });
    for _ in 0..workers {
        let consumer = consumer.clone();
        runtime.lifecycle.spawn(async move { consumer.live().await });
    }
    runtime.lifecycle.stopping().await;
}

struct Consumer<S> {
    stage: S,
    retry: Retry,
    runtime: Runtime,
}

impl<S: Stage> Consumer<S> {
    /// Binds and works; binds again when the consumer went away.
    async fn live(&self) {
        let latch = self.runtime.readiness.latch(S::NAME);
        while !self.runtime.lifecycle.is_stopping() {
            match self.bind().await {
                Ok(consumer) => {
                    latch.set(true);
                    self.pull(&consumer).await;
                }
                Err(error) => tracing::warn!(stage = S::NAME, %error, "queue not reached; trying again"),
            }
            latch.set(false);
            tokio::select! {
                () = self.runtime.lifecycle.stopping() => {}
                () = tokio::time::sleep(Duration::from_secs(1)) => {}
            }
        }
    }

    async fn bind(&self) -> Result<PullConsumer, Box<dyn std::error::Error + Send + Sync>> {
        let jetstream = &self.runtime.jetstream;
        // A stream that was recreated has a new life, in which sequences start over.
        jetstream.refresh_incarnation().await?;
        Ok(jetstream.context().get_consumer_from_stream(S::NAME, S::STREAM).await?)
    }

    /// Takes one message after the other. Never more than one in hand: ack-wait runs from the delivery on.
    async fn pull(&self, consumer: &PullConsumer) {
        let ack_wait = consumer.cached_info().config.ack_wait;
        let messages = consumer.stream().max_messages_per_batch(1).expires(Duration::from_secs(30));
        let mut messages = match messages.messages().await {
            Ok(messages) => messages,
            Err(error) => return tracing::warn!(stage = S::NAME, %error, "queue not reached"),
        };
        while let Some(message) = self.next(&mut messages).await {
            match message {
                Ok(message) => self.take(message, ack_wait).await,
                // A changed leader, a missed heartbeat: the stream goes on by itself.
                Err(error) => tracing::debug!(stage = S::NAME, %error, "no message"),
            }
        }
    }

    async fn next(
        &self,
        messages: &mut pull::Stream,
    ) -> Option<Result<jetstream::Message, pull::MessagesError>> {
        tokio::select! {
            biased;
            () = self.runtime.lifecycle.stopping() => None,
            message = messages.next() => message,
        }
    }

    async fn take(&self, message: jetstream::Message, ack_wait: Duration) {
        let Some(facts) = Facts::of(&message) else { return };
        let (message, held) = Held::new(message, ack_wait);
        if facts.delivered > 1 {
            self.runtime.metrics.count_redelivery(S::NAME);
        }
        let span = process_span::<S>(&facts);
        trace::adopt(&span, facts.headers.as_ref());
        let started = Instant::now();
        let result = self.answer(facts, message.payload, held).instrument(span).await;
        self.runtime.metrics.observe_stage(S::NAME, result, started.elapsed());
    }

    /// Reads the message, works on it, and settles it. Returns a word for the metrics.
    async fn answer(&self, facts: Facts, payload: bytes::Bytes, held: Held) -> &'static str {
        let message = match decode::<S::Message>(facts.headers.as_ref(), &payload) {
            Ok(message) => message,
            Err(error) => {
                self.bury(&facts, payload, &error.to_string(), held).await;
                return "unreadable";
            }
        };
        let lease = held.lease.clone();
        let delivery = Delivery { message, sequence: facts.sequence, delivered: facts.delivered, lease };
        let task = S::task(&delivery.message);
        Span::current().record("messaging.message.conversation_id", task.id.to_string());
        let result = tokio::select! {
            biased;
            () = self.runtime.lifecycle.aborting() => return "given_back",
            () = held.keep() => None,
            result = self.attempt(&delivery, &task) => Some(result),
        };
        match result {
            Some(result) if held.lease.is_held() => self.settle(&facts, payload, held, &task, result).await,
            _ => {
                held.leave();
                tracing::warn!(task.id = %task.id, "the message was lost while it was worked on");
                self.stage.lost(&delivery).await;
                "lost"
            }
        }
    }

    /// One attempt, unless all of them are used up: by crashes, as failed ones are given up at once.
    async fn attempt(&self, delivery: &Delivery<S::Message>, task: &TaskRef) -> Attempt {
        let number = match self.number(delivery, task).await {
            Ok(number) => number,
            Err(error) => return Attempt { number: 1, result: Err(error) },
        };
        let result = if number > self.retry.attempts {
            let reason =
                format!("{} attempts ended without a word: does the process crash?", self.retry.attempts);
            Err(WorkError::permanent(reason))
        } else {
            self.stage.work(delivery).await
        };
        Attempt { number, result }
    }

    async fn number(&self, delivery: &Delivery<S::Message>, task: &TaskRef) -> Result<u64, WorkError> {
        if delivery.delivered == 1 {
            return Ok(1);
        }
        let record = self.runtime.jetstream.records.get(task.id).await.map_err(WorkError::transient)?;
        Ok(delivery.delivered.saturating_sub(record.as_ref().map_or(0, S::waits)).max(1))
    }

    async fn settle(
        &self,
        facts: &Facts,
        payload: bytes::Bytes,
        held: Held,
        task: &TaskRef,
        attempt: Attempt,
    ) -> &'static str {
        match attempt.result {
            Ok(Step::Done(worked)) => {
                held.done().await;
                if worked == Worked::Completed { "done" } else { "superseded" }
            }
            Ok(Step::Wait { after, reason }) => {
                log(self.runtime.jetstream.records.waiting(task, &reason).await);
                held.put_back(after).await;
                "waiting"
            }
            Err(error) if error.permanent || attempt.number >= self.retry.attempts => {
                self.give_up(facts, payload, held, task, &error.reason).await
            }
            Err(error) => {
                let pause = self.retry.pause(attempt.number, error.retry_after);
                tracing::warn!(task.id = %task.id, gitlab.project.id = %task.project, attempt = attempt.number,
                    pause_ms = pause.as_millis(), reason = error.reason, "attempt failed");
                log(self.runtime.jetstream.records.deferred(task, &error.reason).await);
                held.put_back(pause).await;
                "retry"
            }
        }
    }

    /// First the dead letter, then the end of the task, then the message goes: a crash between them repeats them.
    async fn give_up(
        &self,
        facts: &Facts,
        payload: bytes::Bytes,
        held: Held,
        task: &TaskRef,
        reason: &str,
    ) -> &'static str {
        let outcome = Outcome::bare(Verdict::Failed, Some(reason.to_owned()));
        if let Err(error) = self.runtime.jetstream.records.end(task, outcome).await {
            tracing::error!(task.id = %task.id, %error, "the end of the task could not be written down; again later");
            held.put_back(self.retry.longest_pause).await;
            return "retry";
        }
        self.bury(facts, payload, reason, held).await;
        "failed"
    }

    async fn bury(&self, facts: &Facts, payload: bytes::Bytes, reason: &str, held: Held) {
        let publisher = &self.runtime.jetstream.publisher;
        match dead_letter::bury(publisher, S::NAME, facts, payload, reason).await {
            Ok(()) => {
                tracing::error!(
                    stage = S::NAME,
                    messaging.message.subject = facts.subject,
                    reason,
                    "dead letter"
                );
                self.runtime.metrics.count_dead_letter(S::NAME);
                held.terminate().await;
            }
            Err(error) => {
                tracing::error!(stage = S::NAME, %error, "a message could not be dead-lettered; again later");
                held.put_back(self.retry.longest_pause).await;
            }
        }
    }
}

struct Attempt {
    number: u64,
    result: Result<Step, WorkError>,
}

fn log<T>(result: Result<T, super::KvError>) {
    if let Err(error) = result {
        tracing::warn!(%error, "the task's record could not be changed");
    }
}

fn process_span<S: Stage>(facts: &Facts) -> Span {
    let template = facts.subject.rsplit_once('.').map_or(facts.subject.as_str(), |(head, _)| head);
    tracing::info_span!(
        "process",
        otel.name = format!("process {template}"),
        otel.kind = "consumer",
        messaging.system = "nats",
        messaging.operation.name = "process",
        messaging.operation.type = "process",
        messaging.destination.name = facts.subject,
        messaging.destination.template = format!("{template}.{{project}}"),
        messaging.consumer.group.name = S::NAME,
        messaging.message.conversation_id = Empty,
        messaging.nats.sequence = facts.sequence,
        messaging.nats.delivered = facts.delivered,
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_triple_up_to_the_longest_and_respect_what_the_upstream_asks() {
        let retry = Retry {
            attempts: 8,
            first_pause: Duration::from_secs(2),
            longest_pause: Duration::from_secs(60),
        };
        let pauses: Vec<u64> = (1..=6).map(|attempt| retry.pause(attempt, None).as_secs()).collect();
        assert_eq!(pauses, [2, 6, 18, 54, 60, 60]);
        assert_eq!(retry.pause(1, Some(Duration::from_secs(90))).as_secs(), 90);
        assert_eq!(retry.pause(u64::MAX, None).as_secs(), 60);
    }
}
