//! The story of a plan: is it still the newest, which SonarQube projects are meant, bring each in line, say how it
//! went.

use std::{sync::Arc, time::Duration};

use access::fingerprint;
use proto::{AppliedPlan, Cause, Outcome, Plan, ProjectOutcome, TaskId, TaskState, Verdict, subject};
use runtime::{
    Runtime,
    jetstream::{
        Delivery, EnsureError, KvError, Stage, Step, WorkError, Worked,
        records::{EndError, TaskRef},
    },
};

use crate::{
    audit::{Audit, Because},
    catalog,
    metrics::ApplierMetrics,
    people::{Directory, Matched},
    project::{ProjectSync, SyncError, Synced},
    projects::Projects,
    sonarqube::{Project, Reader, SonarQubeError, Writer},
    write::{Pen, WriteError},
};

/// Works on plans.
#[derive(Debug)]
pub(crate) struct Applier {
    pub(crate) reader: Reader,
    pub(crate) writer: Writer,
    pub(crate) people: Arc<Directory>,
    pub(crate) projects: Arc<Projects>,
    pub(crate) audit: Audit,
    pub(crate) metrics: ApplierMetrics,
    pub(crate) parallel_calls: usize,
    pub(crate) runtime: Runtime,
}

impl Applier {
    /// The task of a newer plan, if one was applied.
    async fn newer(&self, plan: &Plan) -> Result<Option<TaskId>, KvError> {
        let applied = self.runtime.jetstream.projects.applied(plan.project.id).await?;
        Ok(applied.filter(|applied| plan.order.is_before(&applied.order)).map(|applied| applied.task))
    }

    async fn apply(&self, delivery: &Delivery<Plan>) -> Result<Outcome, SyncError> {
        let plan = &delivery.message;
        // A SonarQube that starts or migrates answers 404 to calls it knows well; nothing it says then counts.
        self.reader.status().await?;
        let found = self.projects.find(&plan.project).await?;
        let noted = catalog::entry(&found, self.runtime.clock.now());
        self.runtime.jetstream.catalog.note(plan.project.id, noted).await?;
        let (managed, ours): (Vec<_>, Vec<_>) =
            found.projects.into_iter().partition(|project| project.managed);
        if ours.is_empty() {
            return Ok(skipped(plan, &managed));
        }
        let sync = ProjectSync {
            reader: &self.reader,
            people: &self.people,
            audit: &self.audit,
            pen: Pen::new(&self.writer, &self.metrics, &delivery.lease, self.parallel_calls),
            because: Because { plan, delivered: delivery.delivered },
        };
        let mut summary = Summary::of(plan, &managed);
        for project in &ours {
            summary.add(sync.run(project).await?);
        }
        self.metrics.count_unmatched(summary.outcome.unmatched);
        Ok(summary.outcome)
    }

    /// First the project's key, then the record: whoever reads `done` finds the plan applied.
    async fn finish(&self, plan: &Plan, outcome: Outcome) -> Result<(), WorkError> {
        let jetstream = &self.runtime.jetstream;
        if outcome.verdict == Verdict::Done {
            let (at, members) = (self.runtime.clock.now(), plan.members.len());
            let whole = plan.unseen.is_empty();
            let fingerprint = whole.then(|| fingerprint(&plan.members, plan.project.visibility));
            let applied = AppliedPlan { task: plan.task, order: plan.order, at, members, fingerprint };
            jetstream
                .projects
                .raise_applied(plan.project.id, &applied)
                .await
                .map_err(WorkError::transient)?;
        }
        let end: Result<(), EndError> = jetstream.records.end(&reference(plan), outcome).await;
        end.map_err(WorkError::transient)
    }

    async fn superseded(
        &self,
        plan: &Plan,
        by: Option<TaskId>,
        reason: Option<String>,
    ) -> Result<Step, WorkError> {
        let outcome = Outcome { superseded_by: by, ..Outcome::bare(Verdict::Superseded, reason) };
        self.finish(plan, outcome).await?;
        Ok(Step::Done(Worked::Superseded))
    }

    /// Asks for a fresh sync of the plan's project, unless one waits.
    async fn heal(&self, plan: &Plan) -> Result<Option<TaskId>, EnsureError> {
        let cause = Cause::Heal { after: plan.task };
        let id = format!("heal.{}", TaskId::new());
        Ok(self.runtime.jetstream.ensure_task(plan.project.id, cause, id).await?.task())
    }
}

impl Stage for Applier {
    const NAME: &'static str = subject::APPLIER;
    const STREAM: &'static str = subject::PLANS;
    type Message = Plan;

    fn task(plan: &Plan) -> Option<TaskRef> {
        Some(reference(plan))
    }

    async fn work(&self, delivery: &Delivery<Plan>) -> Result<Step, WorkError> {
        let plan = &delivery.message;
        if let Some(newer) = self.newer(plan).await.map_err(WorkError::transient)? {
            return self.superseded(plan, Some(newer), None).await;
        }
        let jetstream = &self.runtime.jetstream;
        // Whenever the pause ends, what GitLab said before it is old: the task is asked for afresh, and waits.
        if let Some(pause) =
            jetstream.projects.pause_of(plan.project.id).await.map_err(WorkError::transient)?
        {
            let fresh = self.heal(plan).await.map_err(WorkError::transient)?;
            return self.superseded(plan, fresh, Some(pause.to_string())).await;
        }
        let record = jetstream.records.applying(&reference(plan)).await.map_err(WorkError::transient)?;
        if record.state == TaskState::Canceled {
            return Ok(Step::Done(Worked::Superseded));
        }
        match self.apply(delivery).await {
            Ok(outcome) => self.finish(plan, outcome).await?,
            Err(error) => {
                self.forget_accounts(&error).await;
                return Err(failed(&error));
            }
        }
        Ok(Step::Done(Worked::Completed))
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

fn reference(plan: &Plan) -> TaskRef {
    TaskRef { id: plan.task, project: plan.project.id, cause: plan.cause.clone() }
}

impl Applier {
    async fn forget_accounts(&self, error: &SyncError) {
        let sonarqube = match error {
            SyncError::SonarQube(error) | SyncError::Write(WriteError::SonarQube(error)) => error,
            SyncError::Write(WriteError::Lost) | SyncError::Audit(_) | SyncError::Catalog(_) => return,
        };
        if sonarqube.is_about_accounts() {
            self.people.forget().await;
        }
    }
}

/// The outcome of a plan, while its projects are brought in line one after the other.
struct Summary {
    outcome: Outcome,
}

impl Summary {
    fn of(plan: &Plan, managed: &[Project]) -> Self {
        let mut outcome = Outcome::bare(Verdict::Done, None);
        outcome.members = plan.members.len();
        outcome.left_out = plan.left_out.len();
        outcome.left_out_people = plan.left_out.iter().take(Outcome::LISTED).cloned().collect();
        outcome.projects = managed.iter().map(left_alone).collect();
        Self { outcome }
    }

    fn add(&mut self, Synced { outcome, matched }: Synced) {
        let Matched { unmatched, .. } = matched;
        self.outcome.unmatched = unmatched.len();
        self.outcome.unmatched_people = unmatched.into_iter().take(Outcome::LISTED).collect();
        self.outcome.projects.push(outcome);
    }
}

fn skipped(plan: &Plan, managed: &[Project]) -> Outcome {
    let Summary { mut outcome } = Summary::of(plan, managed);
    outcome.verdict = Verdict::Skipped;
    outcome.reason = Some(nothing_to_do(plan, managed));
    outcome
}

/// Why a plan has no project to be written to.
pub(crate) fn nothing_to_do(plan: &Plan, managed: &[Project]) -> String {
    if !managed.is_empty() {
        return "SonarQube's own provisioning manages the permissions of this project".to_owned();
    }
    let (id, path) = (plan.project.id, &plan.project.path);
    format!(
        "SonarQube has no project for {path}: none is bound to GitLab project {id}, and none has that name"
    )
}

fn left_alone(project: &Project) -> ProjectOutcome {
    ProjectOutcome {
        key: project.key.to_string(),
        visibility: None,
        granted: 0,
        revoked: 0,
        changes: Vec::new(),
        kept: vec!["SonarQube's own provisioning manages its permissions".to_owned()],
    }
}

fn failed(error: &SyncError) -> WorkError {
    let pause = match error {
        SyncError::SonarQube(error) | SyncError::Write(WriteError::SonarQube(error)) => Pause::of(error),
        SyncError::Write(WriteError::Lost) | SyncError::Audit(_) | SyncError::Catalog(_) => {
            Pause::AtLeast(Duration::ZERO)
        }
    };
    match pause {
        Pause::Never => WorkError::permanent(error),
        Pause::AtLeast(pause) => WorkError { retry_after: Some(pause), ..WorkError::transient(error) },
    }
}

enum Pause {
    AtLeast(Duration),
    Never,
}

impl Pause {
    fn of(error: &SonarQubeError) -> Self {
        error.retry_after().map_or(Self::Never, Self::AtLeast)
    }
}
