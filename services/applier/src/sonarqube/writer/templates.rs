//! Permission templates: made, filled one permission at a time, copied onto a project, deleted.
//!
//! Changing a template changes no project; applying it does.

use proto::Permission;
use serde::Deserialize;

use super::{Form, SYSTEM, Writer, groups::check_takeable};
use crate::sonarqube::{ProjectKey, SonarQubeError, TemplateId, endpoint};

/// What SonarQube's database holds, in units of UTF-16. Of longer text it says "An error has occurred" (500).
const NAME_LENGTH: usize = 100;
const DESCRIPTION_LENGTH: usize = 4000;

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Created {
    permission_template: CreatedTemplate,
}

#[derive(Debug, Deserialize)]
struct CreatedTemplate {
    id: TemplateId,
}

impl Writer {
    /// Makes an empty template. A name can be there once, in whatever case: when the call is made again, the first may
    /// have done its work unseen, so take a new name for each try.
    ///
    /// # Errors
    /// [`SonarQubeError::TooLong`] for a name of more than 100 or a description of more than 4000 units of UTF-16;
    /// [`SonarQubeError::Rejected`] when the name is taken.
    pub(crate) async fn create_template(
        &self,
        name: &str,
        description: &str,
    ) -> Result<TemplateId, SonarQubeError> {
        check_length("name of a permission template", name, NAME_LENGTH)?;
        check_length("description of a permission template", description, DESCRIPTION_LENGTH)?;
        let form = vec![("name", name.to_owned()), ("description", description.to_owned())];
        let created = |answer: &runtime::http::Answer, call: &str| answer.json::<Created>(SYSTEM, call);
        Ok(self.send(&endpoint::CREATE_TEMPLATE, form, created).await?.permission_template.id)
    }

    /// Deletes the template; one that is gone already is fine.
    ///
    /// # Errors
    /// [`SonarQubeError::Rejected`] for the default template.
    pub(crate) async fn delete_template(&self, template: &TemplateId) -> Result<(), SonarQubeError> {
        match self.write(&endpoint::DELETE_TEMPLATE, of(template)).await {
            Err(SonarQubeError::TemplateGone { .. }) => Ok(()),
            deleted => deleted,
        }
    }

    /// Adds the account with a permission, by its key; adding it again changes nothing.
    ///
    /// # Errors
    /// [`SonarQubeError::TemplateGone`] or [`SonarQubeError::UserGone`] when one of the two is not there;
    /// [`SonarQubeError::Rejected`] when this SonarQube cannot grant the permission.
    pub(crate) async fn fill_user(
        &self,
        template: &TemplateId,
        login: &str,
        permission_key: &str,
    ) -> Result<(), SonarQubeError> {
        let form = entry(template, ("login", login), permission_key);
        self.write(&endpoint::FILL_USER, form).await
    }

    /// Adds the group with a permission, by its key; adding it again changes nothing. `Anyone` may have everything but
    /// `admin` here, and gets nothing of it on a private project.
    ///
    /// # Errors
    /// [`SonarQubeError::TemplateGone`] or [`SonarQubeError::GroupGone`] when one of the two is not there;
    /// [`SonarQubeError::Rejected`] when this SonarQube cannot grant the permission. That may be one which it lists in
    /// its own default template: 26.8 does so with `architectureadmin`.
    pub(crate) async fn fill_group(
        &self,
        template: &TemplateId,
        group: &str,
        permission_key: &str,
    ) -> Result<(), SonarQubeError> {
        let form = entry(template, ("groupName", group), permission_key);
        self.write(&endpoint::FILL_GROUP, form).await
    }

    /// Replaces every grant of the project, of people and of groups, by those of the template, in one transaction.
    /// **It takes from everybody whom the template does not name:** from this system's own account and from
    /// `sonar-administrators` too, so fill those in first. What the project's visibility does not allow is dropped
    /// without a word: `user` and `codeviewer` on a public project, `Anyone` on a private one.
    ///
    /// # Errors
    /// [`SonarQubeError::TemplateGone`] or [`SonarQubeError::ProjectGone`] when one of the two is not there;
    /// [`SonarQubeError::Rejected`] for a project whose permissions SonarQube's own provisioning manages.
    pub(crate) async fn apply_template(
        &self,
        template: &TemplateId,
        project: &ProjectKey,
    ) -> Result<(), SonarQubeError> {
        let mut form = of(template);
        form.push(("projectKey", project.to_string()));
        self.write(&endpoint::APPLY_TEMPLATE, form).await
    }

    /// Takes the permission from the group in the template; taking it again changes nothing. No project changes by it.
    ///
    /// # Errors
    /// [`SonarQubeError::Protected`] for `sonar-administrators`, without asking SonarQube, which would do it;
    /// [`SonarQubeError::TemplateGone`] or [`SonarQubeError::GroupGone`] when one of the two is not there.
    pub(crate) async fn close_template(
        &self,
        template: &TemplateId,
        group: &str,
        permission: Permission,
    ) -> Result<(), SonarQubeError> {
        check_takeable(group)?;
        let form = entry(template, ("groupName", group), permission.key());
        self.write(&endpoint::CLOSE_TEMPLATE, form).await
    }
}

fn of(template: &TemplateId) -> Form {
    vec![("templateId", template.to_string())]
}

fn entry(template: &TemplateId, (parameter, grantee): (&'static str, &str), permission_key: &str) -> Form {
    let mut form = of(template);
    form.push((parameter, grantee.to_owned()));
    form.push(("permission", permission_key.to_owned()));
    form
}

fn check_length(what: &'static str, text: &str, most: usize) -> Result<(), SonarQubeError> {
    let length = text.encode_utf16().count();
    if length > most { Err(SonarQubeError::TooLong { what, length, most }) } else { Ok(()) }
}
