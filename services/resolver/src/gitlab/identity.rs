//! Whose token it is.
//!
//! A proxy that loses the token makes GitLab answer as it answers everybody: a public project, with fewer members. So
//! does a token that was exchanged for another's. Neither looks like an error.

use std::sync::OnceLock;

use proto::UserId;
use runtime::http::{Call, FailureKind};
use serde::Deserialize;

use super::{GitLab, ReadError};

const OWN: &str = "/api/v4/user";

/// The account behind the token.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub(super) struct Account {
    pub(super) id: UserId,
    pub(super) username: String,
    /// GitLab tells it of administrators alone.
    #[serde(default)]
    pub(super) is_admin: bool,
}

/// The account that this process has seen first.
#[derive(Debug, Default)]
pub(super) struct Identity(OnceLock<Account>);

impl GitLab {
    /// Asks GitLab whose the token is.
    ///
    /// # Errors
    /// When GitLab knows no account for it, or another one than before.
    pub(super) async fn prove(&self) -> Result<Account, ReadError> {
        let account: Account = match self.get(Call::get(OWN, OWN)).await {
            Ok((_, account)) => account,
            Err(ReadError::Call(failure)) if matches!(failure.kind, FailureKind::Refused { .. }) => {
                let reason = format!("{failure} (is GITLAB_TOKEN good, and does a proxy take it away?)");
                return Err(ReadError::Unproven(reason));
            }
            Err(error) => return Err(error),
        };
        let first = self.identity.0.get_or_init(|| account.clone());
        if first.id == account.id {
            return Ok(account);
        }
        Err(ReadError::Unproven(format!(
            "the token was {}'s and is {}'s now: restart the resolver if that is meant",
            first.username, account.username
        )))
    }

    /// The account behind the token, asked for once.
    pub(super) async fn account(&self) -> Result<Account, ReadError> {
        match self.identity.0.get() {
            Some(account) => Ok(account.clone()),
            None => self.prove().await,
        }
    }
}
