//! The story of a plan's message: is it still the newest, may it be written now, write it, say how it went.

use std::{sync::Arc, time::Duration};

use proto::{Cause, Outcome, Plan, TaskId, TaskRecord, TaskState, Verdict, subject};
use runtime::{
    Runtime,
    jetstream::{
        Delivery, EnsureError, Stage, Step, WorkError, Worked,
        records::{EndError, TaskRef},
    },
};

use crate::{
    breaker::Breaker,
    metrics::ApplierMetrics,
    people::Directory,
    project::SyncError,
    restore::RestoreError,
    sonarqube::SonarQubeError,
    sync::{Flips, Synced, Syncs},
};

/// How often a plan waits for the background tasks of its project. They come to an end; where SonarQube gives the same
/// answer for another reason, the waits turn into failed attempts.
const MOST_WAITS: u64 = 240;

/// Works on plans.
#[derive(Debug)]
pub(crate) struct Applier {
    pub(crate) syncs: Syncs,
    pub(crate) people: Arc<Directory>,
    pub(crate) breaker: Arc<Breaker>,
    pub(crate) metrics: Arc<ApplierMetrics>,
    pub(crate) runtime: Runtime,
}

impl Stage for Applier {
    const NAME: &'static str = subject::APPLIER;
    const STREAM: &'static str = subject::PLANS;
    type Message = Plan;

    fn task(plan: &Plan) -> Option<TaskRef> {
        Some(reference(plan))
    }

    fn waits(record: &TaskRecord) -> u64 {
        record.write_waits
    }

    /// While SonarQube is not well nothing is taken.
    async fn admit(&self) {
        self.breaker.closed().await;
    }

    async fn work(&self, delivery: &Delivery<Plan>) -> Result<Step, WorkError> {
        let plan = &delivery.message;
        if let Some((after, reason)) = self.breaker.is_open() {
            return Ok(Step::Wait { after, reason });
        }
        if let Some(step) = self.overtaken(plan).await? {
            return Ok(step);
        }
        let records = &self.runtime.jetstream.records;
        let record = records.applying(&reference(plan)).await.map_err(WorkError::transient)?;
        if record.state == TaskState::Canceled {
            return Ok(Step::Done(Worked::Superseded));
        }
        match self.run(delivery, Flips::Now).await {
            Ok(synced) => self.finish(plan, synced).await,
            Err(busy) if busy.is_busy() && record.write_waits < MOST_WAITS => {
                self.without_flips(delivery, &busy).await
            }
            Err(error) => Err(self.failed(&error).await),
        }
    }

    /// Another applier may have written this plan and a newer one while this one wrote: what SonarQube shows now is
    /// anybody's guess. A fresh reading of GitLab sets it right, so it is asked for until somebody has stored it.
    async fn lost(&self, delivery: &Delivery<Plan>) {
        loop {
            match self.heal(&delivery.message).await {
                Ok(task) => {
                    return tracing::warn!(
                        task.id = task.map(display),
                        "a late write is healed by a fresh sync"
                    );
                }
                Err(error) => tracing::error!(%error, "a late write is not healed yet"),
            }
            tokio::select! {
                () = self.runtime.lifecycle.aborting() => return,
                () = tokio::time::sleep(Duration::from_secs(1)) => {}
            }
        }
    }
}

impl Applier {
    /// Ends a plan that a newer one, or a pause, has overtaken. A person who puts a project back does so while it is
    /// paused, and after whatever was written before.
    async fn overtaken(&self, plan: &Plan) -> Result<Option<Step>, WorkError> {
        if plan.restore.is_some() {
            return Ok(None);
        }
        let projects = &self.runtime.jetstream.projects;
        let applied = projects.applied(plan.project.id).await.map_err(WorkError::transient)?;
        if let Some(newer) = applied.filter(|applied| plan.order.is_before(&applied.order)) {
            return self.superseded(plan, Some(newer.task), None).await.map(Some);
        }
        // Whenever the pause ends, what GitLab said before it is old: the task is asked for afresh, and waits.
        let Some(pause) = projects.pause_of(plan.project.id).await.map_err(WorkError::transient)? else {
            return Ok(None);
        };
        let fresh = self.heal(plan).await.map_err(WorkError::transient)?;
        self.superseded(plan, fresh, Some(pause.to_string())).await.map(Some)
    }

    /// Syncs, and lets the breaker know how SonarQube is.
    async fn run(&self, delivery: &Delivery<Plan>, flips: Flips) -> Result<Synced, SyncError> {
        let result = self.syncs.run(delivery, flips).await;
        self.breaker.observe(result.as_ref().err().and_then(SyncError::sonarqube));
        result
    }

    /// A background task keeps the visibility of a project from being changed. Nobody waits for it with access that is
    /// due: everything else is written as the visibility is, and the plan comes back for the rest. What a person has
    /// approved waits: without the flip it would be something else.
    async fn without_flips(&self, delivery: &Delivery<Plan>, busy: &SyncError) -> Result<Step, WorkError> {
        let plan = &delivery.message;
        let after = busy.sonarqube().and_then(SonarQubeError::retry_after).unwrap_or_default();
        let waits = Step::Wait { after, reason: busy.to_string() };
        let projects = &self.runtime.jetstream.projects;
        let hold = projects.hold(plan.project.id).await.map_err(WorkError::transient)?;
        if plan.restore.is_some() || hold.is_some_and(|hold| hold.begun) {
            return Ok(waits);
        }
        match self.run(delivery, Flips::Later).await {
            Ok(_) => Ok(waits),
            Err(error) => Err(self.failed(&error).await),
        }
    }

    async fn finish(&self, plan: &Plan, synced: Synced) -> Result<Step, WorkError> {
        self.metrics.count_pending(synced.outcome.pending);
        if synced.outcome.verdict == Verdict::Held {
            self.metrics.count_hold();
        }
        self.syncs.finish(plan, &synced).await.map_err(WorkError::transient)?;
        self.end(plan, synced.outcome).await?;
        Ok(Step::Done(Worked::Completed))
    }

    async fn end(&self, plan: &Plan, outcome: Outcome) -> Result<(), WorkError> {
        let end: Result<(), EndError> = self.runtime.jetstream.records.end(&reference(plan), outcome).await;
        end.map_err(WorkError::transient)
    }

    async fn superseded(
        &self,
        plan: &Plan,
        by: Option<TaskId>,
        reason: Option<String>,
    ) -> Result<Step, WorkError> {
        let outcome = Outcome { superseded_by: by, ..Outcome::bare(Verdict::Superseded, reason) };
        self.end(plan, outcome).await?;
        Ok(Step::Done(Worked::Superseded))
    }

    /// Asks for a fresh sync of the plan's project, unless one waits.
    async fn heal(&self, plan: &Plan) -> Result<Option<TaskId>, EnsureError> {
        let cause = Cause::Heal { after: plan.task };
        let id = format!("heal.{}", TaskId::new());
        Ok(self.runtime.jetstream.ensure_task(plan.project.id, cause, id).await?.task())
    }

    async fn failed(&self, error: &SyncError) -> WorkError {
        if let SyncError::Restore(RestoreError::Unknown(..)) = error {
            return WorkError::permanent(error);
        }
        let Some(sonarqube) = error.sonarqube() else { return WorkError::transient(error) };
        if sonarqube.is_about_accounts() {
            self.people.forget().await;
        }
        match sonarqube.retry_after() {
            None => WorkError::permanent(error),
            retry_after => WorkError { retry_after, ..WorkError::transient(error) },
        }
    }
}

pub(crate) fn reference(plan: &Plan) -> TaskRef {
    TaskRef { id: plan.task, project: plan.project.id, cause: plan.cause.clone() }
}
