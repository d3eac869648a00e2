//! Why SonarQube could not be read or written, by what follows from it, and how to mend it.
//!
//! **Invariant:** none of these says anything about who holds what; whoever gets one leaves grants as they are.

use std::time::Duration;

use runtime::http::{Failure, FailureKind};

use super::endpoint::Endpoint;

/// Until a person has mended a setting, a token or a right: one try a minute disturbs nobody.
const MENDING: Duration = Duration::from_secs(60);
/// Until SonarQube is up again.
const STARTING: Duration = Duration::from_secs(10);
/// Until a background task of the project, usually an analysis, is through.
const ANALYSING: Duration = Duration::from_secs(30);

/// A call to SonarQube that did not do its work.
#[derive(Debug, thiserror::Error)]
pub(crate) enum SonarQubeError {
    /// No answer, a broken one, 5xx, or 429: the same call may do in a while.
    #[error(
        "{failure}; it will be tried again. If it lasts, look at SonarQube's log and at the proxies before it"
    )]
    Unavailable { failure: Failure },
    /// SonarQube starts, migrates its database, or is down behind a proxy. Whatever it says now means nothing.
    #[error("SonarQube is not ready ({found}); it will be tried again once it is up")]
    NotReady { found: String, retry_after: Option<Duration> },
    /// The token is not good (any more).
    #[error("{found}: {RENEW}")]
    Refused { found: String },
    /// The token's account lacks a right.
    #[error("{found}: {mend}")]
    Forbidden { found: String, mend: String },
    /// The project is not there (any more).
    #[error("{failure}: the project was deleted or its key was changed; the next sync looks it up anew")]
    ProjectGone { failure: Failure },
    /// The login is not there (any more), or deactivated.
    #[error("{failure}: the account was deactivated or renamed; the next sync looks it up anew")]
    UserGone { failure: Failure },
    /// SonarQube does not change the visibility while a background task of the project is pending or running.
    #[error("{failure}: probably an analysis of the project is running; it will be tried again after it")]
    Busy { failure: Failure },
    /// A list changed while it was read, or its figures contradict each other.
    #[error("the list of {call} cannot be trusted ({reason}); it will be read again")]
    Incomplete { call: &'static str, reason: String },
    /// An answer that SonarQube does not give: another program stands at the address.
    #[error(
        "{failure}; check that SONARQUBE_URL is SonarQube's own address, with its context path, and that no sign-in page stands before its API"
    )]
    Strange { failure: Failure },
    /// SonarQube is up and does not know the call.
    #[error("{failure}: this SonarQube ({version}) does not know the call; 10.7 or newer is needed")]
    TooOld { failure: Failure, version: String },
    /// A setting does not fit this SonarQube.
    #[error("{problem}: {mend}")]
    Misconfigured { problem: String, mend: String },
    /// A person has to say what is meant.
    #[error("{problem}: {mend}")]
    Ambiguous { problem: String, mend: String },
    /// The same call would be refused again.
    #[error("{failure}; the same call would be refused again, so it is not repeated")]
    Rejected { failure: Failure },
}

impl SonarQubeError {
    /// How long to wait at least before the same work is tried again; nothing when trying again is no use. Zero
    /// leaves the pace to the caller.
    pub(crate) fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::Unavailable { failure } => Some(failure.retry_after().unwrap_or_default()),
            Self::NotReady { retry_after, .. } => Some(retry_after.unwrap_or(STARTING)),
            Self::Refused { .. }
            | Self::Forbidden { .. }
            | Self::Misconfigured { .. }
            | Self::Strange { .. } => Some(MENDING),
            Self::Busy { .. } => Some(ANALYSING),
            Self::ProjectGone { .. } | Self::UserGone { .. } | Self::Incomplete { .. } => {
                Some(Duration::ZERO)
            }
            Self::TooOld { .. } | Self::Ambiguous { .. } | Self::Rejected { .. } => None,
        }
    }

    /// Whether the error says that the cached list of accounts is out of date.
    pub(crate) const fn is_about_accounts(&self) -> bool {
        matches!(self, Self::UserGone { .. })
    }

    /// What `failure` means at `endpoint`. A 404 without SonarQube's own words for a missing project or user is
    /// [`SonarQubeError::Rejected`] here; only [`super::reading::Reading::explain`] can tell what it is.
    pub(super) fn of(endpoint: &Endpoint, failure: Failure) -> Self {
        match &failure.kind {
            FailureKind::Broken { status: 503, retry_after } => {
                Self::NotReady { found: failure.to_string(), retry_after: *retry_after }
            }
            FailureKind::Throttled { .. } | FailureKind::Broken { .. } | FailureKind::NoAnswer { .. } => {
                Self::Unavailable { failure }
            }
            FailureKind::Refused { status: 401, .. } => Self::Refused { found: failure.to_string() },
            FailureKind::Refused { .. } => {
                Self::Forbidden { found: failure.to_string(), mend: give(endpoint.right) }
            }
            FailureKind::Missing { message } if message.contains("User with login") => {
                Self::UserGone { failure }
            }
            FailureKind::Missing { message } if message.contains("Entity not found") => {
                Self::ProjectGone { failure }
            }
            FailureKind::Rejected { status: 300..400, .. } | FailureKind::Unreadable { .. } => {
                Self::Strange { failure }
            }
            FailureKind::Missing { .. } | FailureKind::Rejected { .. } => Self::Rejected { failure },
        }
    }

    /// The account of the token lacks a global right.
    pub(super) fn lacks(login: &str, right: &str) -> Self {
        let found = format!("SonarQube's account {login} may not do this");
        Self::Forbidden { found, mend: give(right) }
    }

    /// Nobody is signed in with the token.
    pub(super) fn anonymous() -> Self {
        let found = "SonarQube takes this system for an anonymous visitor".to_owned();
        Self::Refused { found }
    }
}

const RENEW: &str = "SONARQUBE_TOKEN is wrong, expired or revoked; make a user token (squ_…) of an account with \
                     \"Administer System\" and set it";

fn give(right: &str) -> String {
    format!(
        "give the account of SONARQUBE_TOKEN the right \"{right}\", and use a user token (squ_…), no analysis token"
    )
}
