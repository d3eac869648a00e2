//! The story of a sweep: every project that SonarQube has is looked at for a change that nobody told of.
//!
//! GitLab tells of no invited group, no blocked person and no lost webhook, so somebody has to look. The look is cheap:
//! one call a project, and what is kept of groups. Where it comes to what the last plan wanted, nothing happens. Where
//! it does not, or cannot be had, or the last whole reading is too old, the project gets a task like any other, and that
//! reads everything. **Invariant:** a sweep changes nothing by itself.

mod schedule;

use std::time::Duration;

use access::{Exemptions, Policy, Rules, effective, fingerprint, members};
use futures::{StreamExt, TryStreamExt, stream};
use jiff::Timestamp;
use proto::{Cause, FanOut, FanOutStep, ProjectId};
use runtime::{Runtime, jetstream::WorkError};

pub(crate) use self::schedule::watch;
use crate::{
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
    /// How old the last whole reading of a project may become.
    pub whole_every: Duration,
    /// Projects looked at at a time.
    pub parallel_calls: usize,
}

/// Looks at projects.
#[derive(Debug)]
pub(crate) struct Sweeper {
    pub(crate) gitlab: GitLab,
    pub(crate) exempt: Exemptions,
    pub(crate) policy: Policy,
    pub(crate) sweep: Sweep,
    pub(crate) metrics: ResolverMetrics,
    pub(crate) runtime: Runtime,
}

impl Sweeper {
    /// Looks at the next hundred projects; returns the step that goes on behind them.
    pub(crate) async fn step(
        &self,
        fan_out: &FanOut,
        after: Option<ProjectId>,
    ) -> Result<Option<FanOutStep>, WorkError> {
        let page = self.gitlab.projects_after(after).await.map_err(|error| failed(&error))?;
        let looks: Vec<_> = page.projects.iter().map(|project| self.look(fan_out, project)).collect();
        let looked: Vec<Swept> =
            stream::iter(looks).buffer_unordered(self.sweep.parallel_calls).try_collect().await?;
        looked.into_iter().for_each(|looked| self.metrics.count_swept(looked));
        let last = page.projects.last().map(Project::id);
        if let Some(after) = last.filter(|_| page.more) {
            return Ok(Some(FanOutStep::Sweep { after: Some(after) }));
        }
        self.end(fan_out).await?;
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
        if self.is_due(id).await? {
            self.ask(fan_out, id).await?;
            return Ok(Swept::Due);
        }
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

    /// Whether the project is to be read whole, because it never was, or the last such reading began long ago; whatever
    /// came of it: what fails or is skipped each time must not be tried by each sweep. Projects that were read at the
    /// same time come due one after the other, over the last quarter of the time.
    async fn is_due(&self, project: ProjectId) -> Result<bool, WorkError> {
        let projects = &self.runtime.jetstream.projects;
        let started = projects.started(project).await.map_err(WorkError::transient)?;
        let now = self.runtime.clock.now();
        Ok(started.is_none_or(|started| is_due(project, started.at, now, self.sweep.whole_every)))
    }

    /// Whether a setting leaves the project alone, of which only the id is known. What cannot be found out is for its
    /// task to tell.
    async fn is_left_alone(&self, project: ProjectId) -> Result<bool, WorkError> {
        if self.policy.skip.is_empty() {
            return Ok(false);
        }
        match self.gitlab.project(project).await {
            Ok(found) => Ok(self.policy.rules_for(project, found.path()).is_err()),
            Err(error) if error.is_about_one() => Ok(false),
            Err(error) => Err(failed(&error)),
        }
    }

    async fn ask(&self, fan_out: &FanOut, project: ProjectId) -> Result<(), WorkError> {
        let id = format!("{}.{project}", fan_out.id);
        let asked = self.runtime.jetstream.ensure_task(project, Cause::Reconcile, id).await;
        asked.map(drop).map_err(WorkError::transient)
    }

    /// The projects that the list did not show, as the token's user is no member of them, come due all the same.
    async fn end(&self, fan_out: &FanOut) -> Result<(), WorkError> {
        let jetstream = &self.runtime.jetstream;
        for project in jetstream.catalog.projects().await.map_err(WorkError::transient)? {
            if self.is_due(project).await? && !self.is_left_alone(project).await? {
                self.ask(fan_out, project).await?;
            }
        }
        self.metrics.count_sweep();
        tracing::info!(fan_out.id = %fan_out.id, "sweep over all projects ended");
        Ok(())
    }
}

fn is_due(project: ProjectId, read: Timestamp, now: Timestamp, whole_every: Duration) -> bool {
    let spread = u32::try_from(project.0 % 64).unwrap_or_default();
    let age = whole_every.saturating_sub(whole_every / 4 * spread / 64);
    // What was read far ahead was read by a clock that was wrong.
    now.duration_since(read).unsigned_abs() >= age
}

#[cfg(test)]
mod tests {
    use jiff::SignedDuration;

    use super::*;

    #[test]
    fn neighbours_come_due_one_after_the_other_in_the_last_quarter_of_the_time() {
        let day = Duration::from_secs(86_400);
        let read = Timestamp::UNIX_EPOCH;
        let is_due = |project, hours: i64| {
            is_due(ProjectId(project), read, read + SignedDuration::from_hours(hours), day)
        };
        for project in 0..1000 {
            assert!(!is_due(project, 17) && is_due(project, 24), "{project}");
        }
        let early = (0..64).filter(|project| is_due(*project, 21)).count();
        assert!((28..=36).contains(&early), "{early}");
    }
}
