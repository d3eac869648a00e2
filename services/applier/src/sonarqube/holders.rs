//! Who holds permissions: people and groups on a project, groups in a template.

use proto::{Permission, PermissionSet};
use serde::Deserialize;

use super::{
    ProjectKey, Reader, SonarQubeError,
    endpoint::{self, Endpoint},
    page::{Figures, Page, Row, incomplete, repeated},
    reading::{Query, Reading},
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

/// One group and what it holds on a project, or gets from a template.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct GroupHolding {
    /// The group's name; `Anyone` is everybody, signed in or not.
    pub(crate) name: String,
    /// The permissions that this system handles.
    pub(crate) permissions: PermissionSet,
    /// The keys of other permissions. SonarQube may list one here that it refuses to grant: the default template of
    /// 26.8 has `architectureadmin`.
    pub(crate) other: Vec<String>,
}

/// A row of a list that has the holders first.
trait Held: Row {
    fn permissions(&self) -> &[String];

    fn holds_nothing(&self) -> bool {
        self.permissions().is_empty()
    }
}

/// How many rows without a permission at the end of a page say that the holders are through. Single ones stand among
/// the holders (seen on 25.1 and 26.8): `Anyone`, as soon as any group holds something, and whoever only holds a
/// permission that this version hides.
const NOBODY_MORE: usize = 3;

impl Reading {
    /// The rows with at least one permission. SonarQube lists them first, then everybody else, who is not read.
    async fn held<P: Page<Row: Held>>(
        &self,
        endpoint: &'static Endpoint,
        query: &Query,
    ) -> Result<Vec<P::Row>, SonarQubeError> {
        let (mut rows, mut read) = (Vec::new(), 0);
        for index in 1.. {
            let (total, found) = self.page::<P>(endpoint, query, index).await?;
            // Nobody is left out of the list: at the least there are the account that asks and the default group.
            if found.is_empty() {
                return Err(incomplete(endpoint, format!("{read} rows of {total} were read")));
            }
            read += found.len();
            let ends_here = found.iter().rev().take(NOBODY_MORE).all(Held::holds_nothing);
            rows.extend(found.into_iter().filter(|row| !row.holds_nothing()));
            if ends_here || read >= total {
                break;
            }
        }
        match repeated(rows.iter().map(Row::identity)) {
            Some(identity) => Err(incomplete(endpoint, format!("{identity} is listed twice"))),
            None => Ok(rows),
        }
    }

    /// The groups of a list that has them first which hold something.
    pub(super) async fn groups_held(
        &self,
        endpoint: &'static Endpoint,
        query: &Query,
    ) -> Result<Vec<GroupHolding>, SonarQubeError> {
        let rows = self.held::<GroupsPage>(endpoint, query).await?;
        Ok(rows.into_iter().map(GroupHolding::from).collect())
    }
}

impl Reader {
    /// Everybody with at least one permission of their own on the project: one call per 100, and one more where
    /// their number is just about a multiple of 100.
    ///
    /// # Errors
    /// [`SonarQubeError::Incomplete`] when the list moved while it was read.
    pub(crate) async fn holders(&self, project: &ProjectKey) -> Result<Vec<Holding>, SonarQubeError> {
        let rows = self.reading.held::<UsersPage>(&endpoint::HOLDERS, &of(project)).await?;
        Ok(rows.into_iter().map(Holding::from).collect())
    }

    /// Every group with at least one permission of its own on the project, `Anyone` included. One call where fewer
    /// than 98 groups hold something, however many groups there are: 25.1 and 26.8 list the holders first, by name
    /// without regard to case, then all other groups (about 50 ms a call with 166 groups).
    ///
    /// # Errors
    /// As [`Reader::holders`].
    pub(crate) async fn group_holders(
        &self,
        project: &ProjectKey,
    ) -> Result<Vec<GroupHolding>, SonarQubeError> {
        self.reading.groups_held(&endpoint::GROUP_HOLDERS, &of(project)).await
    }

    /// Every group with a global permission, `Anyone` included. Only to be told: nothing of this is ever changed.
    ///
    /// # Errors
    /// As [`Reader::holders`].
    pub(crate) async fn global_groups(&self) -> Result<Vec<GroupHolding>, SonarQubeError> {
        self.reading.groups_held(&endpoint::GROUP_HOLDERS, &Query::new()).await
    }
}

fn of(project: &ProjectKey) -> Query {
    vec![("projectKey", project.to_string())]
}

/// Parts the keys into those that this system handles and the others.
fn parted(keys: Vec<String>) -> (PermissionSet, Vec<String>) {
    let known = |key: &String| key.parse::<Permission>().ok();
    let permissions = keys.iter().filter_map(known).collect();
    let other = keys.into_iter().filter(|key| known(key).is_none()).collect();
    (permissions, other)
}

impl From<UserRow> for Holding {
    fn from(row: UserRow) -> Self {
        let (permissions, other) = parted(row.permissions);
        Self { login: row.login, permissions, other }
    }
}

impl From<GroupRow> for GroupHolding {
    fn from(row: GroupRow) -> Self {
        let (permissions, other) = parted(row.permissions);
        Self { name: row.name, permissions, other }
    }
}

#[derive(Debug, Deserialize)]
struct UsersPage {
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
struct GroupsPage {
    paging: Figures,
    groups: Vec<GroupRow>,
}

#[derive(Debug, Deserialize)]
struct GroupRow {
    name: String,
    #[serde(default)]
    permissions: Vec<String>,
}

impl Page for UsersPage {
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

impl Held for UserRow {
    fn permissions(&self) -> &[String] {
        &self.permissions
    }
}

impl Page for GroupsPage {
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

impl Held for GroupRow {
    fn permissions(&self) -> &[String] {
        &self.permissions
    }
}
