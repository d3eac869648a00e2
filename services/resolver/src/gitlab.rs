//! What GitLab says about a project and its members: the whole truth, or an error.
//!
//! **Invariant:** a reading is complete or refused. A page that is cut, missing, repeated or of another kind, an
//! empty list, a total that moves: each is an error with the reason, never a shorter list.

mod members;
mod pages;

use std::sync::Arc;

use access::MembershipRow;
use proto::ProjectId;
use reqwest::header::{HeaderMap, HeaderValue};
use runtime::{
    http::{Call, Client, Failure, FailureKind, Limits},
    metrics::Metrics,
};
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use url::Url;

use crate::StartError;

const SYSTEM: &str = "gitlab";
const PROJECT: &str = "/api/v4/projects/:id";

/// A client of GitLab that reads memberships. Cheap to clone.
#[derive(Debug, Clone)]
pub struct GitLab {
    http: Client,
}

/// Everything a plan is made of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reading {
    /// The project's path with namespace.
    pub path: String,
    /// Whether everybody may see the project and its code; GitLab's `internal` is not public.
    pub public: bool,
    /// The lines of `members/all`, all of them.
    pub rows: Vec<MembershipRow>,
}

/// Why there is no reading. None of these says that somebody lost access.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// A call failed.
    #[error("{0}{hint}", hint = hint(.0))]
    Call(#[from] Failure),
    /// The list is not whole, or moved while it was read.
    #[error("GitLab's list of members is not usable: {0}")]
    Incomplete(String),
}

#[derive(Deserialize)]
struct Project {
    id: u64,
    path_with_namespace: String,
    visibility: String,
    /// `enabled`, `private` (members only) or `disabled`; older versions do not say.
    repository_access_level: Option<String>,
}

impl Project {
    /// Whether everybody may see the code. A public project may keep its repository to its members.
    fn is_open(&self) -> bool {
        let code = self.repository_access_level.as_deref().unwrap_or("enabled");
        self.visibility == "public" && code == "enabled"
    }
}

impl GitLab {
    /// A client of the GitLab at `url`.
    ///
    /// # Errors
    /// When the token cannot be sent in a header, or the HTTP client cannot be set up.
    pub fn new(
        url: &Url,
        token: &SecretString,
        limits: &Limits,
        metrics: Arc<Metrics>,
    ) -> Result<Self, StartError> {
        let mut value = HeaderValue::from_str(token.expose_secret()).map_err(|_| StartError::Token)?;
        value.set_sensitive(true);
        let headers =
            HeaderMap::from_iter([(reqwest::header::HeaderName::from_static("private-token"), value)]);
        Ok(Self { http: Client::new(SYSTEM, url, headers, limits, metrics)? })
    }

    /// Reads a project and all its members.
    ///
    /// # Errors
    /// When anything is missing from the answer.
    pub async fn read(&self, project: ProjectId) -> Result<Reading, ReadError> {
        let answer = self.http.call(Call::get(PROJECT, format!("/api/v4/projects/{project}"))).await?;
        let found: Project = answer.json(SYSTEM, PROJECT)?;
        if found.id != project.0 {
            return Err(ReadError::Incomplete(format!(
                "asked for project {project}, it answered with {}",
                found.id
            )));
        }
        let rows = self.members(project).await?;
        Ok(Reading { public: found.is_open(), path: found.path_with_namespace, rows })
    }
}

/// What the operator can do about it.
fn hint(failure: &Failure) -> &'static str {
    match failure.kind {
        FailureKind::Refused { status: 401, .. } => " (GITLAB_TOKEN is wrong, revoked or expired)",
        FailureKind::Refused { .. } => " (GITLAB_TOKEN needs the scope read_api)",
        FailureKind::Missing { .. } => {
            " (no such project, or GITLAB_TOKEN may not see it: add its user to the group)"
        }
        FailureKind::Rejected { status: 300..400, .. } => {
            " (a redirect: set GITLAB_URL to the address it leads to)"
        }
        FailureKind::Unreadable { .. } => " (is GITLAB_URL right, and nothing in between?)",
        FailureKind::Rejected { .. }
        | FailureKind::Throttled { .. }
        | FailureKind::Broken { .. }
        | FailureKind::NoAnswer { .. } => "",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn project(visibility: &str, repository: Option<&str>) -> Project {
        Project {
            id: 7,
            path_with_namespace: "acme/shop".to_owned(),
            visibility: visibility.to_owned(),
            repository_access_level: repository.map(str::to_owned),
        }
    }

    #[test]
    fn a_project_is_open_when_everybody_may_see_it_and_its_code() {
        assert!(project("public", Some("enabled")).is_open());
        assert!(project("public", None).is_open(), "older versions do not say");
        for closed in
            [("public", Some("private")), ("public", Some("disabled")), ("internal", Some("enabled"))]
        {
            assert!(!project(closed.0, closed.1).is_open(), "{closed:?}");
        }
    }
}
