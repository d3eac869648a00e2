//! Groups and their members.

use std::collections::BTreeSet;

use serde::Deserialize;

use super::{
    Reader, SonarQubeError, endpoint,
    page::{Figures, Page, Row, incomplete},
    reading::Query,
};

/// SonarQube's name of everybody, signed in or not.
pub(crate) const ANYONE: &str = "Anyone";

/// A group. `Anyone` is none: it has no members and is not listed.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub(crate) struct Group {
    /// SonarQube's id, which memberships name.
    pub(crate) id: String,
    /// Its name; permission calls want this. Compared with upper and lower case.
    pub(crate) name: String,
    /// Whether everybody is in it (`sonar-users`). Its memberships cannot be changed.
    pub(crate) default: bool,
}

#[derive(Debug, Deserialize)]
struct GroupsPage {
    page: Figures,
    groups: Vec<Group>,
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
    /// Every group: one call per 500.
    ///
    /// # Errors
    /// When the list is not whole.
    pub(crate) async fn groups(&self) -> Result<Vec<Group>, SonarQubeError> {
        self.groups_with(Query::new()).await
    }

    /// The ids of the members of the group: one call per 500, for the default group as well, whose members are all
    /// accounts. One more where it has none, as SonarQube says the same of a group that is not there.
    ///
    /// # Errors
    /// [`SonarQubeError::Incomplete`] when the list is not whole, or the group is not there any more.
    pub(crate) async fn members_of(&self, group: &Group) -> Result<BTreeSet<String>, SonarQubeError> {
        let query = vec![("groupId", group.id.clone())];
        let memberships = self.reading.all::<MembershipsPage>(&endpoint::MEMBERSHIPS, query).await?;
        let of_group = memberships.into_iter().filter(|membership| membership.group_id == group.id);
        let members: BTreeSet<String> = of_group.map(|membership| membership.user_id).collect();
        if members.is_empty() && self.named(&group.name).await?.is_none_or(|found| found.id != group.id) {
            let reason = format!("the group {} is not there any more", group.name);
            return Err(incomplete(&endpoint::MEMBERSHIPS, reason));
        }
        Ok(members)
    }

    /// The ids of the members of the group with exactly this name.
    ///
    /// # Errors
    /// [`SonarQubeError::Misconfigured`] when there is no such group: a misspelled name must not mean "nobody".
    pub(crate) async fn group_members(&self, name: &str) -> Result<BTreeSet<String>, SonarQubeError> {
        let group = self.named(name).await?.ok_or_else(|| no_group(name))?;
        self.members_of(&group).await
    }

    async fn named(&self, name: &str) -> Result<Option<Group>, SonarQubeError> {
        let groups = self.groups_with(vec![("q", name.to_owned())]).await?;
        Ok(groups.into_iter().find(|group| group.name == name))
    }

    async fn groups_with(&self, query: Query) -> Result<Vec<Group>, SonarQubeError> {
        self.reading.all::<GroupsPage>(&endpoint::GROUPS, query).await
    }
}

fn no_group(name: &str) -> SonarQubeError {
    SonarQubeError::Misconfigured {
        problem: format!("SonarQube has no group \"{name}\""),
        mend: "correct SONARQUBE_SKIP_GROUPS; names are compared with upper and lower case".to_owned(),
    }
}
