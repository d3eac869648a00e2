//! Whose token it is.
//!
//! A proxy that loses the token makes GitLab answer as it answers everybody: a public project, with fewer members. So
//! does a token that was exchanged for another's. Neither looks like an error.

use std::sync::{Mutex, PoisonError};

use proto::UserId;
use runtime::{
    http::{Call, FailureKind},
    secret::Secret,
};
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

/// The account behind the token as GitLab told of it last: that of the same person all the time, until somebody gives this
/// process another token.
#[derive(Debug)]
pub(super) struct Identity {
    token: Secret,
    known: Mutex<Option<Known>>,
}

/// An account, and the version of the token that it was told for.
#[derive(Debug)]
struct Known {
    version: u64,
    account: Account,
}

impl Identity {
    pub(super) const fn of(token: Secret) -> Self {
        Self { token, known: Mutex::new(None) }
    }

    /// The account of the token as it is now.
    fn known(&self) -> Option<Account> {
        let version = self.token.version();
        let known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        known.as_ref().filter(|known| known.version == version).map(|known| known.account.clone())
    }

    fn renew(&self, version: u64, account: &Account) -> Result<(), ReadError> {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let same_token = known.as_ref().filter(|known| known.version == version).map(|known| &known.account);
        if let Some(before) = same_token.filter(|before| before.id != account.id) {
            return Err(ReadError::Unproven(format!(
                "the token was {}'s and is {}'s now: restart the resolver if that is meant",
                before.username, account.username
            )));
        }
        *known = Some(Known { version, account: account.clone() });
        Ok(())
    }
}

impl GitLab {
    /// Asks GitLab whose the token is.
    ///
    /// # Errors
    /// When GitLab knows no account for it, or another one than before.
    pub(super) async fn prove(&self) -> Result<Account, ReadError> {
        loop {
            let version = self.identity.token.version();
            let account = self.own_account().await?;
            // An answer that was under way while the token was exchanged may be about the one or the other.
            if version == self.identity.token.version() {
                self.identity.renew(version, &account)?;
                return Ok(account);
            }
        }
    }

    async fn own_account(&self) -> Result<Account, ReadError> {
        match self.get(Call::get(OWN, OWN)).await {
            Ok((_, account)) => Ok(account),
            Err(ReadError::Call(failure)) if matches!(failure.kind, FailureKind::Refused { .. }) => {
                let reason = format!("{failure} (is GITLAB_TOKEN good, and does a proxy take it away?)");
                Err(ReadError::Unproven(reason))
            }
            Err(error) => Err(error),
        }
    }

    /// The account behind the token as it was told of last; it may be an administrator's no more. After an exchange it is
    /// asked for anew.
    pub(super) async fn account(&self) -> Result<Account, ReadError> {
        match self.identity.known() {
            Some(account) => Ok(account),
            None => self.prove().await,
        }
    }
}
