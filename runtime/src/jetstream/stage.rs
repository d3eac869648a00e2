//! What a stage is: how it works on a message, and what it may answer.

use std::{fmt, future::Future, time::Duration};

use proto::TaskRecord;
use serde::{Deserialize, Serialize};

use super::{delivery::Delivery, records::TaskRef};

/// The longest pause that an upstream is granted: a proxy's page for maintenance may ask for a day.
const LONGEST_ASKED: Duration = Duration::from_secs(900);

/// One of the stages that work on messages.
pub trait Stage: Send + Sync + 'static {
    /// The name of the stage and of its consumer.
    const NAME: &'static str;
    /// The stream that the consumer reads.
    const STREAM: &'static str;
    /// What is worked on.
    type Message: proto::Message + fmt::Debug + Send + Sync;

    /// The task that a message is about. Where it is about none no record is touched, and every delivery is an attempt.
    fn task(message: &Self::Message) -> Option<TaskRef>;

    /// What calls to other systems that this work makes are told to be for.
    fn cause(message: &Self::Message) -> String {
        Self::task(message).map_or_else(|| Self::NAME.to_owned(), |task| format!("task {}", task.id))
    }

    /// Works on a message. It may be dropped at any await point, and the same message may come again.
    fn work(
        &self,
        delivery: &Delivery<Self::Message>,
    ) -> impl Future<Output = Result<Step, WorkError>> + Send;

    /// How many deliveries of this stage's message only waited; they are no attempts. None where a stage never waits.
    fn waits(_: &TaskRecord) -> u64 {
        0
    }

    /// Waits until the stage can take on a message; meanwhile it leaves them to others, and none is delivered in vain.
    fn admit(&self) -> impl Future<Output = ()> + Send {
        async {}
    }

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
    /// The longest pause, unless the upstream itself asks for a longer one (15 minutes at most).
    #[serde(with = "crate::config::duration")]
    pub longest_pause: Duration,
}

impl Retry {
    /// How long to wait after attempt `attempt` (from 1), when the upstream asks for `asked`.
    pub(super) fn pause(&self, attempt: u64, asked: Option<Duration>) -> Duration {
        let exponent = u32::try_from(attempt.saturating_sub(1)).unwrap_or(u32::MAX);
        let factor = 3_u32.saturating_pow(exponent);
        self.first_pause
            .saturating_mul(factor)
            .min(self.longest_pause)
            .max(asked.unwrap_or_default().min(LONGEST_ASKED))
    }
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
        assert_eq!(retry.pause(1, Some(Duration::from_secs(86_400))).as_secs(), 900);
        assert_eq!(retry.pause(u64::MAX, None).as_secs(), 60);
    }
}
