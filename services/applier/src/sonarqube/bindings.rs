//! Which SonarQube projects are bound to a GitLab project.
//!
//! A binding names a DevOps platform setting and GitLab's numeric project id. Which settings count is decided by
//! `settings`.

use std::collections::{BTreeMap, BTreeSet};

use proto::ProjectId;
use serde::Deserialize;

use super::{
    ProjectKey, Reader, SonarQubeError, endpoint,
    page::{Figures, Page, Row},
    reading::Query,
};

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct BindingsPage {
    page: Figures,
    project_bindings: Vec<Binding>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Binding {
    id: String,
    dev_ops_platform_setting_id: String,
    project_key: ProjectKey,
    repository: String,
}

impl Page for BindingsPage {
    type Row = Binding;

    fn parts(self) -> (usize, Vec<Binding>) {
        (self.page.total, self.project_bindings)
    }
}

impl Row for Binding {
    fn identity(&self) -> &str {
        &self.id
    }
}

impl Reader {
    /// The keys of every project that is bound to the GitLab, by GitLab's project id.
    ///
    /// # Errors
    /// As [`Reader::bindings`].
    pub(crate) async fn all_bindings(
        &self,
    ) -> Result<BTreeMap<ProjectId, BTreeSet<ProjectKey>>, SonarQubeError> {
        let mut bound = BTreeMap::<_, BTreeSet<_>>::new();
        for binding in self.bindings_with(Vec::new()).await? {
            // GitLab's ids are numbers; anything else is none of its projects.
            if let Ok(id) = binding.repository.parse() {
                bound.entry(ProjectId(id)).or_default().insert(binding.project_key);
            }
        }
        Ok(bound)
    }

    /// The keys of the projects bound to the GitLab project: none where nobody bound it, several for a monorepo.
    ///
    /// # Errors
    /// [`SonarQubeError::Misconfigured`] when the right GitLab cannot be told among SonarQube's settings.
    pub(crate) async fn bindings(&self, project: ProjectId) -> Result<BTreeSet<ProjectKey>, SonarQubeError> {
        let repository = project.to_string();
        let bindings = self.bindings_with(vec![("repository", repository.clone())]).await?;
        let is_ours = |binding: &Binding| binding.repository == repository;
        Ok(bindings.into_iter().filter(is_ours).map(|binding| binding.project_key).collect())
    }

    /// The bindings to the GitLab that fit `query`.
    async fn bindings_with(&self, mut query: Query) -> Result<Vec<Binding>, SonarQubeError> {
        let settings = self.gitlab_settings().await?;
        if settings.is_empty() {
            return Ok(Vec::new());
        }
        if let [setting] = settings.as_slice() {
            query.push(("dopSettingId", setting.clone()));
        }
        let bindings = self.reading.all::<BindingsPage>(&endpoint::BINDINGS, query).await?;
        let is_ours = |binding: &Binding| settings.contains(&binding.dev_ops_platform_setting_id);
        Ok(bindings.into_iter().filter(is_ours).collect())
    }
}
