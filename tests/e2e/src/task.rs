//! What a caller of `GET /task/{id}` sees.

use proto::{Outcome, ProjectId, Stages, TaskId, TaskState, Verdict};
use serde::Deserialize;

/// A task as the gateway tells it.
#[derive(Debug, Clone, Deserialize)]
pub struct TaskView {
    pub id: TaskId,
    pub project: ProjectId,
    pub state: TaskState,
    pub reason: Option<String>,
    pub stages: Stages,
    pub outcome: Option<Outcome>,
    pub trace_id: Option<String>,
}

impl TaskView {
    /// How it ended.
    ///
    /// # Panics
    /// When it has not.
    #[must_use]
    pub fn outcome(&self) -> &Outcome {
        self.outcome.as_ref().expect("an ended task has an outcome")
    }

    /// How it ended, in one word.
    #[must_use]
    pub fn verdict(&self) -> Verdict {
        self.outcome().verdict
    }

    /// Grants and revokes made, over all SonarQube projects.
    #[must_use]
    pub fn writes(&self) -> usize {
        self.outcome().projects.iter().map(|project| project.granted + project.revoked).sum()
    }
}
