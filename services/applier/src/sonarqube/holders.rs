//! Who holds permissions on a project.

use proto::{Permission, PermissionSet};
use serde::Deserialize;

use super::{
    ProjectKey, Reader, SonarQubeError, endpoint,
    page::{Figures, Page, Row, incomplete, repeated},
};

/// One account and what it holds itself on a project; what groups give it is not in here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Holding {
    /// The account's login.
    pub(crate) login: String,
    /// The permissions that this system handles.
    pub(crate) permissions: PermissionSet,
    /// The keys of other permissions, which newer versions bring; they are left alone.
    pub(crate) other: Vec<String>,
}

#[derive(Debug, Deserialize)]
struct HoldersPage {
    paging: Figures,
    users: Vec<UserRow>,
}

#[derive(Debug, Deserialize)]
struct UserRow {
    login: String,
    #[serde(default)]
    permissions: Vec<String>,
}

#[derive(Debug, Deserialize)]
struct GroupHoldersPage {
    paging: Figures,
    groups: Vec<GroupRow>,
}

#[derive(Debug, Deserialize)]
struct GroupRow {
    name: String,
    #[serde(default)]
    permissions: Vec<String>,
}

impl Page for HoldersPage {
    type Row = UserRow;

    fn parts(self) -> (usize, Vec<UserRow>) {
        (self.paging.total, self.users)
    }
}

impl Row for UserRow {
    fn identity(&self) -> &str {
        &self.login
    }
}

impl Page for GroupHoldersPage {
    type Row = GroupRow;

    fn parts(self) -> (usize, Vec<GroupRow>) {
        (self.paging.total, self.groups)
    }
}

impl Row for GroupRow {
    fn identity(&self) -> &str {
        &self.name
    }
}

impl From<UserRow> for Holding {
    fn from(row: UserRow) -> Self {
        let known = |key: &String| key.parse::<Permission>().ok();
        let permissions = row.permissions.iter().filter_map(known).collect();
        let other = row.permissions.into_iter().filter(|key| known(key).is_none()).collect();
        Self { login: row.login, permissions, other }
    }
}

impl Reader {
    /// Everybody with at least one permission of their own on the project: one call per 100, and one more where
    /// their number is a multiple of 100. SonarQube lists them first and then everybody else, who is not read.
    ///
    /// # Errors
    /// [`SonarQubeError::Incomplete`] when the list moved while it was read.
    pub(crate) async fn holders(&self, project: &ProjectKey) -> Result<Vec<Holding>, SonarQubeError> {
        let query = vec![("projectKey", project.to_string())];
        let (mut rows, mut index) = (Vec::new(), 1);
        loop {
            let (total, found) = self.reading.page::<HoldersPage>(&endpoint::HOLDERS, &query, index).await?;
            let read = found.len();
            // Everybody is listed, with grants or without: at the least the account that asks.
            if read == 0 {
                let reason = format!("{} rows of {total} were read", rows.len());
                return Err(incomplete(&endpoint::HOLDERS, reason));
            }
            let held: Vec<_> = found.into_iter().take_while(|row| !row.permissions.is_empty()).collect();
            let holders_end_here = held.len() < read;
            rows.extend(held);
            if holders_end_here || rows.len() >= total {
                return distinct(rows);
            }
            index += 1;
        }
    }

    /// The names of the groups with `permission` on the project; `Anyone` is one of them where it has it.
    ///
    /// # Errors
    /// When the list is not whole.
    pub(crate) async fn group_holders(
        &self,
        project: &ProjectKey,
        permission: Permission,
    ) -> Result<Vec<String>, SonarQubeError> {
        let query = vec![("projectKey", project.to_string()), ("permission", permission.key().to_owned())];
        let groups = self.reading.all::<GroupHoldersPage>(&endpoint::GROUP_HOLDERS, query).await?;
        let holds = |group: &GroupRow| group.permissions.iter().any(|key| key == permission.key());
        Ok(groups.into_iter().filter(holds).map(|group| group.name).collect())
    }
}

fn distinct(rows: Vec<UserRow>) -> Result<Vec<Holding>, SonarQubeError> {
    match repeated(rows.iter().map(Row::identity)) {
        Some(login) => Err(incomplete(&endpoint::HOLDERS, format!("{login} is listed twice"))),
        None => Ok(rows.into_iter().map(Holding::from).collect()),
    }
}
