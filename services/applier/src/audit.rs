//! The audit: each change is told before it is made.
//!
//! **Invariant:** no grant, revoke or flip of visibility reaches SonarQube before its event is stored. What then
//! fails is told again by the next attempt, or by the failed end of the task.

use futures::{StreamExt, TryStreamExt, stream};
use proto::{Change, Event, GrantChange, Plan, UserId, Visibility, VisibilityChange};
use runtime::{
    clock::Clock,
    jetstream::{PublishError, Publisher},
};

use crate::sonarqube::ProjectKey;

/// Events stored at a time.
const PARALLEL: usize = 64;

/// Writes the audit.
#[derive(Debug)]
pub(crate) struct Audit {
    publisher: Publisher,
    clock: Clock,
}

/// What leads to a change.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Because<'a> {
    pub(crate) plan: &'a Plan,
    /// Which delivery of the plan; a repeated one tells its changes again.
    pub(crate) delivered: u64,
}

impl Audit {
    pub(crate) const fn new(publisher: Publisher, clock: Clock) -> Self {
        Self { publisher, clock }
    }

    /// Tells which permissions are about to be given and taken.
    pub(crate) async fn changes(
        &self,
        because: Because<'_>,
        key: &ProjectKey,
        changes: Vec<(Change, Option<UserId>)>,
    ) -> Result<(), PublishError> {
        let events = changes.into_iter().map(|(change, user)| self.grant(because, key, change, user));
        let told: Vec<_> = events.map(|event| self.tell(because, event)).collect();
        stream::iter(told).buffer_unordered(PARALLEL).try_collect().await
    }

    /// Tells that the visibility is about to change.
    pub(crate) async fn visibility(
        &self,
        because: Because<'_>,
        key: &ProjectKey,
        from: Visibility,
        to: Visibility,
    ) -> Result<(), PublishError> {
        let Plan { task, cause, project, .. } = because.plan;
        let event = Event::Visibility(VisibilityChange {
            project: project.id,
            sonarqube_project: key.to_string(),
            from,
            to,
            task: *task,
            cause: cause.clone(),
            at: self.clock.now(),
        });
        self.tell(because, event).await
    }

    fn grant(&self, because: Because<'_>, key: &ProjectKey, change: Change, user: Option<UserId>) -> Event {
        let Plan { task, cause, project, .. } = because.plan;
        Event::Grant(GrantChange {
            project: project.id,
            sonarqube_project: key.to_string(),
            change,
            gitlab_user: user,
            task: *task,
            cause: cause.clone(),
            at: self.clock.now(),
        })
    }

    async fn tell(&self, because: Because<'_>, event: Event) -> Result<(), PublishError> {
        let id = format!(
            "{}.{}.{}.{}",
            because.plan.task,
            because.plan.order.attempt,
            because.delivered,
            name(&event)
        );
        self.publisher.tell(&event, id).await
    }
}

/// What tells an event from the others of one attempt.
fn name(event: &Event) -> String {
    match event {
        Event::Grant(GrantChange {
            sonarqube_project: key,
            change: Change { kind, login, permission },
            ..
        }) => {
            format!("{}.{key}.{login}.{permission}", kind.key())
        }
        Event::Visibility(VisibilityChange { sonarqube_project: key, to, .. }) => {
            format!("visibility.{key}.{to}")
        }
        Event::TaskEnded(_) | Event::Control(_) => event.kind().to_owned(),
    }
}
