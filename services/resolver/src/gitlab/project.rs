//! `GET /projects/:id`: what a project is, where it lies, and who is invited to it.

use proto::{GroupId, ProjectId};
use runtime::http::{Call, FailureKind};
use serde::Deserialize;

use url::form_urlencoded;

use super::{
    GitLab, ReadError,
    groups::{Share, ShareJson},
};

const PROJECT: &str = "/api/v4/projects/:id";

/// What GitLab says of a project itself.
#[derive(Debug, Deserialize)]
pub struct Project {
    id: u64,
    path_with_namespace: String,
    visibility: String,
    /// `enabled`, `private` (members only) or `disabled`; older versions do not say.
    repository_access_level: Option<String>,
    #[serde(default)]
    archived: bool,
    namespace: Option<Namespace>,
    /// In the answer about one project it is always there.
    shared_with_groups: Option<Vec<ShareJson>>,
}

/// `kind` is `group`, or `user` for a person's own namespace.
#[derive(Debug, Deserialize)]
struct Namespace {
    id: u64,
    kind: String,
    full_path: Option<String>,
}

impl Project {
    /// Whether everybody may see the code. A public project may keep its repository to its members.
    #[must_use]
    pub fn is_open(&self) -> bool {
        let code = self.repository_access_level.as_deref().unwrap_or("enabled");
        self.visibility == "public" && code == "enabled"
    }

    /// GitLab's id.
    #[must_use]
    pub const fn id(&self) -> ProjectId {
        ProjectId(self.id)
    }

    /// The path with namespace.
    #[must_use]
    pub fn path(&self) -> &str {
        &self.path_with_namespace
    }

    /// `private`, `internal` or `public`.
    pub(crate) fn visibility(&self) -> &str {
        &self.visibility
    }

    pub(crate) const fn is_archived(&self) -> bool {
        self.archived
    }

    /// The group that it lies in.
    pub(crate) fn group(&self) -> Option<GroupId> {
        let namespace = self.namespace.as_ref().filter(|namespace| namespace.kind == "group")?;
        Some(GroupId(namespace.id))
    }

    /// The full path of what it lies in.
    pub(crate) fn namespace(&self) -> &str {
        let told = self.namespace.as_ref().and_then(|namespace| namespace.full_path.as_deref());
        let cut = || self.path().rsplit_once('/').map(|(namespace, _)| namespace);
        told.or_else(cut).unwrap_or_default()
    }

    pub(super) fn is_personal(&self) -> bool {
        self.namespace.as_ref().is_some_and(|namespace| namespace.kind == "user")
    }

    pub(super) fn invited(&self) -> Vec<Share> {
        self.shared_with_groups.iter().flatten().map(Share::from).collect()
    }

    /// Whether it says which groups are invited, if any.
    pub(super) const fn tells_invitations(&self) -> bool {
        self.shared_with_groups.is_some()
    }
}

impl GitLab {
    /// The project that is named by its id or by its path with namespace. A path that a project had before it moved is
    /// none: GitLab redirects it to the address by id, or answers 404 (before 16.7).
    ///
    /// # Errors
    /// When there is no such project, or the token may not see it.
    pub(crate) async fn find(&self, name: &str) -> Result<Project, ReadError> {
        if let Ok(id) = name.parse() {
            return self.project(ProjectId(id)).await;
        }
        let path: String = form_urlencoded::byte_serialize(name.as_bytes()).collect();
        let (_, found) = self.get(Call::get(PROJECT, format!("/api/v4/projects/{path}"))).await?;
        Ok(found)
    }

    /// The project. A 404 is never taken for "nobody has access".
    ///
    /// # Errors
    /// When there is no such project, or the token may not see it.
    pub async fn project(&self, project: ProjectId) -> Result<Project, ReadError> {
        let found: Project = match self.get(Call::get(PROJECT, format!("/api/v4/projects/{project}"))).await {
            Ok((_, found)) => found,
            Err(ReadError::Call(failure)) if matches!(failure.kind, FailureKind::Missing { .. }) => {
                let user = self.prove().await?.username;
                return Err(ReadError::Gone { failure, user });
            }
            Err(error) => return Err(error),
        };
        if found.id != project.0 {
            let reason = format!("asked for project {project}, it answered with {}", found.id);
            return Err(ReadError::Incomplete(reason));
        }
        Ok(found)
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
            archived: false,
            namespace: None,
            shared_with_groups: None,
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
