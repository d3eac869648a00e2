//! Groups that open a private project to people whom GitLab keeps out.
//!
//! SonarQube gives every new project to a group of its default template, `sonar-users` unless somebody changed it, and
//! everybody who can sign in is in that group. A grant that nobody needs is not safety: without a look at the groups a
//! synchroniser only seems to protect. Does not decide which groups are closed: the settings name them.

use std::collections::BTreeSet;

use proto::{Change, ChangeKind, Grantee, Permission, PermissionSet, Visibility};

use crate::each;

/// SonarQube's own group of administrators, which is never closed.
pub const ADMINISTRATORS: &str = "sonar-administrators";

/// A group that holds permissions on a project.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GroupHolder {
    /// Its name; `Anyone` is everybody, signed in or not.
    pub name: String,
    /// What it holds.
    pub permissions: PermissionSet,
}

/// The revokes that close a project to the groups named in `closed`: everything that this system handles and that they
/// hold. A public project is everybody's, so nothing is closed there; the group of administrators stays whatever
/// `closed` says.
#[must_use]
pub fn closings(groups: &[GroupHolder], closed: &BTreeSet<String>, visibility: Visibility) -> Vec<Change> {
    if visibility == Visibility::Public {
        return Vec::new();
    }
    let mut groups: Vec<&GroupHolder> =
        groups.iter().filter(|group| closed.contains(&group.name) && group.name != ADMINISTRATORS).collect();
    groups.sort_by(|one, other| one.name.cmp(&other.name));
    let revokes = |group: &GroupHolder| {
        each(ChangeKind::Revoke, &Grantee::Group(group.name.clone()), group.permissions)
    };
    groups.into_iter().flat_map(revokes).collect()
}

/// Whether the permissions let somebody see a private project: without Browse no other permission opens it.
#[must_use]
pub const fn opens(permissions: PermissionSet, visibility: Visibility) -> bool {
    matches!(visibility, Visibility::Private) && permissions.contains(Permission::User)
}
