//! What a GitLab level is worth in SonarQube.
//!
//! Decides the permissions of a level, and with that the members of a plan. Does not decide who has which level, nor
//! what SonarQube will store of the permissions ([`stored`](crate::stored)).

use std::{collections::BTreeMap, fmt};

use proto::{AccessLevel, Member, Permission, PermissionSet};
use serde::{Deserialize, Serialize};

use crate::EffectiveAccess;

/// From level to permissions, as a table. A level without a line of its own has that of the next lower one. No access
/// and minimal access never give anything.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct RoleMap {
    lines: BTreeMap<AccessLevel, PermissionSet>,
}

impl RoleMap {
    /// The map of SonarQube's own GitLab provisioning (its migration `PopulateGitlabDevOpsPermissionsMapping`),
    /// extended to the roles that GitLab has added since: each counts as the next lower one of the map.
    #[must_use]
    pub fn sonarqube() -> Self {
        use Permission::{Admin, CodeViewer, IssueAdmin, Scan, SecurityHotspotAdmin, User};
        Self::from([
            (AccessLevel::Guest, [User].into()),
            (AccessLevel::Reporter, [User, CodeViewer].into()),
            (AccessLevel::Developer, [User, CodeViewer, IssueAdmin, SecurityHotspotAdmin, Scan].into()),
            (
                AccessLevel::Maintainer,
                [User, CodeViewer, IssueAdmin, SecurityHotspotAdmin, Scan, Admin].into(),
            ),
        ])
    }

    /// The map of the older tool of the same name. Nobody may run analyses by it; its installations analyse with
    /// a token of their own.
    #[must_use]
    pub fn guassp() -> Self {
        use Permission::{Admin, CodeViewer, IssueAdmin, SecurityHotspotAdmin, User};
        Self::from([
            (AccessLevel::Guest, [User].into()),
            (AccessLevel::Reporter, [User, CodeViewer].into()),
            (AccessLevel::Developer, [User, CodeViewer, IssueAdmin].into()),
            (AccessLevel::Maintainer, [User, CodeViewer, IssueAdmin, SecurityHotspotAdmin].into()),
            (AccessLevel::Owner, [User, CodeViewer, IssueAdmin, SecurityHotspotAdmin, Admin].into()),
        ])
    }

    /// The permissions of `level`.
    #[must_use]
    pub fn permissions(&self, level: AccessLevel) -> PermissionSet {
        if level <= AccessLevel::Minimal {
            return PermissionSet::EMPTY;
        }
        self.lines.range(..=level).next_back().map_or(PermissionSet::EMPTY, |(_, permissions)| *permissions)
    }

    /// This map with a line replaced or added.
    #[must_use]
    pub fn with(mut self, level: AccessLevel, permissions: PermissionSet) -> Self {
        self.lines.insert(level, permissions);
        self
    }

    /// This map, and no level gives `permission`.
    #[must_use]
    pub fn without(mut self, permission: Permission) -> Self {
        for permissions in self.lines.values_mut() {
            *permissions = permissions.minus([permission].into());
        }
        self
    }

    /// Where somebody who is promoted loses permissions: pairs of lines that follow each other.
    pub fn falls(&self) -> impl Iterator<Item = Fall> + '_ {
        self.lines.iter().zip(self.lines.iter().skip(1)).filter_map(|((lower, had), (higher, has))| {
            let missing = had.minus(*has);
            (!missing.is_empty()).then_some(Fall { lower: *lower, higher: *higher, missing })
        })
    }
}

impl<const N: usize> From<[(AccessLevel, PermissionSet); N]> for RoleMap {
    fn from(lines: [(AccessLevel, PermissionSet); N]) -> Self {
        Self { lines: lines.into() }
    }
}

/// A higher role with fewer permissions than a lower one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Fall {
    /// The lower role.
    pub lower: AccessLevel,
    /// The higher role.
    pub higher: AccessLevel,
    /// What the lower role has and the higher one has not.
    pub missing: PermissionSet,
}

impl fmt::Display for Fall {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { lower, higher, missing } = self;
        write!(f, "the role {higher} has less than the lower role {lower}: it lacks {missing}")
    }
}

/// A role map by name, as the settings spell it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Preset {
    /// [`RoleMap::sonarqube`]
    #[default]
    Sonarqube,
    /// [`RoleMap::guassp`]
    Guassp,
}

impl Preset {
    /// The map that the preset names.
    #[must_use]
    pub fn role_map(self) -> RoleMap {
        match self {
            Self::Sonarqube => RoleMap::sonarqube(),
            Self::Guassp => RoleMap::guassp(),
        }
    }
}

/// The members of a plan, by user id: everybody whose level is worth at least one permission.
#[must_use]
pub fn members(access: &EffectiveAccess, roles: &RoleMap) -> Vec<Member> {
    let everybody = access.people.iter().map(|(id, person)| Member {
        id: *id,
        username: person.username.clone(),
        level: person.level,
        permissions: roles.permissions(person.level),
    });
    everybody.filter(|member| !member.permissions.is_empty()).collect()
}

#[cfg(test)]
mod tests {
    use serde::de::{IntoDeserializer, value};

    use super::*;

    fn table(roles: &RoleMap) -> String {
        let lines = AccessLevel::ALL.map(|level| format!("{level}: {}", roles.permissions(level)));
        lines.join("\n")
    }

    #[test]
    fn the_default_is_the_map_of_sonarqubes_own_provisioning() {
        insta::assert_snapshot!(table(&Preset::default().role_map()), @r"
        no access: nothing
        minimal access: nothing
        guest: user
        planner: user
        reporter: user, codeviewer
        security manager: user, codeviewer
        developer: user, codeviewer, issueadmin, securityhotspotadmin, scan
        maintainer: user, codeviewer, issueadmin, securityhotspotadmin, scan, admin
        owner: user, codeviewer, issueadmin, securityhotspotadmin, scan, admin
        ");
    }

    #[test]
    fn the_older_tools_map_never_gives_scan_and_keeps_admin_for_owners() {
        insta::assert_snapshot!(table(&Preset::Guassp.role_map()), @r"
        no access: nothing
        minimal access: nothing
        guest: user
        planner: user
        reporter: user, codeviewer
        security manager: user, codeviewer
        developer: user, codeviewer, issueadmin
        maintainer: user, codeviewer, issueadmin, securityhotspotadmin
        owner: user, codeviewer, issueadmin, securityhotspotadmin, admin
        ");
    }

    #[test]
    fn in_the_presets_a_higher_level_never_has_fewer_permissions() {
        for roles in [RoleMap::sonarqube(), RoleMap::guassp()] {
            for pair in AccessLevel::ALL.windows(2) {
                let lost = roles.permissions(pair[0]).minus(roles.permissions(pair[1]));
                assert!(lost.is_empty(), "{} has {lost}, {} has not", pair[0], pair[1]);
            }
            assert_eq!(roles.falls().count(), 0);
        }
    }

    #[test]
    fn a_line_of_ones_own_counts_up_to_the_next_line() {
        let roles = RoleMap::sonarqube()
            .with(AccessLevel::Reporter, [Permission::User].into())
            .with(AccessLevel::Owner, PermissionSet::EMPTY);
        insta::assert_snapshot!(table(&roles.without(Permission::Scan)), @r"
        no access: nothing
        minimal access: nothing
        guest: user
        planner: user
        reporter: user
        security manager: user
        developer: user, codeviewer, issueadmin, securityhotspotadmin
        maintainer: user, codeviewer, issueadmin, securityhotspotadmin, admin
        owner: nothing
        ");
    }

    #[test]
    fn no_line_gives_anything_to_minimal_access() {
        let roles = RoleMap::default().with(AccessLevel::None, Permission::ALL.into());
        assert_eq!(roles.permissions(AccessLevel::Minimal), PermissionSet::EMPTY);
        assert_eq!(RoleMap::default().permissions(AccessLevel::Owner), PermissionSet::EMPTY);
    }

    #[test]
    fn a_promotion_that_takes_permissions_is_told() {
        let roles = RoleMap::guassp().with(AccessLevel::Developer, [Permission::Scan].into());
        let falls: Vec<_> = roles.falls().map(|fall| fall.to_string()).collect();
        assert_eq!(
            falls,
            [
                "the role developer has less than the lower role reporter: it lacks user, codeviewer",
                "the role maintainer has less than the lower role developer: it lacks scan",
            ]
        );
    }

    #[test]
    fn presets_are_spelt_in_lower_case() {
        let read = |word: &'static str| {
            let word: value::StrDeserializer<'_, value::Error> = word.into_deserializer();
            Preset::deserialize(word)
        };
        assert_eq!(read("sonarqube"), Ok(Preset::Sonarqube));
        assert_eq!(read("guassp"), Ok(Preset::Guassp));
        assert!(read("Sonarqube").is_err());
    }
}
