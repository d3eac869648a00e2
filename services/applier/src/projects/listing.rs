//! Which GitLab projects have a SonarQube project, as far as SonarQube's lists show it: by binding, map or key. A
//! project that only its name leads to is in no list.

use std::collections::{BTreeMap, BTreeSet};

use proto::ProjectId;

use super::{ID, Projects, filled};
use crate::sonarqube::{Project, ProjectKey, SonarQubeError};

/// The keys of each GitLab project.
pub(crate) type Listing = BTreeMap<ProjectId, BTreeSet<ProjectKey>>;

/// Everything that is in SonarQube at one moment, to look for several projects at a time.
#[derive(Debug)]
pub(crate) struct Sighted {
    listing: Listing,
    /// The names of all projects, where names count.
    names: BTreeSet<String>,
    /// The GitLab projects that are mapped by hand: no name counts for them.
    mapped: BTreeSet<ProjectId>,
}

impl Sighted {
    /// Whether SonarQube has a project for the GitLab project with this path.
    pub(crate) fn has(&self, project: ProjectId, path: &str) -> bool {
        self.listing.contains_key(&project) || (!self.mapped.contains(&project) && self.names.contains(path))
    }
}

impl Projects {
    /// Everything that is there now.
    ///
    /// # Errors
    /// When one of the lists is not whole.
    pub(crate) async fn sight(&self) -> Result<Sighted, SonarQubeError> {
        let listing = self.list().await?;
        let projects = if self.by_name { self.reader.all_projects().await? } else { Vec::new() };
        let names = projects.into_iter().map(|project| project.name).collect();
        Ok(Sighted { listing, names, mapped: self.keys.keys().copied().collect() })
    }

    /// The name of the project with this key, where names count.
    ///
    /// # Errors
    /// When the list is not whole.
    pub(crate) async fn name_of(&self, key: &str) -> Result<Option<String>, SonarQubeError> {
        if !self.by_name {
            return Ok(None);
        }
        let found = self.by_keys([key].into_iter()).await?;
        Ok(found.into_iter().next().map(|project| project.name))
    }

    /// Those of which no list tells whose they are, and whose name may be a path.
    ///
    /// # Errors
    /// When the list is not whole.
    pub(crate) async fn unlisted(&self, listing: &Listing) -> Result<Vec<Project>, SonarQubeError> {
        if !self.by_name {
            return Ok(Vec::new());
        }
        let listed: BTreeSet<&ProjectKey> = listing.values().flatten().collect();
        let mut projects = self.reader.all_projects().await?;
        projects.retain(|project| project.name.contains('/') && !listed.contains(&project.key));
        Ok(projects)
    }

    /// Whose the key is by map or template, with all keys that the project has; nobody's where only a list can tell.
    ///
    /// # Errors
    /// When the list is not whole.
    pub(crate) async fn owner_by_key(
        &self,
        key: &str,
    ) -> Result<Option<(ProjectId, BTreeSet<ProjectKey>)>, SonarQubeError> {
        let Some(project) = self.settled(key) else { return Ok(None) };
        let found = self.find_unnamed(project).await?.unwrap_or_default();
        let keys: BTreeSet<ProjectKey> = found.into_iter().map(|project| project.key).collect();
        Ok(keys.iter().any(|found| found.as_str() == key).then_some((project, keys)))
    }

    /// The project that the settings name for the key.
    fn settled(&self, key: &str) -> Option<ProjectId> {
        let mapped = self.keys.iter().find(|(_, keys)| keys.iter().any(|mapped| mapped.as_str() == key));
        let by_template = || id_in(self.key_template.as_ref()?, &ProjectKey::new(key).ok()?);
        mapped.map(|(project, _)| *project).or_else(by_template)
    }

    /// All of them: what [`Projects::find`] would find for each, names apart.
    ///
    /// # Errors
    /// When one of the lists is not whole.
    pub(crate) async fn list(&self) -> Result<Listing, SonarQubeError> {
        let mut listing = self.reader.all_bindings().await?;
        for (project, keys) in &self.keys {
            if listing.contains_key(project) {
                continue;
            }
            let found = self.reader.projects(keys).await?;
            listing.insert(*project, found.into_iter().map(|project| project.key).collect());
        }
        if let Some(template) = &self.key_template {
            for Project { key, .. } in self.reader.all_projects().await? {
                let Some(project) = id_in(template, &key) else { continue };
                listing.entry(project).or_insert_with(|| BTreeSet::from([key]));
            }
        }
        // What is mapped to projects that nobody has analysed yet is none.
        listing.retain(|_, keys| !keys.is_empty());
        Ok(listing)
    }
}

/// The id with which the template gives this very key.
fn id_in(template: &str, key: &ProjectKey) -> Option<ProjectId> {
    let (head, _) = template.split_once(ID)?;
    let rest = key.as_str().strip_prefix(head)?;
    let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
    // What follows the id in the template may begin with a digit.
    let ids = (1..=digits).filter_map(|end| rest.get(..end)?.parse().ok().map(ProjectId));
    ids.into_iter().find(|id| filled(template, *id).as_ref() == Some(key))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_tells_the_id_that_would_make_it() {
        for (template, key, id) in [
            ("gitlab:{id}", "gitlab:7", Some(7)),
            ("gitlab:{id}", "gitlab:007", None),
            ("gitlab:{id}", "gitlab:7x", None),
            ("gitlab:{id}", "gitlab:", None),
            ("gitlab:{id}", "github:7", None),
            ("{id}1", "711", Some(71)),
            ("p{id}-{id}", "p12-12", Some(12)),
            ("p{id}-{id}", "p12-13", None),
            ("{id}", "99999999999999999999999", None),
        ] {
            let key = ProjectKey::new(key).unwrap();
            assert_eq!(id_in(template, &key), id.map(ProjectId), "{template} {key}");
        }
    }
}
