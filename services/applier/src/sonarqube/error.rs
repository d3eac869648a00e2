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
    /// The group is not there (any more).
    #[error("{failure}: the group was deleted or renamed; the next try reads the groups anew")]
    GroupGone { failure: Failure },
    /// The permission template is not there any more: another applier, or a person, deleted it.
    #[error("{failure}: the permission template was deleted meanwhile; the next try makes its own")]
    TemplateGone { failure: Failure },
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
    /// SonarQube is older than what this client was written for.
    #[error(
        "this SonarQube is {version}, which is too old: 10.8 is needed, or the Community Build 24.12 or Server 2025.1, or anything newer"
    )]
    TooOld { version: String },
    /// SonarQube is up, new enough, and does not know the call: something hides it, or SonarQube has left its safe mode
    /// since it was asked.
    #[error(
        "{failure}: this SonarQube ({version}) does not know the call; check that nothing before it hides part of its API"
    )]
    UnknownCall { failure: Failure, version: String },
    /// A setting does not fit this SonarQube.
    #[error("{problem}: {mend}")]
    Misconfigured { problem: String, mend: String },
    /// A person has to say what is meant.
    #[error("{problem}: {mend}")]
    Ambiguous { problem: String, mend: String },
    /// Nothing is ever taken from this group. SonarQube was not asked.
    #[error("nothing is taken from the group {group}, whose members mend what went wrong elsewhere")]
    Protected { group: &'static str },
    /// SonarQube has no room for the text, and was not asked.
    #[error("the {what} is {length} long, and SonarQube takes {most}")]
    TooLong { what: &'static str, length: usize, most: usize },
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
            | Self::TooOld { .. }
            | Self::Strange { .. } => Some(MENDING),
            Self::Busy { .. } => Some(ANALYSING),
            Self::ProjectGone { .. }
            | Self::UserGone { .. }
            | Self::GroupGone { .. }
            | Self::TemplateGone { .. }
            | Self::UnknownCall { .. }
            | Self::Incomplete { .. } => Some(Duration::ZERO),
            Self::Ambiguous { .. }
            | Self::Protected { .. }
            | Self::TooLong { .. }
            | Self::Rejected { .. } => None,
        }
    }

    /// Whether the error says that the cached list of accounts is out of date.
    pub(crate) const fn is_about_accounts(&self) -> bool {
        matches!(self, Self::UserGone { .. })
    }

    /// What `failure` means at `endpoint`. A 404 without SonarQube's own words for something missing is
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
            FailureKind::Missing { message } => match Gone::named(message) {
                Some(Gone::User) => Self::UserGone { failure },
                Some(Gone::Project) => Self::ProjectGone { failure },
                Some(Gone::Group) => Self::GroupGone { failure },
                Some(Gone::Template) => Self::TemplateGone { failure },
                None => Self::Rejected { failure },
            },
            FailureKind::Rejected { status: 300..400, .. } | FailureKind::Unreadable { .. } => {
                Self::Strange { failure }
            }
            FailureKind::Rejected { .. } => Self::Rejected { failure },
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

/// What SonarQube can miss.
enum Gone {
    User,
    Project,
    Group,
    Template,
}

impl Gone {
    /// What SonarQube's words name; nothing where they are others, such as those of its safe mode. Only how they begin
    /// counts: names that people chose follow.
    fn named(words: &str) -> Option<Self> {
        let known = [
            ("User with login", Self::User),
            ("Entity not found", Self::Project),
            ("No group with name", Self::Group),
            ("Permission template with id", Self::Template),
        ];
        known.into_iter().find_map(|(start, gone)| words.starts_with(start).then_some(gone))
    }
}

const RENEW: &str = "SONARQUBE_TOKEN is wrong, expired or revoked; make a user token (squ_…) of an account with \
                     \"Administer System\" and set it";

fn give(right: &str) -> String {
    format!(
        "give the account of SONARQUBE_TOKEN the right \"{right}\", and use a user token (squ_…), no analysis token"
    )
}
