//! Answers an operator who puts a project back as it was: a plan that wants the past is put into the project's one place
//! for a plan, so that nobody else writes meanwhile; from there on it goes the way of every plan.

use proto::{
    Cause, Plan, PlanOrder, PlannedProject, ProjectId, Restore, Task, TaskId,
    live::{PutBack, PuttingBack},
    subject,
};
use runtime::{
    Runtime,
    jetstream::{PublishError, encode},
    live::Refusal,
};

use crate::restore::{Past, RestoreError};

/// Takes such orders.
#[derive(Debug)]
pub(crate) struct Restorer {
    pub(crate) runtime: Runtime,
}

impl Restorer {
    /// The task under which the project is put back.
    pub(crate) async fn answer(&self, question: PutBack) -> Result<PuttingBack, Refusal> {
        let PutBack { project, before, by } = question;
        let jetstream = &self.runtime.jetstream;
        if jetstream.projects.pause_of(project).await.map_err(unread)?.is_none() {
            let reason = "the project is not paused: its next sync would undo what is put back";
            return Err(Refusal::new(409, reason));
        }
        // Before anything is written: a task of which the audit knows nothing leads nowhere.
        Past::read(jetstream, project, before).await.map_err(|error| match error {
            RestoreError::Unknown(..) => Refusal::new(404, error),
            RestoreError::Unread(_) => Refusal::new(503, error),
        })?;
        let task = Task { id: TaskId::new(), project, cause: Cause::Restore { by, before } };
        self.publish(&task, before).await?;
        if let Err(error) = jetstream.records.create(&task).await {
            tracing::debug!(task.id = %task.id, %error, "no record of a restore yet");
        }
        Ok(PuttingBack { task: task.id })
    }

    async fn publish(&self, task: &Task, before: TaskId) -> Result<(), Refusal> {
        let jetstream = &self.runtime.jetstream;
        let plan = Plan {
            task: task.id,
            cause: task.cause.clone(),
            // It stands outside of the order of plans: the project is paused.
            order: PlanOrder { task: jetstream.position(0), attempt: 0 },
            read_at: self.runtime.clock.now(),
            project: PlannedProject {
                id: task.project,
                path: self.path(task.project).await,
                visibility: None,
            },
            members: Vec::new(),
            left_out: Vec::new(),
            unseen: Vec::new(),
            restore: Some(Restore { before }),
        };
        let encoded = encode(&plan).map_err(|error| Refusal::new(500, error))?;
        let subject = subject::plan(task.project);
        match jetstream.publisher.publish(subject, task.id.to_string(), encoded, Some(0)).await {
            Ok(_) => Ok(()),
            Err(PublishError::Taken(_)) => {
                Err(Refusal::new(409, "a sync of the project is being written at this moment; ask again"))
            }
            Err(error) => Err(unread(error)),
        }
    }

    /// What the project is called, for people; nothing is decided by it.
    async fn path(&self, project: ProjectId) -> String {
        let known = self.runtime.jetstream.catalog.entry(project).await.ok().flatten();
        known.and_then(|entry| entry.path).unwrap_or_else(|| format!("project {project}"))
    }
}

fn unread(error: impl std::fmt::Display) -> Refusal {
    Refusal::new(503, error)
}
