//! The story of a task: is it still wanted, is it its turn, what does GitLab say, what follows from it.

use std::time::Duration;

use proto::{Outcome, Plan, PlanOrder, StartedTask, Task, TaskRecord, Verdict, subject};
use runtime::{
    Runtime,
    jetstream::{Delivery, PublishError, Stage, Step, WorkError, Worked, encode, records::TaskRef},
};

use crate::{
    Config,
    gitlab::{GitLab, ReadError},
    plan::Rules,
};

/// The shortest wait for another sync of the project.
const SHORT_WAIT: Duration = Duration::from_millis(200);
/// The longest one.
const LONG_WAIT: Duration = Duration::from_secs(15);

/// Works on tasks.
#[derive(Debug)]
pub(crate) struct Resolver {
    gitlab: GitLab,
    rules: Rules,
    min_interval: Duration,
    runtime: Runtime,
}

impl Resolver {
    pub(crate) fn new(gitlab: GitLab, config: Config, runtime: &Runtime) -> Self {
        let Config { exempt, roles, visibility, min_interval, .. } = config;
        Self { gitlab, rules: Rules { exempt, roles, visibility }, min_interval, runtime: runtime.clone() }
    }

    /// Whether it is this task's turn, and if so, says to everybody that it has begun.
    async fn begin(&self, delivery: &Delivery<Task>) -> Result<Turn, WorkError> {
        let jetstream = &self.runtime.jetstream;
        let task = &delivery.message;
        let position = jetstream.position(delivery.sequence);
        let started = jetstream.projects.started(task.project).await.map_err(WorkError::transient)?;
        if let Some(newer) = started.as_ref().filter(|started| position.is_before(&started.position)) {
            return Ok(Turn::Superseded(newer.clone()));
        }
        if jetstream.is_plan_slot_taken(task.project).await.map_err(WorkError::transient)? {
            return Ok(Turn::Wait(
                backed_off(delivery.delivered),
                "another sync of the project is being applied",
            ));
        }
        if let Some(pause) = self.too_soon(task, started.as_ref()) {
            return Ok(Turn::Wait(pause, "another sync of the project has begun just now"));
        }
        let mine = StartedTask { task: task.id, position, at: self.runtime.clock.now() };
        let end =
            jetstream.projects.raise_started(task.project, &mine).await.map_err(WorkError::transient)?;
        Ok(if end.task == task.id { Turn::Mine } else { Turn::Superseded(end) })
    }

    /// How long to wait, when another task of the project was begun less than `min_interval` ago.
    fn too_soon(&self, task: &Task, started: Option<&StartedTask>) -> Option<Duration> {
        let other = started.filter(|started| started.task != task.id)?;
        let since = Duration::try_from(self.runtime.clock.now().duration_since(other.at)).ok()?;
        self.min_interval.checked_sub(since).filter(|pause| !pause.is_zero())
    }

    async fn read(&self, delivery: &Delivery<Task>) -> Result<Plan, WorkError> {
        let task = &delivery.message;
        let order = PlanOrder {
            task: self.runtime.jetstream.position(delivery.sequence),
            attempt: delivery.delivered,
        };
        let read_at = self.runtime.clock.now();
        let reading = self.gitlab.read(task.project).await.map_err(|error| failed(&error))?;
        Ok(self.rules.plan(task, order, read_at, reading))
    }

    /// Publishes the plan into the project's one place. Taken means that another plan came first: this reading is
    /// thrown away, and GitLab is read afresh when the turn comes.
    async fn publish(&self, plan: &Plan, delivered: u64) -> Result<Step, WorkError> {
        let id = format!("{}.{delivered}", plan.task);
        let encoded = encode(plan).map_err(WorkError::permanent)?;
        let subject = subject::plan(plan.project.id);
        match self.runtime.jetstream.publisher.publish(subject, id, encoded, Some(0)).await {
            Ok(_) => Ok(Step::Done(Worked::Completed)),
            Err(PublishError::Taken(_)) => {
                let reason = "another sync of the project came first".to_owned();
                Ok(Step::Wait { after: backed_off(delivered), reason })
            }
            Err(error @ PublishError::TooLarge { .. }) => Err(WorkError::permanent(error)),
            Err(error) => Err(WorkError::transient(error)),
        }
    }

    async fn superseded(&self, task: &Task, by: StartedTask) -> Result<Step, WorkError> {
        let outcome = Outcome { superseded_by: Some(by.task), ..Outcome::bare(Verdict::Superseded, None) };
        self.runtime.jetstream.records.end(&Self::task(task), outcome).await.map_err(WorkError::transient)?;
        Ok(Step::Done(Worked::Superseded))
    }

    /// Whether a plan of this very task has been applied: a crash between plan and ack delivers the task once more.
    async fn is_ended(&self, task: &Task) -> Result<bool, WorkError> {
        let record = self.runtime.jetstream.records.get(task.id).await.map_err(WorkError::transient)?;
        Ok(record.is_some_and(|record| record.state.is_final()))
    }
}

enum Turn {
    Mine,
    Superseded(StartedTask),
    Wait(Duration, &'static str),
}

impl Stage for Resolver {
    const NAME: &'static str = subject::RESOLVER;
    const STREAM: &'static str = subject::TASKS;
    type Message = Task;

    fn task(task: &Task) -> TaskRef {
        TaskRef { id: task.id, project: task.project, cause: task.cause.clone() }
    }

    async fn work(&self, delivery: &Delivery<Task>) -> Result<Step, WorkError> {
        let task = &delivery.message;
        if delivery.delivered > 1 && self.is_ended(task).await? {
            return Ok(Step::Done(Worked::Superseded));
        }
        match self.begin(delivery).await? {
            Turn::Superseded(by) => return self.superseded(task, by).await,
            Turn::Wait(after, reason) => return Ok(Step::Wait { after, reason: reason.to_owned() }),
            Turn::Mine => {}
        }
        let records = &self.runtime.jetstream.records;
        records.reading(&Self::task(task)).await.map_err(WorkError::transient)?;
        let plan = self.read(delivery).await?;
        records.planned(&Self::task(task), &(&plan).into()).await.map_err(WorkError::transient)?;
        self.publish(&plan, delivery.delivered).await
    }

    fn waits(record: &TaskRecord) -> u64 {
        record.waits
    }

    /// A reading that came too late does no harm: its plan, if it was published, is older than the next one.
    async fn lost(&self, _: &Delivery<Task>) {}
}

/// Doubles with each delivery: an applier that is down must not be asked for every second by every task.
fn backed_off(delivered: u64) -> Duration {
    let exponent = u32::try_from(delivered.saturating_sub(1)).unwrap_or(u32::MAX);
    SHORT_WAIT.saturating_mul(2_u32.saturating_pow(exponent)).min(LONG_WAIT)
}

fn failed(error: &ReadError) -> WorkError {
    let retry_after = match error {
        ReadError::Call(failure) => failure.retry_after(),
        ReadError::Incomplete(_) => None,
    };
    WorkError { retry_after, ..WorkError::transient(error) }
}
