//! SonarQube projects that only their name leads to. No list of SonarQube shows whose they are; where the name is the path
//! of a project that GitLab has, by the directory, that project is synchronised for the first time. The sync finds the
//! SonarQube project by its own rules, and makes sure of everything: what is known here only tells when to look.

use std::time::Duration;

use proto::{Cause, Presence, ProjectId, TaskId};
use runtime::{
    Runtime,
    jetstream::{EnsureError, KvError, directory::Lookup, mirror::Mirror},
};

use crate::sonarqube::Project;

/// How long the directory may take to be in memory after the start.
const IN_MEMORY: Duration = Duration::from_secs(30);

/// Asks for the first syncs of projects that have a name in SonarQube.
#[derive(Debug)]
pub(crate) struct Namesakes {
    known: Mirror<Lookup>,
    runtime: Runtime,
}

/// Why a project was not asked for.
#[derive(Debug, thiserror::Error)]
pub(crate) enum NamesakeError {
    #[error(transparent)]
    Kv(#[from] KvError),
    #[error(transparent)]
    Ensure(#[from] EnsureError),
}

impl Namesakes {
    pub(crate) fn new(runtime: Runtime) -> Self {
        Self { known: runtime.jetstream.directory.mirror(), runtime }
    }

    /// Keeps the directory in memory until the life ends.
    pub(crate) async fn keep(&self) {
        self.known.keep(&self.runtime.lifecycle).await;
    }

    /// Asks for the project of each of these names that is there, and that never had a task: one that had one was looked
    /// for by its name then.
    pub(crate) async fn ask_for(&self, named: &[Project]) -> Result<(), NamesakeError> {
        if self.known.read_within(IN_MEMORY, |_| ()).await.is_none() {
            tracing::warn!("the directory is not in memory yet: names are looked up with the next listing");
            return Ok(());
        }
        for Project { key, name, .. } in named {
            let Some(project) = self.project_at(name) else { continue };
            let owned = self.runtime.jetstream.catalog.owner(key.as_str()).await?.is_some();
            if !owned && self.is_new(project).await? {
                let id = format!("named.{project}.{}", TaskId::new());
                self.runtime.jetstream.ensure_task(project, Cause::Appeared, id).await?;
                tracing::info!(gitlab.project.id = %project, sonarqube.project.key = key.as_str(),
                    "SonarQube has a project of this name");
            }
        }
        Ok(())
    }

    /// The project that has this very path now.
    fn project_at(&self, path: &str) -> Option<ProjectId> {
        self.known.read(|known| {
            let (project, _) = known.find_project(path)?;
            (project.path == path && project.presence == Presence::Present).then_some(project.id)
        })?
    }

    async fn is_new(&self, project: ProjectId) -> Result<bool, KvError> {
        let projects = &self.runtime.jetstream.projects;
        Ok(projects.newest(project).await?.value.is_none()
            && projects.readable_started(project).await?.is_none())
    }
}
