//! Accounts and the members of groups.

use std::collections::BTreeSet;

use serde::Deserialize;

use super::{
    Reader, SonarQubeError, endpoint,
    page::{Figures, Page, Row},
};

/// An active account.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct User {
    /// SonarQube's id, which memberships name; permission calls want the login instead.
    pub(crate) id: String,
    /// SonarQube's login: for GitLab people a slug of the name and a random number, never the username.
    pub(crate) login: String,
    /// The name that people see.
    pub(crate) name: Option<String>,
    /// The key of the identity provider, `sonarqube` for local accounts. Only shown to system administrators, as are
    /// the two below.
    pub(crate) external_provider: Option<String>,
    /// The provider's id: GitLab's numeric user id as text.
    pub(crate) external_id: Option<String>,
    /// The provider's login: the GitLab username at the last sign-in.
    pub(crate) external_login: Option<String>,
}

#[derive(Debug, Deserialize)]
struct UsersPage {
    page: Figures,
    users: Vec<User>,
}

#[derive(Debug, Deserialize)]
struct GroupsPage {
    page: Figures,
    groups: Vec<Group>,
}

#[derive(Debug, Deserialize)]
struct Group {
    id: String,
    name: String,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct MembershipsPage {
    page: Figures,
    group_memberships: Vec<Membership>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Membership {
    id: String,
    group_id: String,
    user_id: String,
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

impl Page for GroupsPage {
    type Row = Group;

    fn parts(self) -> (usize, Vec<Group>) {
        (self.page.total, self.groups)
    }
}

impl Row for Group {
    fn identity(&self) -> &str {
        &self.id
    }
}

impl Page for MembershipsPage {
    type Row = Membership;

    fn parts(self) -> (usize, Vec<Membership>) {
        (self.page.total, self.group_memberships)
    }
}

impl Row for Membership {
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

    /// The ids of the members of the group with exactly this name.
    ///
    /// # Errors
    /// [`SonarQubeError::Misconfigured`] when there is no such group: a misspelled name must not mean "nobody".
    pub(crate) async fn group_members(&self, name: &str) -> Result<BTreeSet<String>, SonarQubeError> {
        let groups = self.reading.all::<GroupsPage>(&endpoint::GROUPS, vec![("q", name.to_owned())]).await?;
        let group = groups.into_iter().find(|group| group.name == name).ok_or_else(|| no_group(name))?;
        let query = vec![("groupId", group.id.clone())];
        let memberships = self.reading.all::<MembershipsPage>(&endpoint::MEMBERSHIPS, query).await?;
        let of_group = memberships.into_iter().filter(|membership| membership.group_id == group.id);
        Ok(of_group.map(|membership| membership.user_id).collect())
    }
}

fn no_group(name: &str) -> SonarQubeError {
    SonarQubeError::Misconfigured {
        problem: format!("SonarQube has no group \"{name}\""),
        mend: "correct SONARQUBE_SKIP_GROUPS; names are compared with upper and lower case".to_owned(),
    }
}
