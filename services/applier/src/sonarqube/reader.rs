//! The reading half: the server itself and the account this system signs in with. What it reads besides is told by
//! the files next to this one.

use std::sync::Arc;

use jiff::Timestamp;
use runtime::token::TokenFacts;
use serde::Deserialize;

use super::{
    Cached, SonarQubeError, endpoint,
    reading::{Query, Reading},
    settings::DopSetting,
};

/// Reads SonarQube. Cheap to clone; clones share what is cached.
#[derive(Debug, Clone)]
pub(crate) struct Reader {
    pub(super) reading: Reading,
    pub(super) alm_key: Option<String>,
    pub(super) settings: Arc<Cached<Vec<DopSetting>>>,
}

/// The account that this system signs in with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Account {
    /// Its login.
    pub(crate) login: String,
    /// Whether it has "Administer System", which nearly every call needs.
    pub(crate) administers_system: bool,
    /// Whether it has "Create Projects", which reading bindings needs.
    pub(crate) creates_projects: bool,
    /// When the token ends, where it does.
    pub(crate) token_expires: Option<Timestamp>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct CurrentUser {
    is_logged_in: bool,
    login: Option<String>,
    #[serde(default)]
    permissions: CurrentPermissions,
}

#[derive(Debug, Default, Deserialize)]
struct CurrentPermissions {
    #[serde(default)]
    global: Vec<String>,
}

/// The header of every answer to a token that ends.
const EXPIRES: &str = "sonarqube-authentication-token-expiration";

impl Reader {
    pub(super) fn new(reading: Reading, alm_key: Option<String>) -> Self {
        Self { reading, alm_key, settings: Arc::new(Cached::new()) }
    }

    /// The server's version, if it is up: such as `26.8.0.126808` or `2026.4.1.…`, two lines of numbers that cannot
    /// be compared with each other.
    ///
    /// # Errors
    /// [`SonarQubeError::NotReady`] in every state but `UP`, and [`SonarQubeError::TooOld`] before 10.8.
    pub(crate) async fn status(&self) -> Result<String, SonarQubeError> {
        Ok(self.reading.status().await?.version)
    }

    /// The account of the token, in one call.
    ///
    /// # Errors
    /// [`SonarQubeError::Refused`] when the token is not good, also where visitors may read without one.
    pub(crate) async fn account(&self) -> Result<Account, SonarQubeError> {
        let (current, headers) =
            self.reading.get_whole::<CurrentUser>(&endpoint::CURRENT_USER, Query::new()).await?;
        let login = current.login.filter(|_| current.is_logged_in).ok_or_else(SonarQubeError::anonymous)?;
        let has = |key: &str| current.permissions.global.iter().any(|permission| permission == key);
        Ok(Account {
            login,
            administers_system: has("admin"),
            creates_projects: has("provisioning"),
            token_expires: headers.get(EXPIRES).and_then(|at| at.to_str().ok()?.parse().ok()),
        })
    }
}

impl Account {
    /// What it says of the token. SonarQube's tokens have no scopes: they may do what their account may.
    pub(crate) fn facts(self) -> TokenFacts {
        let rights = [
            (self.administers_system, endpoint::USERS.right),
            (self.creates_projects, endpoint::BINDINGS.right),
        ];
        let scopes = rights.into_iter().filter(|(has, _)| *has).map(|(_, right)| right.to_owned()).collect();
        TokenFacts { account: self.login, scopes, expires_at: self.token_expires }
    }

    /// The account, if it can do this system's work.
    ///
    /// # Errors
    /// [`SonarQubeError::Forbidden`] that names the missing right.
    pub(crate) fn with_rights(self) -> Result<Self, SonarQubeError> {
        match (self.administers_system, self.creates_projects) {
            (true, true) => Ok(self),
            (false, _) => Err(SonarQubeError::lacks(&self.login, endpoint::USERS.right)),
            (true, false) => Err(SonarQubeError::lacks(&self.login, endpoint::BINDINGS.right)),
        }
    }
}
