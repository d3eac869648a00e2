//! Changes of grants: to whom, which permission, given or taken; and how a set of them reads.

mod words;

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{Permission, PermissionSet};

pub use words::Lines;
pub(crate) use words::ProjectLines;

/// One permission given to, or taken from, one account or group.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
pub struct Change {
    /// Given or taken.
    pub kind: ChangeKind,
    /// Whose it is.
    #[serde(flatten)]
    pub grantee: Grantee,
    /// The permission.
    pub permission: Permission,
}

/// Who holds permissions in SonarQube. Accounts come before groups.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Grantee {
    /// An account, by its login.
    Login(String),
    /// A group, by its name; `Anyone` is everybody, signed in or not.
    Group(String),
}

/// Given or taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ChangeKind {
    /// Given.
    Grant,
    /// Taken.
    Revoke,
}

/// A group that holds permissions on a project which GitLab opens to fewer people.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Exposure {
    /// The group's name.
    pub group: String,
    /// What it holds, of the permissions that this system handles.
    pub permissions: PermissionSet,
    /// How many active accounts of the group GitLab gives no access to the project.
    pub lets_in: usize,
}

/// For example `group sonar-users lets in 12 people whom GitLab keeps out (user, codeviewer)`.
impl fmt::Display for Exposure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let people =
            if self.lets_in == 1 { "1 person".to_owned() } else { format!("{} people", self.lets_in) };
        write!(f, "group {} lets in {people} whom GitLab keeps out ({})", self.group, self.permissions)
    }
}

impl Grantee {
    /// The login, where it is an account.
    #[must_use]
    pub fn login(&self) -> Option<&str> {
        match self {
            Self::Login(login) => Some(login),
            Self::Group(_) => None,
        }
    }
}

/// For example `jane` or `group sonar-users`.
impl fmt::Display for Grantee {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Login(login) => f.write_str(login),
            Self::Group(group) => write!(f, "group {group}"),
        }
    }
}

impl ChangeKind {
    /// The kind as a word, for subjects, metrics and logs.
    #[must_use]
    pub const fn key(self) -> &'static str {
        match self {
            Self::Grant => "grant",
            Self::Revoke => "revoke",
        }
    }

    /// The sign in front of a line of a plan.
    #[must_use]
    pub const fn sign(self) -> char {
        match self {
            Self::Grant => '+',
            Self::Revoke => '-',
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_change_names_a_login_or_a_group() {
        let change = |grantee| Change { kind: ChangeKind::Revoke, grantee, permission: Permission::User };
        for (change, text) in [
            (
                change(Grantee::Login("jane".to_owned())),
                r#"{"kind":"revoke","login":"jane","permission":"user"}"#,
            ),
            (
                change(Grantee::Group("sonar-users".to_owned())),
                r#"{"kind":"revoke","group":"sonar-users","permission":"user"}"#,
            ),
        ] {
            assert_eq!(serde_json::to_string(&change).unwrap(), text);
            assert_eq!(serde_json::from_str::<Change>(text).unwrap(), change);
        }
    }
}
