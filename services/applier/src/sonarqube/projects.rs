//! Projects: what is known of each besides its grants.

use proto::Visibility;
use serde::Deserialize;

use super::{
    ProjectKey, Reader, SonarQubeError, endpoint,
    page::{Figures, Page, Row},
    reading::Query,
};

/// Most bytes of keys in one call: proxies cut addresses that are longer than 8 KiB.
const KEYS_BYTES: usize = 4000;

/// A project of SonarQube.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub(crate) struct Project {
    /// Its key.
    pub(crate) key: ProjectKey,
    /// The name that people see.
    pub(crate) name: String,
    /// Who may see it.
    pub(crate) visibility: Visibility,
    /// Whether SonarQube's own provisioning owns its permissions. Older versions do not say, and have none.
    #[serde(default)]
    pub(crate) managed: bool,
}

#[derive(Debug, Deserialize)]
struct ProjectsPage {
    paging: Figures,
    components: Vec<Project>,
}

impl Page for ProjectsPage {
    type Row = Project;

    fn parts(self) -> (usize, Vec<Project>) {
        (self.paging.total, self.components)
    }
}

impl Row for Project {
    fn identity(&self) -> &str {
        self.key.as_str()
    }
}

impl Reader {
    /// Those of the projects that there are, by exact key; usually one call.
    ///
    /// # Errors
    /// When the list is not whole.
    pub(crate) async fn projects(
        &self,
        keys: impl IntoIterator<Item = &ProjectKey>,
    ) -> Result<Vec<Project>, SonarQubeError> {
        let mut found = Vec::new();
        for keys in chunks(keys) {
            let query = vec![("projects", keys.join(","))];
            let projects = self.reading.all::<ProjectsPage>(&endpoint::PROJECTS, query).await?;
            found.extend(projects.into_iter().filter(|project| keys.contains(&project.key.as_str())));
        }
        Ok(found)
    }

    /// All projects: one call per 500.
    ///
    /// # Errors
    /// When the list is not whole.
    pub(crate) async fn all_projects(&self) -> Result<Vec<Project>, SonarQubeError> {
        self.reading.all::<ProjectsPage>(&endpoint::PROJECTS, Query::new()).await
    }

    /// Every project with exactly this name; names are not unique.
    ///
    /// # Errors
    /// When the list is not whole.
    pub(crate) async fn projects_named(&self, name: &str) -> Result<Vec<Project>, SonarQubeError> {
        let query = vec![("q", name.to_owned())];
        let projects = self.reading.all::<ProjectsPage>(&endpoint::PROJECTS, query).await?;
        Ok(projects.into_iter().filter(|project| project.name == name).collect())
    }
}

fn chunks<'a>(keys: impl IntoIterator<Item = &'a ProjectKey>) -> Vec<Vec<&'a str>> {
    let (mut chunks, mut chunk, mut bytes) = (Vec::new(), Vec::new(), 0);
    for key in keys {
        let key = key.as_str();
        if bytes + key.len() > KEYS_BYTES && !chunk.is_empty() {
            chunks.push(std::mem::take(&mut chunk));
            bytes = 0;
        }
        bytes += key.len() + 1;
        chunk.push(key);
    }
    if !chunk.is_empty() {
        chunks.push(chunk);
    }
    chunks
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_chunk_is_longer_than_a_proxy_lets_pass_and_none_is_empty() {
        let keys: Vec<_> =
            (0..300).map(|i| ProjectKey::new(format!("group_{i}_{}", "x".repeat(100))).unwrap()).collect();
        let chunks = chunks(&keys);
        assert_eq!(chunks.iter().map(Vec::len).sum::<usize>(), 300);
        assert!(chunks.iter().all(|chunk| !chunk.is_empty() && chunk.join(",").len() <= KEYS_BYTES));
    }

    #[test]
    fn no_keys_make_no_call() {
        assert!(chunks(&[]).is_empty());
    }
}
