//! What appliers keep of a project between two syncs, and what people decided about a held plan. Whoever has the
//! project's plan in hand writes, and nobody else but for what has come of what a project waits for; a decision is the
//! gateways' to write.

use proto::{Decision, Hold, LastSync, ProjectId, Waiting, Written, subject};

use super::{Projects, control::project_of};
use crate::jetstream::{KvError, Seen};

impl Projects {
    /// How the last sync went that came to an end.
    ///
    /// # Errors
    /// When the server does not answer.
    pub async fn last_sync(&self, project: ProjectId) -> Result<Option<LastSync>, KvError> {
        self.bucket.load_readable(&subject::last_key(project)).await
    }

    /// Writes how a sync went.
    ///
    /// # Errors
    /// When the server does not answer.
    pub async fn set_last_sync(&self, project: ProjectId, last: LastSync) -> Result<(), KvError> {
        self.bucket.put(&subject::last_key(project), Some(last)).await
    }

    /// The plan that waits for approval.
    ///
    /// # Errors
    /// When the server does not answer.
    pub async fn hold(&self, project: ProjectId) -> Result<Option<Hold>, KvError> {
        self.bucket.load_readable(&subject::hold_key(project)).await
    }

    /// Holds a plan in place of the one before, or none.
    ///
    /// # Errors
    /// When the server does not answer.
    pub async fn set_hold(&self, project: ProjectId, hold: Option<Hold>) -> Result<(), KvError> {
        self.bucket.put(&subject::hold_key(project), hold).await
    }

    /// The held plan that nobody has decided about yet.
    ///
    /// # Errors
    /// When the server does not answer.
    pub async fn open_hold(&self, project: ProjectId) -> Result<Option<Hold>, KvError> {
        let Some(hold) = self.hold(project).await? else { return Ok(None) };
        let decided = self.decision(project).await?.is_some_and(|decision| decision.is_about(&hold));
        Ok((!decided).then_some(hold))
    }

    /// The projects that have a held plan, decided about or not.
    ///
    /// # Errors
    /// When the server does not answer.
    pub async fn held(&self) -> Result<Vec<ProjectId>, KvError> {
        let holds = self.bucket.all::<Hold>(subject::HOLD).await?;
        Ok(holds.iter().filter_map(|(key, _)| project_of(key)).collect())
    }

    /// What a person decided last about a held plan of the project.
    ///
    /// # Errors
    /// When the server does not answer.
    pub async fn decision(&self, project: ProjectId) -> Result<Option<Decision>, KvError> {
        self.bucket.load_readable(&subject::decision_key(project)).await
    }

    /// Writes what a person decided.
    ///
    /// # Errors
    /// When the server does not answer.
    pub async fn decide(&self, project: ProjectId, decision: Decision) -> Result<(), KvError> {
        self.bucket.put(&subject::decision_key(project), Some(decision)).await
    }

    /// What could not be done yet.
    ///
    /// # Errors
    /// When the server does not answer.
    pub async fn waiting(&self, project: ProjectId) -> Result<Option<Waiting>, KvError> {
        self.bucket.load_readable(&subject::waiting_key(project)).await
    }

    /// Writes what could not be done yet, or that nothing waits. Since when it waits stays what it was.
    ///
    /// # Errors
    /// When the server does not answer.
    pub async fn set_waiting(&self, project: ProjectId, waiting: Option<Waiting>) -> Result<(), KvError> {
        let before = self.waiting(project).await?;
        let since = |waiting: Waiting| Waiting {
            since: before.as_ref().map_or(waiting.since, |before| before.since),
            ..waiting
        };
        self.bucket.put(&subject::waiting_key(project), waiting.map(since)).await
    }

    /// Writes what the project still waits for when a part of it has come, unless a sync has written something else.
    ///
    /// # Errors
    /// When the server does not answer.
    pub async fn settle_waiting(
        &self,
        project: ProjectId,
        before: &Waiting,
        rest: Option<Waiting>,
    ) -> Result<(), KvError> {
        let key = subject::waiting_key(project);
        let seen: Seen<Waiting> = self.bucket.see(&key).await?;
        if seen.value.as_ref() != Some(before) {
            return Ok(());
        }
        match rest {
            None => self.bucket.remove_at(&key, seen.revision).await.map(|_| ()),
            Some(rest) => {
                let unchanged = |found: Option<&Waiting>| (found == Some(before)).then(|| rest.clone());
                self.bucket.change_from(Some(seen), &key, unchanged).await.map(|_| ())
            }
        }
    }

    /// Everything that could not be done yet.
    ///
    /// # Errors
    /// When the server does not answer.
    pub async fn all_waiting(&self) -> Result<Vec<(ProjectId, Waiting)>, KvError> {
        let keys = self.bucket.keys(&format!("{}.>", subject::WAITING)).await?;
        let found: Vec<(String, Seen<Waiting>)> = self.bucket.see_all(keys).await?;
        Ok(found.into_iter().filter_map(|(key, seen)| Some((project_of(&key)?, seen.value?))).collect())
    }

    /// What was left in SonarQube; nothing where nobody knows.
    ///
    /// # Errors
    /// When the server does not answer.
    pub async fn written(&self, project: ProjectId) -> Result<Option<Written>, KvError> {
        self.bucket.load_readable(&subject::written_key(project)).await
    }

    /// Writes what is left in SonarQube, or that nobody knows.
    ///
    /// # Errors
    /// When the server does not answer, or the value is larger than nats-server takes.
    pub async fn set_written(&self, project: ProjectId, written: Option<Written>) -> Result<(), KvError> {
        self.bucket.put(&subject::written_key(project), written).await
    }
}
