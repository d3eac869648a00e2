//! From GitLab to a plan: one pass where that comes to what was agreed on before, and made sure of where it does not.

use access::Skipped;
use jiff::Timestamp;
use proto::{AppliedPlan, EndsOn, Plan, PlanOrder, ProjectId, StartedTask, Task};
use runtime::jetstream::{Delivery, WorkError};

use super::{Resolver, failed};
use crate::{
    Reading,
    directory::Sighting,
    gitlab::{Project, ReadError},
    plan::{Compared, Draft},
};

/// A plan, and when to look again because something ends.
type Read = (Plan, Option<EndsOn>);

impl Resolver {
    /// The plan, and when to look at the project again. Of a project that is left alone only what it is called now is
    /// read. `before` is the last task that was begun before this one.
    ///
    /// **Invariant:** nobody is revoked on the word of an account that is only remembered, nor, where there are fewer
    /// people, on that of one pass: whoever is not listed any more makes the plan differ, and what differs is made sure
    /// of.
    pub(super) async fn read(
        &self,
        delivery: &Delivery<Task>,
        before: Option<&StartedTask>,
    ) -> Result<Result<Read, Skipped>, WorkError> {
        let task = &delivery.message;
        let order = PlanOrder { task: delivery.position, attempt: delivery.delivered };
        let read_at = self.runtime.clock.now();
        let found = self.found(task.project, read_at).await?;
        let sighting = Sighting::of(&found, read_at);
        let rules = match self.policy.rules_for(task.project, found.path()) {
            Ok(rules) => rules,
            Err(skipped) => return Ok(Err(skipped)),
        };
        let draft = Draft { task, order, read_at, rules, exempt: &self.exempt };
        let read = |reading: &Reading, plan| (plan, self.expiry.ends_on(task.project, reading.ends, read_at));
        let once = self.gitlab.read_once(found).await.map_err(|error| failed(&error))?;
        // The groups above are known now.
        self.directory.noticed(&sighting).await;
        let plan = draft.plan(&once.reading);
        let doubtful = match Compared::of(&plan, self.applied(task.project).await?.as_ref(), before) {
            Compared::Agrees => return Ok(Ok(read(&once.reading, plan))),
            Compared::Smaller => once.doubted(),
            Compared::Differs => once,
        };
        let sure = self.gitlab.make_sure(doubtful).await.map_err(|error| failed(&error))?;
        Ok(Ok(read(&sure, draft.plan(&sure))))
    }

    /// The project itself.
    async fn found(&self, id: ProjectId, now: Timestamp) -> Result<Project, WorkError> {
        match self.gitlab.project(id).await {
            Ok(found) => Ok(found),
            Err(error) => {
                if matches!(error, ReadError::Gone { .. }) {
                    self.directory.missed(id, now).await;
                }
                Err(failed(&error))
            }
        }
    }

    /// The last plan that was written to SonarQube.
    async fn applied(&self, project: ProjectId) -> Result<Option<AppliedPlan>, WorkError> {
        self.runtime.jetstream.projects.applied(project).await.map_err(WorkError::transient)
    }
}
