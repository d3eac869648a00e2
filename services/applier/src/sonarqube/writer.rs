//! The writing half: the only code of the product that changes SonarQube.
//!
//! **Invariant:** every call names a project, by a [`ProjectKey`]; without one SonarQube would change the *global*
//! permissions. **Invariant:** only grants of people are changed, never those of groups.

use proto::{Permission, Visibility};
use runtime::http::{Answer, Call, Client, Failure, FailureKind};

use super::{
    ProjectKey, SYSTEM, SonarQubeError,
    endpoint::{self, Endpoint},
    reading::Reading,
};

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
        self.write(&endpoint::GRANT, grant_form(project, login, permission)).await
    }

    /// Takes the permission from the account; taking it again changes nothing.
    ///
    /// # Errors
    /// As [`Writer::grant`]; and [`SonarQubeError::Rejected`] for `user` and `codeviewer` on a public project, and
    /// for the own account's `admin`.
    pub(crate) async fn revoke(
        &self,
        project: &ProjectKey,
        login: &str,
        permission: Permission,
    ) -> Result<(), SonarQubeError> {
        self.write(&endpoint::REVOKE, grant_form(project, login, permission)).await.map_err(|error| {
            match error {
                // Somebody made it public since its visibility was read: read again.
                SonarQubeError::Rejected { failure } if is_public_now(&failure) => {
                    SonarQubeError::Incomplete { call: endpoint::REVOKE.route, reason: failure.to_string() }
                }
                other => other,
            }
        })
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

    async fn write(
        &self,
        endpoint: &'static Endpoint,
        form: Vec<(&'static str, String)>,
    ) -> Result<(), SonarQubeError> {
        let call = Call::post_form(endpoint.route, form);
        let name = call.name();
        let written = self.client.call(call).await.and_then(|answer| empty(&answer, name));
        match written {
            Ok(()) => Ok(()),
            Err(failure) => Err(self.reading.explain(endpoint, failure).await),
        }
    }
}

/// Every write answers with nothing (204). Anything else came from another program, and nothing was written.
fn empty(answer: &Answer, call: String) -> Result<(), Failure> {
    if answer.body.is_empty() {
        return Ok(());
    }
    let reason = "a body where SonarQube sends none".to_owned();
    Err(Failure { system: SYSTEM, call, kind: FailureKind::Unreadable { reason } })
}

fn grant_form(project: &ProjectKey, login: &str, permission: Permission) -> Vec<(&'static str, String)> {
    vec![
        ("projectKey", project.to_string()),
        ("login", login.to_owned()),
        ("permission", permission.key().to_owned()),
    ]
}

/// SonarQube's answer to an illegal state; the cause stands only in its log.
const fn is_internal(failure: &Failure) -> bool {
    matches!(failure.kind, FailureKind::Broken { status: 500, .. })
}

fn is_public_now(failure: &Failure) -> bool {
    matches!(&failure.kind, FailureKind::Rejected { message, .. } if message.contains("from a public component"))
}

/// `update_visibility` answers 400, not 404, to an unknown key.
fn names_no_project(failure: &Failure) -> bool {
    matches!(&failure.kind, FailureKind::Rejected { message, .. } if message.starts_with("Component must be a project"))
}
