//! How well the accounts of a SonarQube can be told: for whoever sets an installation up. Decides nothing.

use std::collections::BTreeMap;

use proto::UserId;

use super::{
    Config,
    accounts::{External, Named},
};
use crate::sonarqube::User;

/// What the accounts say of themselves.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Survey {
    /// How many accounts each other identity provider has.
    pub(crate) elsewhere: BTreeMap<String, usize>,
    /// Accounts of GitLab's identity provider that tell GitLab's id.
    pub(crate) by_id: usize,
    /// Those that tell only a username.
    pub(crate) by_username: usize,
    /// Those that tell neither.
    pub(crate) unusable: Vec<String>,
    /// The logins that tell the same id, where there are several.
    pub(crate) same: BTreeMap<UserId, Vec<String>>,
    /// What the lines of the user mapping lead to.
    pub(crate) lines: Lines,
}

/// The lines of the user mapping, by what they name.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Lines {
    /// How many name one account of GitLab's identity provider.
    pub(crate) good: usize,
    /// Whose line names no account.
    pub(crate) missing: Vec<UserId>,
    /// Whose line names several accounts.
    pub(crate) several: Vec<UserId>,
    /// Whose line names an account of another identity provider.
    pub(crate) foreign: Vec<UserId>,
}

impl Survey {
    /// Looks at the accounts as a sync does.
    pub(crate) fn of(users: &[User], config: &Config) -> Self {
        let mut survey = Self { lines: Lines::of(users, config), ..Self::default() };
        for user in users {
            survey.count(user, config);
        }
        survey.same.retain(|_, logins| logins.len() > 1);
        survey
    }

    /// How many accounts GitLab's identity provider has.
    pub(crate) const fn of_gitlab(&self) -> usize {
        self.by_id + self.by_username + self.unusable.len()
    }

    fn count(&mut self, user: &User, config: &Config) {
        if !is_of_gitlab(user, config) {
            let provider = user.external_provider.clone().unwrap_or_default();
            *self.elsewhere.entry(provider).or_default() += 1;
            return;
        }
        match (External::of(user.external_id.as_deref()), &user.external_login) {
            (External::Id(id), _) => {
                self.by_id += 1;
                self.same.entry(id).or_default().push(user.login.clone());
            }
            (External::NoNumber, Some(_)) => self.by_username += 1,
            (External::NoNumber, None) | (External::Unusable, _) => self.unusable.push(user.login.clone()),
        }
    }
}

impl Lines {
    fn of(users: &[User], config: &Config) -> Self {
        let (named, mut lines) = (Named::of(users), Self::default());
        for (user, account) in config.mapping.iter() {
            match named.logins(account).as_slice() {
                [] => lines.missing.push(user),
                [login] if users.iter().any(|user| user.login == *login && is_of_gitlab(user, config)) => {
                    lines.good += 1;
                }
                [_] => lines.foreign.push(user),
                _ => lines.several.push(user),
            }
        }
        lines
    }
}

fn is_of_gitlab(user: &User, config: &Config) -> bool {
    user.external_provider.as_deref() == Some(config.provider.as_str())
}
