//! Why a call failed, by what follows from it.

use std::{error::Error, fmt, time::Duration};

use reqwest::header::RETRY_AFTER;
use serde_json::Value;

use super::Answer;
use crate::metrics::StatusClass;

/// A call that failed.
#[derive(Debug, Clone)]
pub struct Failure {
    /// The system that was called.
    pub system: &'static str,
    /// Method and path template.
    pub call: String,
    /// What kind of failure.
    pub kind: FailureKind,
}

/// The kinds of failure. None of them says anything about memberships or grants.
#[derive(Debug, Clone)]
pub enum FailureKind {
    /// 401 or 403: the token is not (or no longer) good for this.
    Refused {
        /// The status code.
        status: u16,
        /// The system's own words, if it said any.
        message: String,
    },
    /// 404: nothing there, or nothing that the token may see.
    Missing {
        /// The system's own words.
        message: String,
    },
    /// Any other 3xx or 4xx: the same call will be refused again.
    Rejected {
        /// The status code.
        status: u16,
        /// The system's own words.
        message: String,
    },
    /// 429.
    Throttled {
        /// How long the system asks to wait.
        retry_after: Option<Duration>,
        /// Whether headers tell of the limit (`Retry-After`, `RateLimit-*`), as they do of a limit of all calls.
        announced: bool,
    },
    /// 5xx.
    Broken {
        /// The status code.
        status: u16,
        /// How long the system asks to wait.
        retry_after: Option<Duration>,
    },
    /// No answer, or one that ended too early.
    NoAnswer {
        /// What the transport says.
        reason: String,
        /// Whether the time was up, rather than the connection.
        timed_out: bool,
    },
    /// 2xx, but not what was asked for.
    Unreadable {
        /// What it was instead.
        reason: String,
    },
}

impl FailureKind {
    pub(super) fn of(answer: &Answer) -> Self {
        let retry_after = answer.number(RETRY_AFTER.as_str()).map(Duration::from_secs);
        let message = words(&answer.body);
        match answer.status.as_u16() {
            status @ (401 | 403) => Self::Refused { status, message },
            404 => Self::Missing { message },
            429 => Self::Throttled {
                retry_after,
                announced: retry_after.is_some() || answer.headers.contains_key("ratelimit-limit"),
            },
            status @ 500.. => Self::Broken { status, retry_after },
            status => Self::Rejected { status, message },
        }
    }

    pub(super) fn no_answer(error: &reqwest::Error) -> Self {
        let timed_out = error.is_timeout();
        let mut reason = if timed_out { "timed out".to_owned() } else { String::new() };
        let mut source: Option<&dyn Error> = error.source();
        while let Some(error) = source {
            reason = if reason.is_empty() { error.to_string() } else { format!("{reason}: {error}") };
            source = error.source();
        }
        Self::NoAnswer { reason, timed_out }
    }

    pub(super) const fn status_class(&self) -> StatusClass {
        match self {
            Self::Refused { .. } | Self::Missing { .. } | Self::Throttled { .. } => StatusClass::ClientError,
            Self::Rejected { status, .. } | Self::Broken { status, .. } => StatusClass::of(*status),
            Self::NoAnswer { .. } => StatusClass::NoAnswer,
            Self::Unreadable { .. } => StatusClass::Success,
        }
    }

    /// The status of the answer, where there was one and it says more than that it was good.
    pub(super) const fn status(&self) -> Option<u16> {
        match self {
            Self::Refused { status, .. } | Self::Rejected { status, .. } | Self::Broken { status, .. } => {
                Some(*status)
            }
            Self::Missing { .. } => Some(404),
            Self::Throttled { .. } => Some(429),
            Self::NoAnswer { .. } | Self::Unreadable { .. } => None,
        }
    }

    pub(super) const fn name(&self) -> &'static str {
        match self {
            Self::Refused { .. } => "refused",
            Self::Missing { .. } => "missing",
            Self::Rejected { .. } => "rejected",
            Self::Throttled { .. } => "throttled",
            Self::Broken { .. } => "broken",
            Self::NoAnswer { .. } => "no_answer",
            Self::Unreadable { .. } => "unreadable",
        }
    }
}

impl Failure {
    /// Whether the same call may well succeed at once: the connection or the server broke, or something in between
    /// spoilt the answer. A call that took too long would take as long again.
    #[must_use]
    pub const fn is_passing(&self) -> bool {
        match &self.kind {
            FailureKind::Broken { .. } | FailureKind::Unreadable { .. } => true,
            FailureKind::NoAnswer { timed_out, .. } => !*timed_out,
            FailureKind::Refused { .. }
            | FailureKind::Missing { .. }
            | FailureKind::Rejected { .. }
            | FailureKind::Throttled { .. } => false,
        }
    }

    /// Whether the system does not know who asks.
    #[must_use]
    pub const fn is_unauthorized(&self) -> bool {
        matches!(self.kind, FailureKind::Refused { status: 401, .. })
    }

    /// How long the system asks to wait before the next try.
    #[must_use]
    pub const fn retry_after(&self) -> Option<Duration> {
        match &self.kind {
            FailureKind::Throttled { retry_after, .. } | FailureKind::Broken { retry_after, .. } => {
                *retry_after
            }
            FailureKind::Refused { .. }
            | FailureKind::Missing { .. }
            | FailureKind::Rejected { .. }
            | FailureKind::NoAnswer { .. }
            | FailureKind::Unreadable { .. } => None,
        }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { system, call, kind } = self;
        match kind {
            FailureKind::Refused { status, message } | FailureKind::Rejected { status, message } => {
                write!(f, "{system} answered {status} to {call}{}", Words(message))
            }
            FailureKind::Missing { message } => {
                write!(f, "{system} answered 404 to {call}{}", Words(message))
            }
            FailureKind::Throttled { .. } => write!(f, "{system} answered 429 to {call}: too many requests"),
            FailureKind::Broken { status, .. } => write!(f, "{system} answered {status} to {call}"),
            FailureKind::NoAnswer { reason, .. } => {
                write!(f, "no whole answer from {system} to {call}: {reason}")
            }
            FailureKind::Unreadable { reason } => {
                write!(f, "{system} answered {call} with something else: {reason}")
            }
        }
    }
}

impl Error for Failure {}

struct Words<'a>(&'a str);

impl fmt::Display for Words<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.is_empty() { Ok(()) } else { write!(f, ": {}", self.0) }
    }
}

/// The system's own words in an error's body: GitLab says `message` or `error_description`, SonarQube `errors[].msg`
/// or `message`, a gateway `detail` (RFC 9457). Anything else (a page, a stack trace) is left out.
fn words(body: &[u8]) -> String {
    let Ok(json) = serde_json::from_slice::<Value>(body) else { return String::new() };
    let text = |key: &str| json.get(key).and_then(Value::as_str);
    let texts: Vec<&str> = match (text("detail"), json.get("errors").and_then(Value::as_array)) {
        (Some(detail), _) => vec![detail],
        (None, Some(errors)) => errors.iter().filter_map(|error| error.get("msg")?.as_str()).collect(),
        (None, None) => ["message", "error_description"].into_iter().filter_map(text).collect(),
    };
    texts.join("; ").chars().take(300).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_systems_own_words_are_kept() {
        assert_eq!(words(br#"{"errors":[{"msg":"Entity not found"}]}"#), "Entity not found");
        assert_eq!(words(br#"{"message":"401 Unauthorized"}"#), "401 Unauthorized");
        assert_eq!(words(br#"{"message":"Conflict","detail":"look again"}"#), "look again");
        assert_eq!(words(b"<html>secret page</html>"), "");
        assert_eq!(words(b""), "");
    }
}
