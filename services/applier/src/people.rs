//! Who SonarQube's accounts are, in GitLab's terms.
//!
//! Decides which account belongs to a member of a plan, and whose matter the grants of an account are. Does not
//! decide what anybody should hold, and changes nothing.
//!
//! **Invariant:** an account is matched by identity provider and the provider's id, or its username there, or by a line
//! of the user mapping; never by what SonarQube's login, a name or an e-mail address looks like, which say nothing about
//! GitLab. **Invariant:** an account that is
//! not known, or not beyond doubt, is nobody's to change.

mod accounts;
mod mapping;
mod matching;
mod members;
mod survey;
#[cfg(test)]
mod tests;

use std::{collections::BTreeSet, sync::Arc, time::Duration};

use proto::{LeftOut, Member, Person, UserId};

use crate::sonarqube::{Account, Cached, Reader, SonarQubeError};
use accounts::Accounts;
pub use mapping::{InvalidMapping, Mapping};
pub(crate) use matching::Matched;
use members::Members;
pub(crate) use survey::Survey;

/// How people are told.
#[derive(Debug, Clone)]
pub struct Config {
    /// SonarQube's key of the identity provider that stands for GitLab; `gitlab` unless it was set up by hand.
    pub provider: String,
    /// People whose grants are neither given nor taken (`GITLAB_SKIP_USERS`), by GitLab id.
    pub exempt: BTreeSet<UserId>,
    /// Whose account is whose, where SonarQube cannot tell.
    pub mapping: Mapping,
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
    members: Members,
}

impl Directory {
    /// A directory that has read nothing yet.
    pub(crate) fn new(reader: Reader, config: Config) -> Self {
        Self {
            members: Members::new(reader.clone(), config.max_age),
            reader,
            config,
            accounts: Cached::new(),
        }
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
        if matched.pending.is_empty() && holders.iter().all(|login| matched.knows(login)) {
            return Ok(matched);
        }
        Ok(Matched::new(&self.younger_than(self.config.refresh_after).await?, members, left_out))
    }

    /// How many active accounts of the group `matched` gives no access, this system's own and exempt ones apart.
    ///
    /// # Errors
    /// When the group's members cannot be read.
    pub(crate) async fn let_in(&self, group: &str, matched: &Matched) -> Result<usize, SonarQubeError> {
        Ok(matched.without_access(self.members.of(group).await?.as_ref()))
    }

    /// The people of those who have an account by now, as far as a list of accounts tells that is `refresh_after` old.
    ///
    /// # Errors
    /// When the accounts cannot be read whole.
    pub(crate) async fn signed_in<'a>(
        &self,
        people: impl IntoIterator<Item = &'a Person> + Send,
    ) -> Result<Vec<UserId>, SonarQubeError> {
        let accounts = self.younger_than(self.config.refresh_after).await?;
        let has_account = |person: &&Person| !accounts.logins_of(person.id, &person.username).is_empty();
        Ok(people.into_iter().filter(has_account).map(|person| person.id).collect())
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
