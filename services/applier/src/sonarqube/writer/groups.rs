//! Grants of groups on one project. Whose they are, and what they should hold, is the caller's decision.

use proto::Permission;

use super::{Writer, about_visibility, grant_form};
use crate::sonarqube::{ProjectKey, SonarQubeError, endpoint};

/// The group whose members can always mend what was taken from everybody else.
const ADMINISTRATORS: &str = "sonar-administrators";

impl Writer {
    /// Gives the group the permission; giving it again changes nothing. On a public project SonarQube drops `user` and
    /// `codeviewer` without a word. `Anyone` can have nothing on a private project, and nowhere `admin`.
    ///
    /// # Errors
    /// [`SonarQubeError::GroupGone`] or [`SonarQubeError::ProjectGone`] when one of the two is not there;
    /// [`SonarQubeError::Incomplete`] for `Anyone` on a private project, which then became so a moment ago.
    pub(crate) async fn grant_group(
        &self,
        project: &ProjectKey,
        group: &str,
        permission: Permission,
    ) -> Result<(), SonarQubeError> {
        let form = grant_form(project, ("groupName", group), permission);
        let granted = self.write(&endpoint::GRANT_GROUP, form).await;
        granted.map_err(|error| about_visibility(&endpoint::GRANT_GROUP, error))
    }

    /// Takes the permission from the group; taking it again changes nothing.
    ///
    /// # Errors
    /// As [`Writer::grant_group`]; [`SonarQubeError::Protected`] for `sonar-administrators`, without asking SonarQube,
    /// which would do it; and [`SonarQubeError::Incomplete`] for `user` and `codeviewer` on a public project, which
    /// then became so a moment ago.
    pub(crate) async fn revoke_group(
        &self,
        project: &ProjectKey,
        group: &str,
        permission: Permission,
    ) -> Result<(), SonarQubeError> {
        check_takeable(group)?;
        let form = grant_form(project, ("groupName", group), permission);
        let revoked = self.write(&endpoint::REVOKE_GROUP, form).await;
        revoked.map_err(|error| about_visibility(&endpoint::REVOKE_GROUP, error))
    }
}

/// Refuses to take anything from the administrators. SonarQube trims names, and so does this.
pub(super) fn check_takeable(group: &str) -> Result<(), SonarQubeError> {
    let name = group.trim_matches(|c: char| c.is_whitespace() || c.is_control());
    if name.eq_ignore_ascii_case(ADMINISTRATORS) {
        return Err(SonarQubeError::Protected { group: ADMINISTRATORS });
    }
    Ok(())
}
