//! What becomes of a message once it was worked on: it leaves the queue, comes back later, or is given up.
//!
//! **Invariant:** a message is dropped only when its work is done or its dead letter is stored.

use std::panic::AssertUnwindSafe;

use bytes::Bytes;
use futures::FutureExt;
use proto::{Outcome, Verdict};

use crate::cause::because;

use super::{
    KvError,
    consume::Consumer,
    dead_letter,
    delivery::{Delivery, Facts, Held},
    publish::PublishError,
    records::{EndError, TaskRef},
    stage::{Stage, Step, WorkError, Worked},
};

/// What came of one attempt.
pub(super) struct Attempt {
    number: u64,
    result: Result<Step, WorkError>,
}

impl<S: Stage> Consumer<S> {
    /// One attempt, unless all of them are used up: by crashes, as failed ones are given up at once.
    pub(super) async fn attempt(&self, delivery: &Delivery<S::Message>, task: Option<&TaskRef>) -> Attempt {
        let number = self.number(delivery, task).await;
        let result = if number > self.retry.attempts {
            let reason =
                format!("{} attempts ended without a word: does the process crash?", self.retry.attempts);
            Err(WorkError::permanent(reason))
        } else {
            let work = because(S::cause(&delivery.message), self.stage.work(delivery));
            let work = AssertUnwindSafe(work).catch_unwind();
            work.await
                .unwrap_or_else(|_| Err(WorkError::transient("the stage panicked; its log tells where")))
        };
        Attempt { number, result }
    }

    /// Which attempt this is. Deliveries that only waited do not count; they are counted in the record, for as long as
    /// it is kept. Without an answer from the bucket this attempt fails anyway, and counts little.
    async fn number(&self, delivery: &Delivery<S::Message>, task: Option<&TaskRef>) -> u64 {
        let Some(task) = task.filter(|_| delivery.delivered > 1) else { return delivery.delivered };
        match self.runtime.jetstream.records.get(task.id).await {
            Ok(record) => delivery.delivered.saturating_sub(record.as_ref().map_or(0, S::waits)).max(1),
            Err(_) => 1,
        }
    }

    pub(super) async fn settle(
        &self,
        facts: &Facts,
        payload: Bytes,
        held: Held,
        task: Option<&TaskRef>,
        attempt: Attempt,
    ) -> &'static str {
        match attempt.result {
            Ok(Step::Done(worked)) => {
                held.done().await;
                if worked == Worked::Completed { "done" } else { "superseded" }
            }
            Ok(Step::Wait { after, reason }) => {
                if let Some(task) = task {
                    log(self.runtime.jetstream.records.waiting(task, S::NAME, &reason).await);
                }
                held.put_back(after).await;
                "waiting"
            }
            Err(error) if error.permanent || attempt.number >= self.retry.attempts => {
                self.give_up(facts, payload, held, task, &error.reason).await
            }
            Err(error) => {
                let pause = self.retry.pause(attempt.number, error.retry_after);
                tracing::warn!(
                    task.id = task.map(|task| display(task.id)),
                    gitlab.project.id = task.map(|task| task.project.0),
                    messaging.destination.name = facts.subject,
                    attempt = attempt.number,
                    pause_ms = pause.as_millis(),
                    reason = error.reason,
                    "attempt failed"
                );
                if let Some(task) = task {
                    log(self.runtime.jetstream.records.deferred(task, &error.reason).await);
                }
                held.put_back(pause).await;
                "retry"
            }
        }
    }

    /// First the dead letter, then the end of the task, then the message goes: a crash between them repeats them.
    async fn give_up(
        &self,
        facts: &Facts,
        payload: Bytes,
        held: Held,
        task: Option<&TaskRef>,
        reason: &str,
    ) -> &'static str {
        let outcome = Outcome::bare(Verdict::Failed, Some(reason.to_owned()));
        let written_down = match (self.bury(facts, payload, reason).await, task) {
            (Ok(()), Some(task)) => self.runtime.jetstream.records.end(task, outcome).await,
            (buried, _) => buried.map_err(EndError::from),
        };
        self.let_go(held, written_down).await;
        "failed"
    }

    /// Gives up a message that cannot be read, and of which no task is known.
    pub(super) async fn discard(&self, facts: &Facts, payload: Bytes, reason: &str, held: Held) {
        let buried = self.bury(facts, payload, reason).await;
        self.let_go(held, buried.map_err(EndError::from)).await;
    }

    async fn bury(&self, facts: &Facts, payload: Bytes, reason: &str) -> Result<(), PublishError> {
        dead_letter::bury(&self.runtime.jetstream.publisher, S::NAME, facts, payload, reason).await?;
        tracing::error!(stage = S::NAME, messaging.destination.name = facts.subject, reason, "dead letter");
        self.runtime.metrics.count_dead_letter(S::NAME);
        Ok(())
    }

    /// The message goes when everything about its end is stored, and comes back otherwise.
    async fn let_go(&self, held: Held, written_down: Result<(), EndError>) {
        match written_down {
            Ok(()) => held.terminate().await,
            Err(error) => {
                tracing::error!(stage = S::NAME, %error, "the end of a message is not stored; again later");
                held.put_back(self.retry.longest_pause).await;
            }
        }
    }
}

fn log<T>(result: Result<T, KvError>) {
    if let Err(error) = result {
        tracing::warn!(%error, "the task's record could not be changed");
    }
}
