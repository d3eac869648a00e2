//! Who holds permissions on a SonarQube project, and what SonarQube stores of a set of permissions.
//!
//! Decides nothing about who should hold what ([`diff`](crate::diff())). Whoever reads SonarQube decides the
//! [`Owner`], because it alone knows the identity provider and the settings.

use proto::{Permission, PermissionSet, Visibility};

/// One SonarQube account that holds permissions on the project, or is to hold some.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Holder {
    /// SonarQube's login of the account; not the GitLab username.
    pub login: String,
    /// What it holds itself; what groups give it is not in here.
    pub permissions: PermissionSet,
    /// Whether its grants are ours to change.
    pub owner: Owner,
}

/// Whose matter the grants of an account are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Owner {
    /// This system's: the identity provider is GitLab, the person is not exempt, and the account is not the one
    /// this system signs in with.
    Ours,
    /// Somebody else's: never touched, neither way.
    Foreign,
}

/// What SonarQube really stores of `permissions`: on a public project it answers 204 to a grant of `user` or
/// `codeviewer` and drops it (`UserPermissionChanger`), as everybody has both there.
#[must_use]
pub fn stored(permissions: PermissionSet, visibility: Visibility) -> PermissionSet {
    match visibility {
        Visibility::Private => permissions,
        Visibility::Public => permissions.minus([Permission::User, Permission::CodeViewer].into()),
    }
}

/// What a flip of the visibility to `to` makes of what somebody holds (`VisibilityService`): on the way to private every
/// holder is given `user` and `codeviewer`; on the way to public both are taken from everybody, as everybody has them.
#[must_use]
pub fn flipped(held: PermissionSet, to: Visibility) -> PermissionSet {
    match to {
        Visibility::Public => stored(held, Visibility::Public),
        Visibility::Private => held.iter().chain([Permission::User, Permission::CodeViewer]).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_flip_gives_or_takes_what_everybody_has_on_a_public_project() {
        let scan = PermissionSet::from([Permission::Scan]);
        assert_eq!(flipped(scan, Visibility::Private).to_string(), "user, codeviewer, scan");
        assert_eq!(flipped(flipped(scan, Visibility::Private), Visibility::Public), scan);
    }

    #[test]
    fn a_private_project_stores_every_permission() {
        let all = PermissionSet::from(Permission::ALL);
        assert_eq!(stored(all, Visibility::Private), all);
    }

    #[test]
    fn a_public_project_stores_neither_browse_nor_see_source() {
        let kept = stored(Permission::ALL.into(), Visibility::Public);
        assert_eq!(kept.to_string(), "issueadmin, securityhotspotadmin, scan, admin");
    }
}
