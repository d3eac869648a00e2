//! Which SonarQube projects a GitLab project has.
//!
//! In this order, the first that gives something: SonarQube's own binding to the GitLab project; the explicit map;
//! the key template; the exact name. A binding or a map may give several (a monorepo), a name must not.
//! What can be listed without asking for each project is listed in `listing`, by the same rules.
//! Does not decide what to do with a project that SonarQube's own provisioning manages: it only says so.

mod listing;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use proto::{PlannedProject, ProjectId};
use runtime::config::ConfigError;

use crate::sonarqube::{Project, ProjectKey, Reader, SonarQubeError};

/// How projects are found that are not bound.
#[derive(Debug, Clone)]
pub struct Config {
    /// The keys of the SonarQube projects of a GitLab project, by GitLab's id.
    pub keys: BTreeMap<ProjectId, Vec<String>>,
    /// A key with `{id}` in place of GitLab's id, such as `gitlab:{id}`.
    pub key_template: Option<String>,
    /// Whether a project whose name is the GitLab path counts. Whoever may name projects in SonarQube decides then
    /// what is matched.
    pub by_name: bool,
}

/// Finds projects.
#[derive(Debug)]
pub(crate) struct Projects {
    reader: Reader,
    keys: BTreeMap<ProjectId, Vec<ProjectKey>>,
    key_template: Option<String>,
    by_name: bool,
}

/// What was found for a GitLab project.
#[derive(Debug, Default)]
pub(crate) struct Found {
    /// The SonarQube projects; none where there are none yet.
    pub(crate) projects: Vec<Project>,
    /// Whether only the name led to them.
    pub(crate) by_name: bool,
}

impl Found {
    const fn listed(projects: Vec<Project>) -> Self {
        Self { projects, by_name: false }
    }
}

impl Projects {
    /// Checks the settings.
    ///
    /// # Errors
    /// When a key cannot be one, or the template would give every GitLab project the same key.
    pub(crate) fn new(reader: Reader, config: Config) -> Result<Self, ConfigError> {
        let mut keys = BTreeMap::new();
        for (id, mapped) in config.keys {
            keys.insert(id, mapped.into_iter().map(|key| checked(id, key)).collect::<Result<_, _>>()?);
        }
        if let Some(template) = &config.key_template {
            check_template(template)?;
        }
        Ok(Self { reader, keys, key_template: config.key_template, by_name: config.by_name })
    }

    /// The SonarQube projects of the GitLab project.
    ///
    /// # Errors
    /// When SonarQube cannot be read, and [`SonarQubeError::Ambiguous`] when only the name is left to go by and
    /// several projects have it.
    pub(crate) async fn find(&self, project: &PlannedProject) -> Result<Found, SonarQubeError> {
        let bound = self.reader.bindings(project.id).await?;
        if !bound.is_empty() {
            return Ok(Found::listed(self.reader.projects(&bound).await?));
        }
        if let Some(keys) = self.keys.get(&project.id) {
            return Ok(Found::listed(self.reader.projects(keys).await?));
        }
        let found = self.by_template(project.id).await?;
        if !found.is_empty() || !self.by_name {
            return Ok(Found::listed(found));
        }
        let named = self.reader.projects_named(&project.path).await?;
        if named.len() > 1 {
            Err(several(project, &named))
        } else {
            Ok(Found { projects: named, by_name: true })
        }
    }

    async fn by_template(&self, id: ProjectId) -> Result<Vec<Project>, SonarQubeError> {
        let key = self.key_template.as_ref().and_then(|template| filled(template, id));
        self.reader.projects(key.as_ref()).await
    }
}

fn filled(template: &str, id: ProjectId) -> Option<ProjectKey> {
    ProjectKey::new(template.replace(ID, &id.to_string())).ok()
}

const ID: &str = "{id}";

fn checked(id: ProjectId, key: String) -> Result<ProjectKey, ConfigError> {
    ProjectKey::new(key).map_err(|error| ConfigError {
        setting: format!("sonarqube.projects.{id}"),
        problem: format!("is wrong ({error})"),
        mend: "write the keys as SonarQube shows them in a project's information".to_owned(),
    })
}

fn check_template(template: &str) -> Result<(), ConfigError> {
    if template.contains(ID) && filled(template, ProjectId(1)).is_some() {
        return Ok(());
    }
    Err(ConfigError {
        setting: "sonarqube.key_template".to_owned(),
        problem: format!("is wrong (\"{template}\" makes no key of its own for each project)"),
        mend: "write a key with {id} in it, for example gitlab:{id}".to_owned(),
    })
}

fn several(project: &PlannedProject, named: &[Project]) -> SonarQubeError {
    let keys = named.iter().map(|found| found.key.as_str()).collect::<Vec<_>>().join(", ");
    SonarQubeError::Ambiguous {
        problem: format!(
            "several SonarQube projects are called {} ({keys}), so nothing is changed",
            project.path
        ),
        mend: format!(
            "bind the right one to GitLab project {}, or name it in sonarqube.projects.{}",
            project.id, project.id
        ),
    }
}
