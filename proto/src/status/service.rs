//! How the whole system is, as a gateway tells it and the command line shows it.

use std::fmt;

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::words::Age;
use crate::Pause;

/// How the whole system is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "Status")]
pub struct ServiceStatus {
    /// The version of the gateway.
    pub version: String,
    /// Who paused everything, and why; null when nobody did.
    pub paused: Option<Pause>,
    /// The tokens that this system signs in with, as they were looked at last.
    pub tokens: Vec<TokenStatus>,
    /// The projects, counted.
    pub projects: ProjectCounts,
    /// What waits for each stage.
    pub queues: Vec<QueueStatus>,
    /// How many messages were given up and are kept.
    pub dead_letters: u64,
}

/// A token that this system signs in with. Never the token itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct TokenStatus {
    /// The system that it is for.
    pub system: String,
    /// The account that it stands for.
    pub account: String,
    /// When it ends; null where it never does, or the system does not tell.
    pub expires_at: Option<Timestamp>,
    /// Days until then, begun ones counted; 0 when it has ended.
    pub days_left: Option<u16>,
    /// When that system described it last.
    pub checked_at: Timestamp,
    /// Why the last look at it failed, as it does when the token was revoked; null where it did not.
    #[serde(default)]
    pub problem: Option<String>,
}

/// The projects, counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ProjectCounts {
    /// That SonarQube has.
    pub known: usize,
    /// With a plan that waits for a person's approval.
    pub held: usize,
    /// Those of them that were not brought in line for twice `reconcile.every`, or never. What was skipped or only observed
    /// is not stale.
    pub stale: usize,
}

/// What waits for a stage.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct QueueStatus {
    /// The stage.
    pub stage: String,
    /// Messages that wait.
    pub waiting: u64,
    /// Messages in hand, or put back for later.
    pub in_hand: u64,
    /// How old the oldest is, in whole seconds; 0 when there is none.
    pub oldest_seconds: u64,
}

impl fmt::Display for ServiceStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "guassp {}", self.version)?;
        if let Some(pause) = &self.paused {
            writeln!(f, "  {pause}")?;
        }
        self.tokens.iter().try_for_each(|token| writeln!(f, "  {token}"))?;
        let ProjectCounts { known, held, stale } = self.projects;
        writeln!(f, "  projects: {known} known, {held} held, {stale} stale")?;
        self.queues.iter().try_for_each(|queue| writeln!(f, "  {queue}"))?;
        match self.dead_letters {
            0 => Ok(()),
            letters => writeln!(f, "  {letters} messages were given up: GET /dead"),
        }
    }
}

impl fmt::Display for TokenStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "token for {}, of {}: ", self.system, self.account)?;
        match (self.days_left, self.expires_at) {
            (Some(0), Some(at)) => write!(f, "ended {at}: make a new one"),
            (Some(days @ ..=30), Some(at)) => write!(f, "ends in {days} days ({at}): make a new one"),
            (Some(days), _) => write!(f, "ends in {days} days"),
            (None, _) => f.write_str("no end is known"),
        }?;
        self.problem.as_ref().map_or(Ok(()), |problem| write!(f, "; the last look at it failed: {problem}"))
    }
}

impl fmt::Display for QueueStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {} wait, {} in hand", self.stage, self.waiting, self.in_hand)?;
        if self.oldest_seconds > 0 {
            write!(f, ", the oldest for {}", Age(self.oldest_seconds))
        } else {
            Ok(())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn in_words() {
        let at = Timestamp::UNIX_EPOCH;
        let token = |days_left| TokenStatus {
            system: "gitlab".to_owned(),
            account: "bot".to_owned(),
            expires_at: Some(at),
            days_left,
            checked_at: at,
            problem: None,
        };
        let revoked = TokenStatus { problem: Some("gitlab answered 401".to_owned()), ..token(Some(200)) };
        assert_eq!(
            revoked.to_string(),
            "token for gitlab, of bot: ends in 200 days; the last look at it failed: gitlab answered 401"
        );
        let queue = QueueStatus { stage: "applier".to_owned(), waiting: 3, in_hand: 1, oldest_seconds: 60 };
        let status = ServiceStatus {
            version: "1".to_owned(),
            paused: None,
            tokens: [Some(0), Some(7), Some(31), None].map(token).to_vec(),
            projects: ProjectCounts { known: 5, held: 1, stale: 2 },
            queues: vec![queue],
            dead_letters: 4,
        };
        assert_eq!(
            status.to_string(),
            "guassp 1\n  token for gitlab, of bot: ended 1970-01-01T00:00:00Z: make a new one\n  token for gitlab, of \
             bot: ends in 7 days (1970-01-01T00:00:00Z): make a new one\n  token for gitlab, of bot: ends in 31 days\n  \
             token for gitlab, of bot: no end is known\n  projects: 5 known, 1 held, 2 stale\n  applier: 3 wait, 1 in \
             hand, the oldest for 60 seconds\n  4 messages were given up: GET /dead\n"
        );
    }
}
