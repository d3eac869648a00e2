//! The story of a fan-out: a group changed, so every project that this reaches gets a task; or an account did, so each of
//! its projects does, and each of its groups a fan-out. A sweep over all projects goes the same way, step by step
//! ([`crate::sweep`]), and takes over where GitLab does not tell what was reached; so does what the directory
//! reads below a group ([`crate::directory`]).
//!
//! One step is one page of GitLab. What it leads to are messages of their own, so a fan-out goes on where it was after
//! any kill, is shared by all resolvers, and where one group fails the others are reached all the same.

use proto::{Cause, FanOut, FanOutId, FanOutStep, GroupId, ProjectId, UserId, subject};
use runtime::{
    Runtime,
    http::FailureKind,
    jetstream::{Delivery, Ensured, Stage, Step, WorkError, Worked, records::TaskRef},
};

use crate::{
    directory::DirectoryKeeper,
    gitlab::{GitLab, ReadError},
    metrics::{Reach, ResolverMetrics},
    resolve::failed,
    sweep::{self, Sweeper},
};

/// Works on the steps of fan-outs.
#[derive(Debug)]
pub(crate) struct FanOuts {
    pub(crate) gitlab: GitLab,
    pub(crate) sweeper: Sweeper,
    pub(crate) directory: DirectoryKeeper,
    pub(crate) metrics: ResolverMetrics,
    pub(crate) runtime: Runtime,
}

impl FanOuts {
    /// Makes sure that the project is read after the fan-out began, if SonarQube has it.
    async fn synchronise(
        &self,
        fan_out: &FanOut,
        cause: Cause,
        project: ProjectId,
    ) -> Result<Reach, WorkError> {
        let jetstream = &self.runtime.jetstream;
        if !jetstream.catalog.has(project).await.map_err(WorkError::transient)? {
            return Ok(Reach::NotInSonarQube);
        }
        let id = format!("{}.{project}", fan_out.id);
        match jetstream.ensure_task(project, cause, id).await.map_err(WorkError::transient)? {
            Ensured::Made(_) => Ok(Reach::Made),
            Ensured::Waits(_) | Ensured::Repeated => Ok(Reach::Waits),
        }
    }
}

impl FanOuts {
    /// What a group reaches by one page, and what is to be read besides.
    async fn reach(&self, fan_out: &FanOut, origin: GroupId) -> Result<Vec<FanOutStep>, WorkError> {
        let reached = match self.gitlab.reach(origin, fan_out.step).await {
            // Of a group that GitLab told of, and that is gone since, nobody tells whom it had let in where.
            Err(error) if fan_out.by.is_none() && is_missing(&error) => return self.sweep(fan_out).await,
            reached => reached.map_err(|error| failed(&error))?,
        };
        for project in &reached.projects {
            let cause = Cause::Group { group: origin, by: fan_out.by.clone() };
            self.metrics.count_reached(self.synchronise(fan_out, cause, *project).await?);
        }
        tracing::info!(fan_out.id = %fan_out.id, gitlab.group.id = origin.0, fan_out.step = %fan_out.step,
            projects = reached.projects.len(), steps = reached.steps.len(), "step of a fan-out");
        Ok(reached.steps)
    }

    /// What an account reaches by one page: its own projects, and what its groups reach.
    async fn reach_of(
        &self,
        fan_out: &FanOut,
        user: UserId,
        page: u64,
    ) -> Result<Vec<FanOutStep>, WorkError> {
        let read = self.gitlab.memberships(user, page).await.map_err(|error| failed(&error))?;
        let Some(memberships) = read else { return self.sweep(fan_out).await };
        for project in &memberships.projects {
            let reach = self.synchronise(fan_out, Cause::User { user }, *project).await?;
            self.metrics.count_reached(reach);
        }
        for group in &memberships.groups {
            let id = FanOutId::of(&format!("{}.{group}", fan_out.id));
            let of_group = FanOut { id, ..FanOut::begin(*group, None) };
            self.runtime.jetstream.publish_fan_out(&of_group).await.map_err(WorkError::transient)?;
        }
        tracing::info!(fan_out.id = %fan_out.id, gitlab.user.id = user.0, fan_out.step = %fan_out.step,
            projects = memberships.projects.len(), groups = memberships.groups.len(), "step of a fan-out");
        Ok(memberships.next.map(|page| FanOutStep::User { user, page }).into_iter().collect())
    }

    /// Nobody tells what is reached, so everything is looked at.
    async fn sweep(&self, fan_out: &FanOut) -> Result<Vec<FanOutStep>, WorkError> {
        sweep::begin_for(fan_out.id, &self.runtime).await.map_err(WorkError::transient)?;
        Ok(Vec::new())
    }
}

const fn is_missing(error: &ReadError) -> bool {
    match error {
        ReadError::Call(failure) => matches!(failure.kind, FailureKind::Missing { .. }),
        ReadError::Gone { .. } => true,
        ReadError::Incomplete(_) | ReadError::Unproven(_) | ReadError::Paused(_) | ReadError::Budget(_) => {
            false
        }
    }
}

impl Stage for FanOuts {
    const NAME: &'static str = subject::RESOLVER_FAN_OUT;
    const STREAM: &'static str = subject::FAN_OUTS;
    type Message = FanOut;

    fn task(_: &FanOut) -> Option<TaskRef> {
        None
    }

    /// The further steps come last: a step that fails and is repeated then leads to them once.
    async fn work(&self, delivery: &Delivery<FanOut>) -> Result<Step, WorkError> {
        let fan_out = &delivery.message;
        let steps = match (fan_out.step, fan_out.origin) {
            (FanOutStep::Sweep { after }, _) => {
                self.sweeper.step(fan_out, after).await?.into_iter().collect()
            }
            (FanOutStep::User { user, page }, _) => self.reach_of(fan_out, user, page).await?,
            (FanOutStep::Directory { group, page }, _) => {
                self.directory.step(group, page).await?.into_iter().collect()
            }
            (_, Some(origin)) => self.reach(fan_out, origin).await?,
            (_, None) => return Err(WorkError::permanent("the step names no group that changed")),
        };
        for step in steps {
            let next = fan_out.next(step);
            self.runtime.jetstream.publish_fan_out(&next).await.map_err(WorkError::transient)?;
        }
        self.metrics.count_step(fan_out.step.kind());
        Ok(Step::Done(Worked::Completed))
    }

    /// Whoever has the step now does the same once more. For as long as the server remembers their ids, no task and no
    /// step comes twice of it; after that the work is done twice, and changes nothing.
    async fn lost(&self, _: &Delivery<FanOut>) {}
}
