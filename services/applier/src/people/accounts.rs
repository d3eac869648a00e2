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
    /// The logins that the user mapping names, by GitLab's id.
    mapped: HashMap<UserId, Vec<String>>,
}

#[derive(Debug)]
struct Known {
    /// SonarQube's id.
    id: String,
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
pub(super) enum External {
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
        let (by_login, by_id, by_username, mapped) = Default::default();
        let mut accounts = Self { own, by_login, by_id, by_username, mapped };
        let (named, mut mapped_to) = (Named::of(&users), HashMap::<String, Vec<UserId>>::new());
        for (user, account) in config.mapping.iter() {
            let logins = named.logins(account);
            for login in &logins {
                mapped_to.entry(login.clone()).or_default().push(user);
            }
            accounts.mapped.insert(user, logins);
        }
        for user in users {
            let mapped = mapped_to.remove(&user.login).unwrap_or_default();
            accounts.add(user, &mapped, skipped, config);
        }
        accounts
    }

    /// `mapped` is whose account the user mapping says it is.
    fn add(&mut self, account: User, mapped: &[UserId], skipped: &BTreeSet<String>, config: &Config) {
        let is_gitlab = account.external_provider.as_deref() == Some(config.provider.as_str());
        let external =
            if is_gitlab { External::of(account.external_id.as_deref()) } else { External::Unusable };
        let (mut user, mut has_username) = (None, false);
        match (external, account.external_login) {
            (External::Id(id), _) => {
                user = Some(id);
                self.by_id.entry(id).or_default().push(account.login.clone());
            }
            (External::NoNumber, Some(name)) => {
                has_username = true;
                self.by_username.entry(name).or_default().push(account.login.clone());
            }
            (External::NoNumber, None) | (External::Unusable, _) => {}
        }
        let exempt = skipped.contains(&account.id)
            || account.login == self.own.login
            || user.iter().chain(mapped).any(|user| config.exempt.contains(user));
        // An account that says nothing of whose it is, is nobody's to change.
        let is_known = is_gitlab && (user.is_some() || has_username || !mapped.is_empty());
        let standing = match (is_known, exempt) {
            (false, _) => Standing::Foreign,
            (true, true) => Standing::Exempt,
            (true, false) => Standing::Ours,
        };
        self.by_login.insert(account.login, Known { id: account.id, user, standing });
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

    /// The logins of active accounts that are not exempt: of those with these ids, or of all.
    pub(super) fn not_exempt<'a>(
        &'a self,
        ids: Option<&'a BTreeSet<String>>,
    ) -> impl Iterator<Item = &'a str> {
        let counts = move |known: &Known| {
            known.standing != Standing::Exempt && ids.is_none_or(|ids| ids.contains(&known.id))
        };
        self.by_login
            .iter()
            .filter(move |(login, known)| **login != self.own.login && counts(known))
            .map(|(login, _)| login.as_str())
    }

    /// The logins that fit the person: by id, or else by username where the account has no id of another person, or
    /// else by the user mapping.
    pub(super) fn logins_of(&self, id: UserId, username: &str) -> &[String] {
        let found =
            self.by_id.get(&id).or_else(|| self.by_username.get(username)).or_else(|| self.mapped.get(&id));
        found.map_or(&[], Vec::as_slice)
    }
}

/// Accounts by what the user mapping names them by.
pub(super) struct Named<'a> {
    by_login: HashMap<&'a str, &'a str>,
    by_email: HashMap<String, Vec<&'a str>>,
}

impl<'a> Named<'a> {
    pub(super) fn of(users: &'a [User]) -> Self {
        let by_login = users.iter().map(|user| (user.login.as_str(), user.login.as_str())).collect();
        let mut by_email = HashMap::<_, Vec<_>>::new();
        for (user, email) in users.iter().filter_map(|user| Some((user, user.email.as_ref()?))) {
            by_email.entry(email.to_lowercase()).or_default().push(user.login.as_str());
        }
        Self { by_login, by_email }
    }

    /// The account with this login, or else all with this e-mail address.
    pub(super) fn logins(&self, account: &str) -> Vec<String> {
        let login = self.by_login.get(account).map(|login| vec![*login]);
        let found = login.or_else(|| self.by_email.get(&account.to_lowercase()).cloned());
        found.unwrap_or_default().into_iter().map(str::to_owned).collect()
    }
}

impl External {
    pub(super) fn of(id: Option<&str>) -> Self {
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
