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

    /// Everything that each holds, keys that this build does not know included.
    pub(crate) fn by_grantee(&self) -> BTreeMap<Grantee, (PermissionSet, BTreeSet<&str>)> {
        let people = self.people.iter().map(|one| {
            (
                Grantee::Login(one.login.clone()),
                (one.permissions, one.other.iter().map(String::as_str).collect()),
            )
        });
        let groups = self.groups.iter().map(|one| {
            (
                Grantee::Group(one.name.clone()),
                (one.permissions, one.other.iter().map(String::as_str).collect()),
            )
        });
        people.chain(groups).collect()
    }

    /// The permissions of each, of those that this system handles.
    pub(crate) fn permissions(&self) -> BTreeMap<Grantee, PermissionSet> {
        let people = self.people.iter().map(|one| (Grantee::Login(one.login.clone()), one.permissions));
        let groups = self.groups.iter().map(|one| (Grantee::Group(one.name.clone()), one.permissions));
        people.chain(groups).collect()
    }
}

impl From<&GroupHolding> for GroupHolder {
    fn from(holding: &GroupHolding) -> Self {
        Self { name: holding.name.clone(), permissions: holding.permissions }
    }
}
