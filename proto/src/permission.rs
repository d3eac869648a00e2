//! SonarQube's project permissions, as far as this system grants and revokes them.

use std::{fmt, str::FromStr};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// One project permission of SonarQube. Keys that are not listed here (plugins and newer versions bring some) are
/// left alone wherever they are found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Permission {
    /// Browse. SonarQube stores it on private projects only.
    User,
    /// See source code. SonarQube stores it on private projects only.
    CodeViewer,
    /// Administer issues.
    IssueAdmin,
    /// Administer security hotspots.
    SecurityHotspotAdmin,
    /// Execute analysis.
    Scan,
    /// Administer the project.
    Admin,
}

impl Permission {
    /// Every permission, in the order in which they are granted.
    pub const ALL: [Self; 6] =
        [Self::User, Self::CodeViewer, Self::IssueAdmin, Self::SecurityHotspotAdmin, Self::Scan, Self::Admin];

    /// The key in SonarQube's API.
    #[must_use]
    pub const fn key(self) -> &'static str {
        match self {
            Self::User => "user",
            Self::CodeViewer => "codeviewer",
            Self::IssueAdmin => "issueadmin",
            Self::SecurityHotspotAdmin => "securityhotspotadmin",
            Self::Scan => "scan",
            Self::Admin => "admin",
        }
    }

    const fn bit(self) -> u8 {
        1 << self as u8
    }
}

impl fmt::Display for Permission {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.key())
    }
}

/// A key that is no permission this system handles.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnknownPermission(pub String);

impl fmt::Display for UnknownPermission {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let known = PermissionSet::from_iter(Permission::ALL);
        write!(f, "unknown permission \"{}\"; known are {known}", self.0)
    }
}

impl std::error::Error for UnknownPermission {}

impl FromStr for Permission {
    type Err = UnknownPermission;

    fn from_str(key: &str) -> Result<Self, Self::Err> {
        Self::ALL.into_iter().find(|p| p.key() == key).ok_or_else(|| UnknownPermission(key.to_owned()))
    }
}

/// A set of permissions; written as a list of keys.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(from = "Vec<Permission>", into = "Vec<Permission>")]
pub struct PermissionSet(u8);

impl PermissionSet {
    /// The set without a permission.
    pub const EMPTY: Self = Self(0);

    /// Whether `permission` is in the set.
    #[must_use]
    pub const fn contains(self, permission: Permission) -> bool {
        self.0 & permission.bit() != 0
    }

    /// What is in `self` and not in `other`.
    #[must_use]
    pub const fn minus(self, other: Self) -> Self {
        Self(self.0 & !other.0)
    }

    /// What is in `self` or in `other`.
    #[must_use]
    pub const fn with(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Whether nothing is in the set.
    #[must_use]
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// How many permissions are in the set.
    #[must_use]
    pub const fn len(self) -> usize {
        self.0.count_ones() as usize
    }

    /// The permissions, in the order of [`Permission::ALL`].
    pub fn iter(self) -> impl Iterator<Item = Permission> {
        Permission::ALL.into_iter().filter(move |p| self.contains(*p))
    }
}

impl FromIterator<Permission> for PermissionSet {
    fn from_iter<I: IntoIterator<Item = Permission>>(permissions: I) -> Self {
        Self(permissions.into_iter().fold(0, |bits, p| bits | p.bit()))
    }
}

impl<const N: usize> From<[Permission; N]> for PermissionSet {
    fn from(permissions: [Permission; N]) -> Self {
        permissions.into_iter().collect()
    }
}

impl From<Vec<Permission>> for PermissionSet {
    fn from(permissions: Vec<Permission>) -> Self {
        permissions.into_iter().collect()
    }
}

impl From<PermissionSet> for Vec<Permission> {
    fn from(set: PermissionSet) -> Self {
        set.iter().collect()
    }
}

impl fmt::Display for PermissionSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let keys: Vec<_> = self.iter().map(Permission::key).collect();
        f.write_str(if keys.is_empty() { "nothing" } else { "" })?;
        f.write_str(&keys.join(", "))
    }
}

impl fmt::Debug for PermissionSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{{{self}}}")
    }
}

impl JsonSchema for PermissionSet {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "PermissionSet".into()
    }

    fn json_schema(generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
        Vec::<Permission>::json_schema(generator)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_set_is_written_as_keys_in_a_fixed_order() {
        let set = PermissionSet::from([Permission::Admin, Permission::User]);
        assert_eq!(serde_json::to_string(&set).unwrap(), r#"["user","admin"]"#);
        assert_eq!(set.to_string(), "user, admin");
        assert_eq!(PermissionSet::EMPTY.to_string(), "nothing");
    }

    #[test]
    fn minus_keeps_what_the_other_lacks() {
        let have = PermissionSet::from([Permission::User, Permission::Scan]);
        assert_eq!(have.minus([Permission::User].into()), [Permission::Scan].into());
    }

    #[test]
    fn an_unknown_key_names_the_known_ones() {
        let error = "browse".parse::<Permission>().unwrap_err();
        assert!(error.to_string().contains("user, codeviewer"), "{error}");
    }
}
