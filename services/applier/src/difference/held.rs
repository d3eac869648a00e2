//! Everything that is held on a project at one moment, and what SonarQube makes of it by itself.

use std::collections::{BTreeMap, BTreeSet};

use access::{GroupHolder, flipped};
use proto::{Grantee, PermissionSet, Visibility};

use crate::sonarqube::{ANYONE, GroupHolding, Holding, ProjectKey, Reader, SonarQubeError};

/// Everything that is held on a project.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Held {
    /// What SonarQube lists.
    pub(crate) people: Vec<Holding>,
    pub(crate) groups: Vec<GroupHolding>,
}

impl Held {
    /// Reads it: two lists, side by side.
    pub(crate) async fn read(reader: &Reader, project: &ProjectKey) -> Result<Self, SonarQubeError> {
        let (people, groups) = tokio::try_join!(reader.holders(project), reader.group_holders(project))?;
        Ok(Self { people, groups })
    }

    /// What a flip of the visibility makes of it.
    pub(super) fn flipped(&self, to: Visibility) -> Self {
        let person =
            |holding: &Holding| Holding { permissions: flipped(holding.permissions, to), ..holding.clone() };
        let group = |holding: &GroupHolding| GroupHolding {
            permissions: flipped(holding.permissions, to),
            ..holding.clone()
        };
        // Nothing can be granted to Anyone on a private project: a flip deletes it.
        let stays = |holding: &&GroupHolding| to == Visibility::Public || holding.name != ANYONE;
        Self {
            people: self.people.iter().map(person).collect(),
            groups: self.groups.iter().filter(stays).map(group).collect(),
        }
    }

    /// Each holder, with the permissions that this system handles and the keys of others.
    pub(crate) fn each(&self) -> impl Iterator<Item = (Grantee, PermissionSet, &[String])> {
        let people = self
            .people
            .iter()
            .map(|one| (Grantee::Login(one.login.clone()), one.permissions, one.other.as_slice()));
        let groups = self
            .groups
            .iter()
            .map(|one| (Grantee::Group(one.name.clone()), one.permissions, one.other.as_slice()));
        people.chain(groups)
    }

    /// The permissions of each, of those that this system handles.
    pub(crate) fn permissions(&self) -> BTreeMap<Grantee, PermissionSet> {
        self.each().map(|(grantee, permissions, _)| (grantee, permissions)).collect()
    }

    /// Whether both hold the same, in whatever order it is listed.
    pub(crate) fn is_same(&self, other: &Self) -> bool {
        let whole = |held: &Self| -> BTreeMap<Grantee, (PermissionSet, BTreeSet<String>)> {
            let keys = |other: &[String]| other.iter().cloned().collect();
            held.each().map(|(grantee, permissions, other)| (grantee, (permissions, keys(other)))).collect()
        };
        whole(self) == whole(other)
    }
}

impl From<&GroupHolding> for GroupHolder {
    fn from(holding: &GroupHolding) -> Self {
        Self { name: holding.name.clone(), permissions: holding.permissions }
    }
}
