//! The writing half: the only code of the product that changes SonarQube.
//!
//! **Invariant:** every call about a grant names a project, by a [`ProjectKey`], or a permission template, by its id;
//! without either SonarQube would change the *global* permissions. **Invariant:** nothing is taken from
//! `sonar-administrators` by name. Grants of groups are changed by `grant_group` and `revoke_group` alone, and, with
//! all other grants of a project, by `apply_template`; the caller decides whether they are this system's to change.

mod groups;
mod templates;

use proto::{Permission, Visibility};
use runtime::http::{Answer, Call, Client, Failure, FailureKind};

use super::{
    ProjectKey, SYSTEM, SonarQubeError,
    endpoint::{self, Endpoint},
    reading::Reading,
};

/// The fields of a call.
type Form = Vec<(&'static str, String)>;

/// Writes SonarQube. Not to be cloned: whoever holds it answers for what is written.
#[derive(Debug)]
pub(crate) struct Writer {
    client: Client,
    reading: Reading,
}

impl Writer {
    pub(super) const fn new(client: Client, reading: Reading) -> Self {
        Self { client, reading }
    }

    /// Gives the account the permission; giving it again changes nothing. On a public project SonarQube drops `user`
    /// and `codeviewer` without a word.
    ///
    /// # Errors
    /// [`SonarQubeError::ProjectGone`] or [`SonarQubeError::UserGone`] when one of the two is not there.
    pub(crate) async fn grant(
        &self,
        project: &ProjectKey,
        login: &str,
        permission: Permission,
    ) -> Result<(), SonarQubeError> {
        self.write(&endpoint::GRANT, grant_form(project, ("login", login), permission)).await
    }

    /// Takes the permission from the account; taking it again changes nothing.
    ///
    /// # Errors
    /// As [`Writer::grant`]; [`SonarQubeError::Incomplete`] for `user` and `codeviewer` on a public project, which then
    /// became so a moment ago; and [`SonarQubeError::Rejected`] for the own account's `admin`.
    pub(crate) async fn revoke(
        &self,
        project: &ProjectKey,
        login: &str,
        permission: Permission,
    ) -> Result<(), SonarQubeError> {
        let revoked = self.write(&endpoint::REVOKE, grant_form(project, ("login", login), permission)).await;
        revoked.map_err(|error| about_visibility(&endpoint::REVOKE, error))
    }

    /// Changes who may see the project. It changes grants too: to private gives `user` and `codeviewer` to every
    /// holder, to public takes both from everybody, so read the holders again afterwards.
    ///
    /// # Errors
    /// [`SonarQubeError::Busy`] while a background task of the project is pending or running, also where the
    /// visibility is right already; [`SonarQubeError::Forbidden`] when the own account lacks `admin` on the project,
    /// which a system administrator may grant itself first.
    pub(crate) async fn set_visibility(
        &self,
        project: &ProjectKey,
        visibility: Visibility,
    ) -> Result<(), SonarQubeError> {
        let form = vec![("project", project.to_string()), ("visibility", visibility.key().to_owned())];
        self.write(&endpoint::SET_VISIBILITY, form).await.map_err(|error| match error {
            SonarQubeError::Unavailable { failure } if is_internal(&failure) => {
                SonarQubeError::Busy { failure }
            }
            SonarQubeError::Rejected { failure } if names_no_project(&failure) => {
                SonarQubeError::ProjectGone { failure }
            }
            other => other,
        })
    }

    async fn write(&self, endpoint: &'static Endpoint, form: Form) -> Result<(), SonarQubeError> {
        self.send(endpoint, form, empty).await
    }

    /// Makes the call, and takes what it says from the answer.
    async fn send<T>(
        &self,
        endpoint: &'static Endpoint,
        form: Form,
        read: impl FnOnce(&Answer, &str) -> Result<T, Failure>,
    ) -> Result<T, SonarQubeError> {
        let call = Call::post_form(endpoint.route, form);
        let name = call.name();
        match self.client.call(call).await.and_then(|answer| read(&answer, &name)) {
            Ok(said) => Ok(said),
            Err(failure) => Err(self.reading.explain(endpoint, failure).await),
        }
    }
}

/// A write that makes nothing new answers with nothing (204). Anything else came from another program, and nothing was
/// written.
fn empty(answer: &Answer, call: &str) -> Result<(), Failure> {
    if answer.body.is_empty() {
        return Ok(());
    }
    let reason = "a body where SonarQube sends none".to_owned();
    Err(Failure { system: SYSTEM, call: call.to_owned(), kind: FailureKind::Unreadable { reason } })
}

fn grant_form(
    project: &ProjectKey,
    (parameter, grantee): (&'static str, &str),
    permission: Permission,
) -> Form {
    vec![
        ("projectKey", project.to_string()),
        (parameter, grantee.to_owned()),
        ("permission", permission.key().to_owned()),
    ]
}

/// SonarQube's answer to an illegal state; the cause stands only in its log.
const fn is_internal(failure: &Failure) -> bool {
    matches!(failure.kind, FailureKind::Broken { status: 500, .. })
}

/// Nobody asks for what the visibility forbids: somebody changed it since it was read, so it is to be read again.
fn about_visibility(endpoint: &Endpoint, error: SonarQubeError) -> SonarQubeError {
    match error {
        SonarQubeError::Rejected { failure } if is_about_visibility(&failure) => {
            SonarQubeError::Incomplete { call: endpoint.route, reason: failure.to_string() }
        }
        other => other,
    }
}

fn is_about_visibility(failure: &Failure) -> bool {
    let forbids = |message: &str| {
        message.contains("from a public component") || message.contains("on a private component")
    };
    matches!(&failure.kind, FailureKind::Rejected { message, .. } if forbids(message))
}

/// `update_visibility` answers 400, not 404, to an unknown key.
fn names_no_project(failure: &Failure) -> bool {
    matches!(&failure.kind, FailureKind::Rejected { message, .. } if message.starts_with("Component must be a project"))
}
