//! The story of a sweep: every project that SonarQube has is looked at for a change that nobody told of.
//!
//! GitLab tells of no invited group, no blocked person and no lost webhook, so somebody has to look. The look is cheap:
//! one call a project, and what is kept of groups. Where it comes to what the last plan wanted, nothing happens. Where
//! it does not, or cannot be had, the project gets a task like any other, and that reads everything. (That each project
//! is read whole now and then, whatever a look says, is the gateways' to see to.) **Invariant:** a sweep changes nothing by
//! itself.

mod schedule;

use std::time::Duration;

use access::{Exemptions, Policy, Rules, effective, fingerprint, members};
use futures::{StreamExt, TryStreamExt, stream};
use proto::{Cause, FanOut, FanOutStep, ProjectId};
use runtime::{Runtime, jetstream::WorkError};

pub(crate) use self::schedule::{begin_for, watch};
use crate::{
    directory::{DirectoryKeeper, Sighting},
    gitlab::{GitLab, Project, ReadError},
    metrics::{ResolverMetrics, Swept},
    plan::{is_last, visibility},
    resolve::failed,
};

/// How often and how closely all projects are looked at.
#[derive(Debug, Clone)]
pub struct Sweep {
    /// From the beginning of one sweep to that of the next; zero is never.
    pub every: Duration,
    /// Projects looked at at a time.
    pub parallel_calls: usize,
}

/// Looks at projects.
#[derive(Debug)]
pub(crate) struct Sweeper {
    pub(crate) gitlab: GitLab,
    pub(crate) directory: DirectoryKeeper,
    pub(crate) exempt: Exemptions,
    pub(crate) policy: Policy,
    pub(crate) sweep: Sweep,
    pub(crate) metrics: ResolverMetrics,
    pub(crate) runtime: Runtime,
}

impl Sweeper {
    /// Looks at the next hundred projects, and at some of those that are known and not listed; returns the step that goes
    /// on behind them.
    pub(crate) async fn step(
        &self,
        fan_out: &FanOut,
        after: Option<ProjectId>,
    ) -> Result<Option<FanOutStep>, WorkError> {
        let now = self.runtime.clock.now();
        let page = self.gitlab.projects_after(after).await.map_err(|error| failed(&error))?;
        let last = page.projects.last().map(Project::id).filter(|_| page.more);
        let listed = page.projects.iter().map(Project::id).collect();
        let at_a_time = self.sweep.parallel_calls;
        let looked_up_to = self.directory.unlisted(after, last, &listed, at_a_time).await?;
        // What lies behind that is the next step's.
        let last = looked_up_to.or(last);
        let projects = page.projects.iter().filter(|project| last.is_none_or(|last| project.id() <= last));
        let projects: Vec<&Project> = projects.collect();
        let sightings = projects.iter().map(|project| Sighting::of(project, now));
        let noticed = stream::iter(sightings).for_each_concurrent(at_a_time, |sighting| async move {
            self.directory.noticed(&sighting).await;
        });
        noticed.await;
        let looks: Vec<_> = projects.iter().map(|project| self.look(fan_out, project)).collect();
        let looked: Vec<Swept> = stream::iter(looks).buffer_unordered(at_a_time).try_collect().await?;
        looked.into_iter().for_each(|looked| self.metrics.count_swept(looked));
        if last.is_some() {
            return Ok(Some(FanOutStep::Sweep { after: last }));
        }
        self.metrics.count_sweep();
        tracing::info!(fan_out.id = %fan_out.id, "sweep over all projects ended");
        Ok(None)
    }

    /// Looks at one project. While GitLab as a whole does not answer the step fails, and is repeated; what is wrong with
    /// this project is for its task to find and to tell.
    async fn look(&self, fan_out: &FanOut, project: &Project) -> Result<Swept, WorkError> {
        let (id, jetstream) = (project.id(), &self.runtime.jetstream);
        if !jetstream.catalog.has(id).await.map_err(WorkError::transient)? {
            return Ok(Swept::NotInSonarQube);
        }
        let Ok(rules) = self.policy.rules_for(id, project.path()) else { return Ok(Swept::Skipped) };
        let applied = jetstream.projects.applied(id).await.map_err(WorkError::transient)?;
        let Some(applied) = applied else { return Ok(Swept::NeverApplied) };
        let started = jetstream.projects.started(id).await.map_err(WorkError::transient)?;
        let looked = match self.wanted(project, &rules).await {
            Ok(wanted)
                if applied.fingerprint.as_ref() == Some(&wanted) && is_last(&applied, started.as_ref()) =>
            {
                return Ok(Swept::Unchanged);
            }
            Ok(_) => Swept::Changed,
            Err(error) => self.unread(&error).await?,
        };
        self.ask(fan_out, id).await?;
        Ok(looked)
    }

    /// One list that GitLab cannot give, because it takes too long for example, must not keep the sweep from all others:
    /// only where GitLab does not even say whose the token is, the step fails.
    async fn unread(&self, error: &ReadError) -> Result<Swept, WorkError> {
        if !error.is_about_one() {
            self.gitlab.confirm_user().await.map_err(|_| failed(error))?;
        }
        Ok(Swept::Unread)
    }

    /// The fingerprint of what a plan would want now.
    async fn wanted(&self, project: &Project, rules: &Rules) -> Result<String, ReadError> {
        let access = effective(self.gitlab.overview(project).await?, &self.exempt);
        let visible = rules.visibility.then(|| visibility(project.is_open()));
        Ok(fingerprint(&members(&access, &rules.roles), visible))
    }

    async fn ask(&self, fan_out: &FanOut, project: ProjectId) -> Result<(), WorkError> {
        let id = format!("{}.{project}", fan_out.id);
        let asked = self.runtime.jetstream.ensure_task(project, Cause::Reconcile, id).await;
        asked.map(drop).map_err(WorkError::transient)
    }
}
