//! How a stage takes messages from its queue: several workers, each with one message in hand.
//!
//! A stage answers each message with a [`Step`](super::Step) or a [`WorkError`](super::WorkError); [`super::settle`]
//! makes an ack, a message put back for later, or a dead letter of it. A worker that dies leaves its message to the
//! next delivery.

use std::{sync::Arc, time::Duration};

use async_nats::jetstream::{
    self,
    consumer::{PullConsumer, pull},
};
use futures::StreamExt;
use tokio::time::Instant;
use tracing::{Instrument, Span, field::Empty};

use super::{
    delivery::{Delivery, Facts, Held},
    encoding::decode,
    stage::{Retry, Stage},
};
use crate::{Runtime, trace};

/// Works on the stage's queue with `workers` messages in hand at a time, until the life ends.
pub async fn run<S: Stage>(stage: S, workers: usize, retry: Retry, runtime: Runtime) {
    let consumer = Arc::new(Consumer { stage, retry, runtime: runtime.clone() });
    for _ in 0..workers {
        let consumer = consumer.clone();
        runtime.lifecycle.spawn(async move { consumer.live().await });
    }
    runtime.lifecycle.stopping().await;
}

/// A stage at its queue.
pub(super) struct Consumer<S> {
    pub(super) stage: S,
    pub(super) retry: Retry,
    pub(super) runtime: Runtime,
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
                self.discard(&facts, payload, &error.to_string(), held).await;
                return "unreadable";
            }
        };
        let lease = held.lease.clone();
        let delivery = Delivery { message, sequence: facts.sequence, delivered: facts.delivered, lease };
        let task = S::task(&delivery.message);
        Span::current().record("messaging.message.conversation_id", task.id.to_string());
        let result = tokio::select! {
            biased;
            () = self.runtime.lifecycle.aborting() => {
                held.give_back().await;
                return "given_back";
            }
            () = held.keep() => None,
            result = self.attempt(&delivery, &task) => Some(result),
        };
        match result {
            Some(result) if self.is_still_ours(&facts, &held).await => {
                self.settle(&facts, payload, held, &task, result).await
            }
            _ => {
                held.leave();
                tracing::warn!(task.id = %task.id, "the message was lost while it was worked on");
                self.stage.lost(&delivery).await;
                "lost"
            }
        }
    }

    /// Whether nobody else has settled the message. The lease alone does not tell: a delivery may have lain unread in
    /// the socket of a process that was stopped, for longer than ack-wait, before its lease began.
    async fn is_still_ours(&self, facts: &Facts, held: &Held) -> bool {
        !self.runtime.jetstream.is_gone(S::STREAM, facts.sequence).await && held.lease.is_held()
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
