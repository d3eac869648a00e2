//! Who SonarQube's accounts are, in GitLab's terms.
//!
//! Decides which account belongs to a member of a plan, and whose matter the grants of an account are. Does not
//! decide what anybody should hold, and changes nothing.
//!
//! **Invariant:** an account is matched by identity provider and the provider's id, or its username there; never by
//! SonarQube's login, a name or an e-mail address, which say nothing about GitLab. **Invariant:** an account that is
//! not known, or not beyond doubt, is nobody's to change.

mod accounts;
mod matching;
#[cfg(test)]
mod tests;

use std::{collections::BTreeSet, sync::Arc, time::Duration};

use proto::{LeftOut, Member, UserId};

use crate::sonarqube::{Account, Cached, Reader, SonarQubeError};
use accounts::Accounts;
pub(crate) use matching::{Holders, Matched};

/// How people are told.
#[derive(Debug, Clone)]
pub struct Config {
    /// SonarQube's key of the identity provider that stands for GitLab; `gitlab` unless it was set up by hand.
    pub provider: String,
    /// People whose grants are neither given nor taken (`GITLAB_SKIP_USERS`), by GitLab id.
    pub exempt: BTreeSet<UserId>,
    /// SonarQube groups whose members are treated the same (`SONARQUBE_SKIP_GROUPS`), by exact name.
    pub skip_groups: Vec<String>,
    /// How old the list of accounts may be when somebody is not in it.
    pub refresh_after: Duration,
    /// How old it may be at all.
    pub max_age: Duration,
}

/// The accounts of a SonarQube, read once for all projects and again when somebody is missing.
#[derive(Debug)]
pub(crate) struct Directory {
    reader: Reader,
    config: Config,
    accounts: Cached<Accounts>,
}

impl Directory {
    /// A directory that has read nothing yet.
    pub(crate) fn new(reader: Reader, config: Config) -> Self {
        Self { reader, config, accounts: Cached::new() }
    }

    /// Finds the account of each member. `left_out` is the plan's: who is exempt there is left alone here too.
    /// `holders` are the logins that hold something now; the list of accounts is read again when it lacks one of them
    /// or the account of a member.
    ///
    /// # Errors
    /// When the accounts cannot be read whole.
    pub(crate) async fn resolve(
        &self,
        members: &[Member],
        left_out: &[LeftOut],
        holders: &[&str],
    ) -> Result<Matched, SonarQubeError> {
        let matched = Matched::new(&self.younger_than(self.config.max_age).await?, members, left_out);
        if matched.unmatched.is_empty() && holders.iter().all(|login| matched.knows(login)) {
            return Ok(matched);
        }
        Ok(Matched::new(&self.younger_than(self.config.refresh_after).await?, members, left_out))
    }

    /// The account that this system signs in with.
    ///
    /// # Errors
    /// When it cannot be read, or lacks the rights for this work.
    pub(crate) async fn own_account(&self) -> Result<Account, SonarQubeError> {
        Ok(self.younger_than(self.config.max_age).await?.own().clone())
    }

    /// Reads the accounts again before they are next used: to be called when SonarQube did not know a login that the
    /// list has.
    pub(crate) async fn forget(&self) {
        self.accounts.forget().await;
    }

    async fn younger_than(&self, age: Duration) -> Result<Arc<Accounts>, SonarQubeError> {
        self.accounts.get(age.min(self.config.max_age), || Accounts::read(&self.reader, &self.config)).await
    }
}
