//! One reading of all accounts, and what each of them is to this system.

use std::collections::{BTreeSet, HashMap};

use access::Owner;
use proto::UserId;

use super::Config;
use crate::sonarqube::{Account, Reader, SonarQubeError, User};

/// All active accounts of a SonarQube at one moment.
#[derive(Debug)]
pub(super) struct Accounts {
    own: Account,
    by_login: HashMap<String, Known>,
    /// The logins of GitLab people, by GitLab's id.
    by_id: HashMap<UserId, Vec<String>>,
    /// The logins of GitLab people whose external id is no number, by username.
    by_username: HashMap<String, Vec<String>>,
}

#[derive(Debug)]
struct Known {
    user: Option<UserId>,
    standing: Standing,
}

/// What an account is to this system.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Standing {
    /// A GitLab person.
    Ours,
    /// A GitLab person whom a setting exempts, or the account this system signs in with.
    Exempt,
    /// Of another identity provider.
    Foreign,
}

/// What the external id of a GitLab account says.
enum External {
    /// GitLab's id.
    Id(UserId),
    /// No number: the account was made without one, and only the username tells whose it is.
    NoNumber,
    /// A number that GitLab does not write like this, or nothing at all: not to be matched.
    Unusable,
}

impl Accounts {
    /// Reads the own account, all accounts, and the members of the groups to skip.
    pub(super) async fn read(reader: &Reader, config: &Config) -> Result<Self, SonarQubeError> {
        let own = reader.account().await?.with_rights()?;
        let users = reader.users().await?;
        if !users.iter().any(|user| user.login == own.login) {
            let reason = format!("{}, the account of SONARQUBE_TOKEN, is not in it", own.login);
            return Err(SonarQubeError::Incomplete { call: "users", reason });
        }
        let mut skipped = BTreeSet::new();
        for group in &config.skip_groups {
            skipped.extend(reader.group_members(group).await?);
        }
        Ok(Self::new(own, users, &skipped, config))
    }

    fn new(own: Account, users: Vec<User>, skipped: &BTreeSet<String>, config: &Config) -> Self {
        let (by_login, by_id, by_username) = Default::default();
        let mut accounts = Self { own, by_login, by_id, by_username };
        for user in users {
            accounts.add(user, skipped, config);
        }
        accounts
    }

    fn add(&mut self, account: User, skipped: &BTreeSet<String>, config: &Config) {
        let is_gitlab = account.external_provider.as_deref() == Some(config.provider.as_str());
        let external =
            if is_gitlab { External::of(account.external_id.as_deref()) } else { External::Unusable };
        let mut user = None;
        match (external, account.external_login) {
            (External::Id(id), _) => {
                user = Some(id);
                self.by_id.entry(id).or_default().push(account.login.clone());
            }
            (External::NoNumber, Some(name)) => {
                self.by_username.entry(name).or_default().push(account.login.clone());
            }
            (External::NoNumber, None) | (External::Unusable, _) => {}
        }
        let exempt = skipped.contains(&account.id)
            || account.login == self.own.login
            || user.is_some_and(|user| config.exempt.contains(&user));
        let standing = match (is_gitlab, exempt) {
            (false, _) => Standing::Foreign,
            (true, true) => Standing::Exempt,
            (true, false) => Standing::Ours,
        };
        self.by_login.insert(account.login, Known { user, standing });
    }

    pub(super) const fn own(&self) -> &Account {
        &self.own
    }

    pub(super) fn knows(&self, login: &str) -> bool {
        self.by_login.contains_key(login)
    }

    /// Whose matter the grants of the account are; an unknown one is foreign.
    pub(super) fn owner(&self, login: &str) -> Owner {
        match self.standing(login) {
            Standing::Ours => Owner::Ours,
            Standing::Exempt | Standing::Foreign => Owner::Foreign,
        }
    }

    pub(super) fn standing(&self, login: &str) -> Standing {
        self.by_login.get(login).map_or(Standing::Foreign, |known| known.standing)
    }

    /// GitLab's id of the person, where the account tells it.
    pub(super) fn user_of(&self, login: &str) -> Option<UserId> {
        self.by_login.get(login)?.user
    }

    /// The logins that fit the person: by id, or else by username where the account has no id of another person.
    pub(super) fn logins_of(&self, id: UserId, username: &str) -> &[String] {
        let found = self.by_id.get(&id).or_else(|| self.by_username.get(username));
        found.map_or(&[], Vec::as_slice)
    }
}

impl External {
    fn of(id: Option<&str>) -> Self {
        let Some(id) = id.filter(|id| !id.trim().is_empty()) else {
            return Self::Unusable;
        };
        match id.parse() {
            Ok(number) if u64::to_string(&number) == id => Self::Id(UserId(number)),
            Ok(_) => Self::Unusable,
            Err(_) if id.bytes().all(|byte| byte.is_ascii_digit()) => Self::Unusable,
            Err(_) => Self::NoNumber,
        }
    }
}
