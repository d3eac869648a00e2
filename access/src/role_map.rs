//! What a GitLab level is worth in SonarQube.
//!
//! Decides the permissions of a level, and with that the members of a plan. Does not decide who has which level, nor
//! what SonarQube will store of the permissions ([`stored`](crate::stored)).

use proto::{AccessLevel, Member, Permission, PermissionSet};
use serde::{Deserialize, Serialize};

use crate::EffectiveAccess;

/// From level to permissions. Each level adds to the one below it, so a higher level never has fewer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RoleMap {
    steps: &'static [(AccessLevel, &'static [Permission])],
}

impl RoleMap {
    /// The map of SonarQube's own GitLab provisioning (its migration `PopulateGitlabDevOpsPermissionsMapping`),
    /// extended to the roles that GitLab has added since: each counts as the next lower one of the map.
    #[must_use]
    pub const fn sonarqube() -> Self {
        use Permission::{Admin, CodeViewer, IssueAdmin, Scan, SecurityHotspotAdmin, User};
        Self {
            steps: &[
                (AccessLevel::Guest, &[User]),
                (AccessLevel::Reporter, &[CodeViewer]),
                (AccessLevel::Developer, &[IssueAdmin, SecurityHotspotAdmin, Scan]),
                (AccessLevel::Maintainer, &[Admin]),
            ],
        }
    }

    /// The map of the older tool of the same name. Nobody may run analyses by it; its installations analyse with
    /// a token of their own.
    #[must_use]
    pub const fn guassp() -> Self {
        use Permission::{Admin, CodeViewer, IssueAdmin, SecurityHotspotAdmin, User};
        Self {
            steps: &[
                (AccessLevel::Guest, &[User]),
                (AccessLevel::Reporter, &[CodeViewer]),
                (AccessLevel::Developer, &[IssueAdmin]),
                (AccessLevel::Maintainer, &[SecurityHotspotAdmin]),
                (AccessLevel::Owner, &[Admin]),
            ],
        }
    }

    /// The permissions of `level`.
    #[must_use]
    pub fn permissions(&self, level: AccessLevel) -> PermissionSet {
        self.steps
            .iter()
            .filter(|(from, _)| *from <= level)
            .flat_map(|(_, adds)| adds.iter().copied())
            .collect()
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
    pub const fn role_map(self) -> RoleMap {
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
    fn a_higher_level_never_has_fewer_permissions() {
        for roles in [RoleMap::sonarqube(), RoleMap::guassp()] {
            for pair in AccessLevel::ALL.windows(2) {
                let lost = roles.permissions(pair[0]).minus(roles.permissions(pair[1]));
                assert!(lost.is_empty(), "{} has {lost}, {} has not", pair[0], pair[1]);
            }
        }
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
