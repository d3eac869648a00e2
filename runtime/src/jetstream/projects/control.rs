//! What people have ordered for a project, or for everything. Written by gateways, asked for by whoever works.

use std::collections::{BTreeMap, BTreeSet};

use futures::TryStreamExt;
use proto::{Control, Pause, ProjectId, subject};

use super::Projects;
use crate::jetstream::KvError;

impl Projects {
    /// Why nothing of the project may be begun or written now: everything is paused, or the project is.
    ///
    /// # Errors
    /// When the server does not answer.
    pub async fn pause_of(&self, project: ProjectId) -> Result<Option<Pause>, KvError> {
        let (everything, own) = tokio::try_join!(self.control(None), self.control(Some(project)))?;
        Ok(everything.pause.or(own.pause))
    }

    /// What is ordered for the project, or for everything.
    ///
    /// # Errors
    /// When the server does not answer.
    pub async fn control(&self, project: Option<ProjectId>) -> Result<Control, KvError> {
        Ok(self.bucket.load(&subject::control_key(project)).await?.unwrap_or_default())
    }

    /// Pauses the project, or everything; without a pause it goes on.
    ///
    /// # Errors
    /// When the server does not answer.
    pub async fn set_pause(&self, project: Option<ProjectId>, pause: Option<Pause>) -> Result<(), KvError> {
        let change = |found: Option<&Control>| {
            let control = Control { pause: pause.clone() };
            (found != Some(&control)).then_some(control)
        };
        self.bucket.change(&subject::control_key(project), change).await.map(|_| ())
    }

    /// Every project that is paused by itself.
    ///
    /// # Errors
    /// When the server does not answer.
    pub async fn paused(&self) -> Result<BTreeMap<ProjectId, Pause>, KvError> {
        let controls = self.bucket.all::<Control>(subject::CONTROL).await?;
        let paused = |(key, control): (String, Control)| Some((project_of(&key)?, control.pause?));
        Ok(controls.into_iter().filter_map(paused).collect())
    }

    /// Every project that ever had a task or an order.
    ///
    /// # Errors
    /// When the server does not answer.
    pub async fn known(&self) -> Result<BTreeSet<ProjectId>, KvError> {
        let keys = self.bucket.store().keys().await.map_err(|error| self.bucket.unavailable(&error))?;
        let keys: Vec<String> = keys.try_collect().await.map_err(|error| self.bucket.unavailable(&error))?;
        Ok(keys.iter().filter_map(|key| project_of(key)).collect())
    }
}

pub(super) fn project_of(key: &str) -> Option<ProjectId> {
    key.split_once('.')?.1.parse().ok().map(ProjectId)
}
