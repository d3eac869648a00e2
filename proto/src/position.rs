//! Which of two tasks, or of two plans, is the newer one.
//!
//! JetStream numbers the messages of a stream. A stream that was recreated or restored starts over, so numbers are
//! compared only within one [`Incarnation`]; across two, nothing is older and nothing is superseded.

use std::fmt;

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// One life of a stream, told from the next by the stream's creation time; and where a stream was set back to an older
/// copy of itself, which keeps that time, by the moment at which somebody noticed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct Incarnation(pub Timestamp);

/// The place of a task in the stream of tasks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
pub struct TaskPosition {
    /// The life of the stream in which `sequence` counts.
    pub incarnation: Incarnation,
    /// JetStream's sequence number of the task's message.
    pub sequence: u64,
}

impl TaskPosition {
    /// Whether `self` came before `other` in the same life of the stream.
    #[must_use]
    pub fn is_before(&self, other: &Self) -> bool {
        self.incarnation == other.incarnation && self.sequence < other.sequence
    }
}

impl fmt::Display for TaskPosition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.sequence.fmt(f)
    }
}

/// The order of plans of one project: by the position of the task, then by the delivery that read GitLab.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
pub struct PlanOrder {
    /// The position of the plan's task.
    pub task: TaskPosition,
    /// Which delivery of the task read GitLab, from 1. A later one read later.
    pub attempt: u64,
}

impl PlanOrder {
    /// Whether the plan with this order was read before the plan with `other`, in the same life of the stream.
    #[must_use]
    pub fn is_before(&self, other: &Self) -> bool {
        self.task.is_before(&other.task) || (self.task == other.task && self.attempt < other.attempt)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn order(life: i64, sequence: u64, attempt: u64) -> PlanOrder {
        let incarnation = Incarnation(Timestamp::from_second(life).unwrap());
        PlanOrder { task: TaskPosition { incarnation, sequence }, attempt }
    }

    #[test]
    fn a_later_attempt_of_the_same_task_is_newer() {
        assert!(order(1, 5, 1).is_before(&order(1, 5, 2)));
        assert!(!order(1, 5, 2).is_before(&order(1, 5, 2)));
    }

    #[test]
    fn a_later_task_is_newer_whatever_the_attempt() {
        assert!(order(1, 5, 9).is_before(&order(1, 6, 1)));
        assert!(!order(1, 6, 1).is_before(&order(1, 5, 9)));
    }

    #[test]
    fn nothing_is_older_across_two_lives_of_a_stream() {
        assert!(!order(1, 5, 1).is_before(&order(2, 9, 1)));
        assert!(!order(2, 1, 1).is_before(&order(1, 5, 1)));
    }
}
