//! What a sync could not do yet, and is done without another trigger: people who have not signed in to SonarQube, and
//! projects that SonarQube does not have.
//!
//! Looks out for both every so often; of several appliers, one at a time. A task is made for a project as soon as there
//! is something to do; what still waits then, that task writes down again.

use std::time::Duration;

use proto::{Cause, ProjectId, TaskId, Waiting, subject};
use runtime::{
    Runtime,
    cause::because,
    jetstream::{EnsureError, KvError},
};

use crate::{
    catalog::later,
    people::Directory,
    projects::{Projects, Sighted},
    sonarqube::{Reader, SonarQubeError},
};

/// Looks out for what projects wait for.
#[derive(Debug)]
pub(crate) struct Lookout {
    pub(crate) reader: Reader,
    pub(crate) people: Directory,
    pub(crate) projects: Projects,
    pub(crate) every: Duration,
    pub(crate) runtime: Runtime,
}

/// Why it could not be looked.
#[derive(Debug, thiserror::Error)]
enum LookError {
    #[error(transparent)]
    SonarQube(#[from] SonarQubeError),
    #[error(transparent)]
    Kv(#[from] KvError),
    #[error(transparent)]
    Ensure(#[from] EnsureError),
}

impl Lookout {
    /// Looks until the life ends.
    pub(crate) async fn keep(self) {
        let life = &self.runtime.lifecycle;
        loop {
            tokio::select! {
                () = life.stopping() => return,
                () = tokio::time::sleep(self.every) => {}
            }
            let turn = tokio::select! {
                () = life.stopping() => return,
                turn = because("pending look", self.turn()) => turn,
            };
            if let Err(error) = turn {
                tracing::warn!(%error, "it is not known yet whether what projects wait for is there");
            }
        }
    }

    async fn turn(&self) -> Result<(), LookError> {
        let now = self.runtime.clock.now();
        if !self
            .runtime
            .jetstream
            .catalog
            .take_turn(subject::LOOKOUT_KEY, now, later(now, self.every))
            .await?
        {
            return Ok(());
        }
        let waiting = self.runtime.jetstream.projects.all_waiting().await?;
        if waiting.is_empty() {
            return Ok(());
        }
        // A SonarQube that starts or migrates says nothing that counts.
        self.reader.status().await?;
        let sighted = if waiting.iter().any(|(_, waiting)| waiting.project_missing) {
            Some(self.projects.sight().await?)
        } else {
            None
        };
        for (project, waiting) in waiting {
            if let Some((cause, rest)) = self.came(project, waiting.clone(), sighted.as_ref()).await? {
                self.ask(project, cause).await?;
                // Once is enough: a task that fails is told as one, and not asked for again and again.
                self.runtime.jetstream.projects.settle_waiting(project, &waiting, rest).await?;
            }
        }
        Ok(())
    }

    /// What has come of that for which the project waits, and what it still waits for then.
    async fn came(
        &self,
        project: ProjectId,
        mut waiting: Waiting,
        sighted: Option<&Sighted>,
    ) -> Result<Option<(Cause, Option<Waiting>)>, SonarQubeError> {
        if waiting.project_missing {
            let is_there = sighted.is_some_and(|sighted| sighted.has(project, &waiting.path));
            return Ok(is_there.then_some((Cause::Appeared, None)));
        }
        let signed_in = self.people.signed_in(&waiting.people).await?;
        let Some(user) = signed_in.first().copied() else { return Ok(None) };
        waiting.people.retain(|person| !signed_in.contains(&person.id));
        Ok(Some((Cause::SignedIn { user }, Some(waiting).filter(|waiting| !waiting.people.is_empty()))))
    }

    async fn ask(&self, project: ProjectId, cause: Cause) -> Result<(), EnsureError> {
        let id = format!("waited.{project}.{}", TaskId::new());
        let ensured = self.runtime.jetstream.ensure_task(project, cause, id).await?;
        let task = ensured.task().map(tracing::field::display);
        tracing::info!(gitlab.project.id = %project, task.id = task, "what a project waited for is there");
        Ok(())
    }
}
