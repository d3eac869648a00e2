//! How a stage takes messages from its queue: several workers, each with one message in hand.
//!
//! A stage answers each message with a [`Step`](super::Step) or a [`WorkError`](super::WorkError); [`super::settle`]
//! makes an ack, a message put back for later, or a dead letter of it. A worker that dies leaves its message to the
//! next delivery.

use std::{sync::Arc, time::Duration};

use async_nats::jetstream::{self, consumer::PullConsumer};
use futures::StreamExt;
use tokio::time::Instant;
use tracing::{Instrument, Span, field::Empty};

use super::{
    delivery::{Delivery, Facts, Held},
    encoding::decode,
    stage::{Retry, Stage},
    topology,
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

/// How long the server is asked to wait for a message; a restarted one has forgotten the question.
const PULL: Duration = Duration::from_secs(5);

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

    /// Takes one message after the other, until the queue is out of reach: ack-wait runs from the delivery on, so a
    /// message must not wait here while another is worked on. The library's endless stream asks for the next one on
    /// its own, unasked; a pull of one message does not.
    async fn pull(&self, consumer: &PullConsumer) {
        let ack_wait = consumer.cached_info().config.ack_wait;
        loop {
            tokio::select! {
                biased;
                () = self.runtime.lifecycle.stopping() => return,
                () = self.stage.admit() => {}
            }
            match self.next(consumer).await {
                Ok(Some(message)) => self.take(message, ack_wait).await,
                Ok(None) => {}
                Err(error) => return tracing::warn!(stage = S::NAME, %error, "queue not reached"),
            }
        }
    }

    /// The next message, or nothing when none came for [`PULL`].
    async fn next(&self, consumer: &PullConsumer) -> Result<Option<jetstream::Message>, async_nats::Error> {
        let mut pulled = consumer.batch().max_messages(1).expires(PULL).messages().await?;
        tokio::select! {
            biased;
            () = self.runtime.lifecycle.stopping() => Ok(None),
            message = pulled.next() => message.transpose(),
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
        let position = self.runtime.jetstream.position(facts.sequence);
        let Facts { stored_at, delivered, .. } = facts;
        let delivery = Delivery { message, position, stored_at, delivered, lease };
        let task = S::task(&delivery.message);
        if let Some(task) = &task {
            Span::current().record("messaging.message.conversation_id", task.id.to_string());
        }
        let result = tokio::select! {
            biased;
            () = self.runtime.lifecycle.aborting() => {
                held.give_back().await;
                return "given_back";
            }
            () = held.keep() => None,
            result = self.attempt(&delivery, task.as_ref()) => Some(result),
        };
        match result {
            Some(result) if self.is_still_ours(&facts, &held).await => {
                self.settle(&facts, payload, held, task.as_ref(), result).await
            }
            _ => {
                held.leave();
                let id = task.map(|task| task.id.to_string());
                tracing::warn!(task.id = id, "the message was lost while it was worked on");
                self.stage.lost(&delivery).await;
                "lost"
            }
        }
    }

    /// Whether nobody else has settled the message. The lease alone does not tell: a delivery may have lain unread in
    /// the socket of a process that was stopped, for longer than ack-wait, before its lease began. Only a work queue tells
    /// more: from another stream no message goes when it is settled.
    async fn is_still_ours(&self, facts: &Facts, held: &Held) -> bool {
        let is_settled = topology::is_work_queue(S::STREAM)
            && self.runtime.jetstream.is_gone(S::STREAM, facts.sequence).await;
        !is_settled && held.lease.is_held()
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
