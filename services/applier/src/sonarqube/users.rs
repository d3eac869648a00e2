//! Accounts.

use std::fmt;

use serde::Deserialize;

use super::{
    Reader, SonarQubeError, endpoint,
    page::{Figures, Page, Row},
};

/// An active account.
#[derive(Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct User {
    /// SonarQube's id, which memberships name; permission calls want the login instead. Only shown to system
    /// administrators, as are all below but the name.
    pub(crate) id: String,
    /// SonarQube's login: for GitLab people a slug of the name and a random number, never the username.
    pub(crate) login: String,
    /// The name that people see.
    pub(crate) name: Option<String>,
    /// The e-mail address, which never gets into logs: `Debug` leaves it out.
    pub(crate) email: Option<String>,
    /// The key of the identity provider, `sonarqube` for local accounts.
    pub(crate) external_provider: Option<String>,
    /// The provider's id: GitLab's numeric user id as text.
    pub(crate) external_id: Option<String>,
    /// The provider's login: the GitLab username at the last sign-in.
    pub(crate) external_login: Option<String>,
}

impl fmt::Debug for User {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("User")
            .field("id", &self.id)
            .field("login", &self.login)
            .field("name", &self.name)
            .field("external_provider", &self.external_provider)
            .field("external_id", &self.external_id)
            .field("external_login", &self.external_login)
            .finish_non_exhaustive()
    }
}

#[derive(Debug, Deserialize)]
struct UsersPage {
    page: Figures,
    users: Vec<User>,
}

impl Page for UsersPage {
    type Row = User;

    fn parts(self) -> (usize, Vec<User>) {
        (self.page.total, self.users)
    }
}

impl Row for User {
    fn identity(&self) -> &str {
        &self.id
    }
}

impl Reader {
    /// Every active account: one call per 500.
    ///
    /// # Errors
    /// When the list is not whole.
    pub(crate) async fn users(&self) -> Result<Vec<User>, SonarQubeError> {
        self.reading.all::<UsersPage>(&endpoint::USERS, vec![("active", "true".to_owned())]).await
    }
}
