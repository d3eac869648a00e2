//! Whose token it is.
//!
//! A proxy that loses the token makes GitLab answer as it answers everybody: a public project, with fewer members. So
//! does a token that was exchanged for another's. Neither looks like an error.

use std::sync::{Mutex, PoisonError};

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

/// The account behind the token as GitLab told of it last: that of the same person all the time.
#[derive(Debug, Default)]
pub(super) struct Identity(Mutex<Option<Account>>);

impl Identity {
    fn known(&self) -> Option<Account> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn renew(&self, account: &Account) -> Result<(), ReadError> {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(before) = known.as_ref().filter(|before| before.id != account.id) {
            return Err(ReadError::Unproven(format!(
                "the token was {}'s and is {}'s now: restart the resolver if that is meant",
                before.username, account.username
            )));
        }
        *known = Some(account.clone());
        Ok(())
    }
}

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
        self.identity.renew(&account)?;
        Ok(account)
    }

    /// The account behind the token as it was told of last. It may be an administrator's no more.
    pub(super) async fn account(&self) -> Result<Account, ReadError> {
        match self.identity.known() {
            Some(account) => Ok(account),
            None => self.prove().await,
        }
    }
}
