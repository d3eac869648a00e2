//! Why there is no reading, and what the operator can do about it.

use std::time::Duration;

use runtime::{
    http::{Failure, FailureKind},
    jetstream::KvError,
};

/// Why there is no reading. None of these says that somebody lost access.
#[derive(Debug, Clone, thiserror::Error)]
pub enum ReadError {
    /// A call failed.
    #[error("{0}{hint}", hint = hint(.0))]
    Call(#[from] Failure),
    /// The project answers 404, to a token whose user is proven.
    #[error(
        "{failure} (the project is gone, or GITLAB_TOKEN may not see it: add its user {user} to the project or its group)"
    )]
    Gone {
        /// What GitLab said.
        failure: Failure,
        /// The username of the token's user.
        user: String,
    },
    /// The list is not whole, or moved while it was read.
    #[error("GitLab's list of members is not usable: {0}")]
    Incomplete(String),
    /// The list differs from what was agreed on before, and GitLab does not say that the token is still its user's.
    #[error("GitLab shows other members than before, or none, and who asks is not proven: {0}")]
    Unproven(String),
    /// GitLab has asked for a longer pause than a reading can wait.
    #[error("gitlab answered 429: it asks for a pause of {} s", .0.as_secs())]
    Paused(Duration),
    /// The budget of calls that all resolvers share cannot be had.
    #[error("the shared budget of calls to GitLab cannot be used: {0}")]
    Budget(#[from] KvError),
}

impl ReadError {
    /// Whether it says something of what was asked for, and nothing of GitLab or of the token at large.
    #[must_use]
    pub(crate) const fn is_about_one(&self) -> bool {
        match self {
            Self::Gone { .. } | Self::Incomplete(_) => true,
            Self::Call(failure) => matches!(
                failure.kind,
                FailureKind::Missing { .. }
                    | FailureKind::Refused { status: 403, .. }
                    | FailureKind::Rejected { .. }
            ),
            Self::Unproven(_) | Self::Paused(_) | Self::Budget(_) => false,
        }
    }

    /// How long GitLab asks to wait before the next try.
    #[must_use]
    pub const fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::Call(failure) => failure.retry_after(),
            Self::Paused(pause) => Some(*pause),
            Self::Gone { .. } | Self::Incomplete(_) | Self::Unproven(_) | Self::Budget(_) => None,
        }
    }
}

/// Whether the call was for a project itself: of a group that has just gone it says nothing.
pub(crate) fn is_about_the_project(failure: &Failure) -> bool {
    failure.call.ends_with("/projects/:id")
}

/// What the operator can do about it.
fn hint(failure: &Failure) -> &'static str {
    match failure.kind {
        FailureKind::Refused { status: 401, .. } => " (GITLAB_TOKEN is wrong, revoked or expired)",
        FailureKind::Refused { .. } => " (GITLAB_TOKEN needs the scope read_api)",
        FailureKind::Missing { .. } if is_about_the_project(failure) => {
            " (no such project, or GITLAB_TOKEN may not see it: add its user to the group; a project that has moved is found by its id)"
        }
        FailureKind::Missing { .. } => {
            " (no such project or group, or GITLAB_TOKEN may not see it: add its user to the group)"
        }
        FailureKind::Rejected { status: 300..400, .. } if is_about_the_project(failure) => {
            " (a redirect: a project that has moved is found by its id; if it has not, set GITLAB_URL to the address it leads to)"
        }
        FailureKind::Rejected { status: 300..400, .. } => {
            " (a redirect: set GITLAB_URL to the address it leads to)"
        }
        FailureKind::Unreadable { .. } => " (is GITLAB_URL right, and nothing in between?)",
        FailureKind::Rejected { .. }
        | FailureKind::Throttled { .. }
        | FailureKind::Broken { .. }
        | FailureKind::NoAnswer { .. } => "",
    }
}
