//! Which SonarQube projects a GitLab project has.
//!
//! In this order, the first that gives something: SonarQube's own binding to the GitLab project; the explicit map;
//! the key template; the exact name. A binding or a map may give several (a monorepo), a name must not. A project that
//! GitLab has renamed or moved since it was found by its name is still the same, as long as its name in SonarQube is
//! what it was. Another GitLab project that takes the old name gets nothing by it: a person has to say what is meant.
//! What can be listed without asking for each project is listed in `listing`, by the same rules.
//! Does not decide what to do with a project that SonarQube's own provisioning manages: it only says so.

mod listing;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use proto::{PlannedProject, ProjectId};
use runtime::{
    config::ConfigError,
    jetstream::{KvError, catalog::Catalog},
};

pub(crate) use self::listing::{Listing, Sighted};
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
    /// The name that led to them, where nothing else did.
    pub(crate) by_name: Option<String>,
}

/// Why it is not known which projects there are.
#[derive(Debug, thiserror::Error)]
pub(crate) enum FindError {
    #[error(transparent)]
    SonarQube(#[from] SonarQubeError),
    #[error(transparent)]
    Kv(#[from] KvError),
}

impl Found {
    const fn listed(projects: Vec<Project>) -> Self {
        Self { projects, by_name: None }
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
        check_each_is_once(&keys)?;
        if let Some(template) = &config.key_template {
            check_template(template)?;
        }
        Ok(Self { reader, keys, key_template: config.key_template, by_name: config.by_name })
    }

    /// The SonarQube projects of the GitLab project, also where GitLab has changed the name that leads to them.
    ///
    /// What only a name leads to is never taken from another GitLab project: a name can be given to anything.
    ///
    /// # Errors
    /// As [`Projects::find`], when the catalogue cannot be read, and [`SonarQubeError::Ambiguous`] where the name leads to
    /// what was found for another GitLab project.
    pub(crate) async fn find_by_now(
        &self,
        project: &PlannedProject,
        catalog: &Catalog,
    ) -> Result<Found, FindError> {
        let mut found = self.find(project).await?;
        if found.projects.is_empty() && self.by_name {
            found = self.remembered(project, catalog).await?;
        }
        if found.by_name.is_some() {
            let keys = found.projects.iter().map(|found| found.key.as_str());
            if let Some(other) = catalog.claimed_by_another(keys, project.id).await? {
                return Err(taken(project, &found.projects, other).into());
            }
        }
        Ok(found)
    }

    /// The SonarQube projects of the GitLab project, as SonarQube and the settings tell it.
    ///
    /// # Errors
    /// When SonarQube cannot be read, and [`SonarQubeError::Ambiguous`] when only the name is left to go by and
    /// several projects have it.
    pub(crate) async fn find(&self, project: &PlannedProject) -> Result<Found, SonarQubeError> {
        if let Some(found) = self.find_unnamed(project.id).await? {
            return Ok(Found::listed(found));
        }
        if !self.by_name {
            return Ok(Found::default());
        }
        let named = self.reader.projects_named(&project.path).await?;
        if named.len() > 1 {
            return Err(several(project, &named));
        }
        Ok(Found { projects: named, by_name: Some(project.path.clone()) })
    }

    /// What binding, map or template lead to; none where nothing but a name is left to go by.
    async fn find_unnamed(&self, id: ProjectId) -> Result<Option<Vec<Project>>, SonarQubeError> {
        let bound = self.reader.bindings(id).await?;
        if !bound.is_empty() {
            return self.reader.projects(&bound).await.map(Some);
        }
        if let Some(keys) = self.keys.get(&id) {
            return self.reader.projects(keys).await.map(Some);
        }
        let found = self.by_template(id).await?;
        Ok((!found.is_empty()).then_some(found))
    }

    /// The project that had the name of the GitLab project before GitLab changed that.
    async fn remembered(&self, project: &PlannedProject, catalog: &Catalog) -> Result<Found, FindError> {
        let Some(entry) = catalog.entry(project.id).await?.filter(|entry| entry.by_name) else {
            return Ok(Found::default());
        };
        let keys: Vec<ProjectKey> = entry.keys.iter().filter_map(|key| ProjectKey::new(key).ok()).collect();
        let mut projects = self.reader.projects(&keys).await?;
        projects.retain(|found| Some(&found.name) == entry.path.as_ref());
        Ok(Found { projects, by_name: entry.path })
    }

    /// Those of the projects that there are, by key.
    ///
    /// # Errors
    /// When the list is not whole.
    pub(crate) async fn by_keys<'a>(
        &self,
        keys: impl Iterator<Item = &'a str>,
    ) -> Result<Vec<Project>, SonarQubeError> {
        let keys: Vec<ProjectKey> = keys.filter_map(|key| ProjectKey::new(key).ok()).collect();
        self.reader.projects(&keys).await
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

/// Two GitLab projects would write one SonarQube project in turns.
fn check_each_is_once(keys: &BTreeMap<ProjectId, Vec<ProjectKey>>) -> Result<(), ConfigError> {
    let mut named = BTreeMap::new();
    for (id, key) in keys.iter().flat_map(|(id, keys)| keys.iter().map(move |key| (id, key))) {
        if let Some(first) = named.insert(key, id).filter(|first| *first != id) {
            return Err(ConfigError {
                setting: format!("sonarqube.projects.{id}"),
                problem: format!("names {key}, as sonarqube.projects.{first} does"),
                mend: "a SonarQube project can belong to one GitLab project: take it out of one of the two"
                    .to_owned(),
            });
        }
    }
    Ok(())
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

fn taken(project: &PlannedProject, found: &[Project], other: ProjectId) -> SonarQubeError {
    let keys = found.iter().map(|found| found.key.as_str()).collect::<Vec<_>>().join(", ");
    SonarQubeError::Ambiguous {
        problem: format!(
            "the SonarQube project {keys} is called {}, and was found for GitLab project {other} before, so nothing is \
             changed",
            project.path
        ),
        mend: format!(
            "bind it to the right one, or name it in sonarqube.projects.{} or sonarqube.projects.{other}",
            project.id
        ),
    }
}
