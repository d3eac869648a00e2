//! The audit: each change is told before it is made.
//!
//! **Invariant:** no grant, revoke or flip of visibility reaches SonarQube before its event is stored. What then
//! fails is told again by the next attempt, or by the failed end of the task.

use std::collections::BTreeMap;

use futures::{StreamExt, TryStreamExt, stream};
use proto::{
    Change, DriftFound, Event, GrantChange, Grantee, Hold, Outcome, PermissionSet, Plan, PlanHeld,
    Visibility, VisibilityChange,
};
use runtime::{
    clock::Clock,
    jetstream::{PublishError, Publisher},
};

use crate::difference::Difference;

/// Events stored at a time.
const PARALLEL: usize = 64;

/// What each holds at one moment.
type HeldByGrantee = BTreeMap<Grantee, PermissionSet>;

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
    /// What the plan wants, as a fingerprint.
    pub(crate) wish: &'a str,
    /// Which delivery of the plan; a repeated one tells its changes again.
    pub(crate) delivered: u64,
}

/// Tells what is about to happen, and why.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Told<'a> {
    pub(crate) audit: &'a Audit,
    pub(crate) because: Because<'a>,
}

impl Audit {
    pub(crate) const fn new(publisher: Publisher, clock: Clock) -> Self {
        Self { publisher, clock }
    }
}

impl Told<'_> {
    /// Tells which permissions are about to be given and taken.
    pub(crate) async fn changes(&self, difference: &Difference) -> Result<(), PublishError> {
        let (before, after) = (difference.held.permissions(), difference.after());
        self.grants(difference, difference.changes.iter(), &before, &after).await
    }

    /// Tells that the visibility is about to change, and what SonarQube itself will give and take by that.
    pub(crate) async fn flip(&self, difference: &Difference, to: Visibility) -> Result<(), PublishError> {
        let (before, after) = (difference.now.permissions(), difference.held.permissions());
        self.grants(difference, &difference.flipped(), &before, &after).await?;
        let Plan { task, cause, project, .. } = self.because.plan;
        self.tell(Event::Visibility(VisibilityChange {
            project: project.id,
            sonarqube_project: difference.project.key.to_string(),
            from: difference.project.visibility,
            to,
            task: *task,
            cause: cause.clone(),
            at: self.audit.clock.now(),
        }))
        .await
    }

    /// Tells that this system is about to give its own account a permission.
    pub(crate) async fn own(&self, difference: &Difference, change: &Change) -> Result<(), PublishError> {
        let before = difference.now.permissions();
        let mut after = before.clone();
        let own = after.entry(change.grantee.clone()).or_default();
        *own = own.with([change.permission].into());
        self.grants(difference, [change], &before, &after).await
    }

    async fn grants<'a>(
        &self,
        difference: &Difference,
        changes: impl IntoIterator<Item = &'a Change>,
        before: &HeldByGrantee,
        after: &HeldByGrantee,
    ) -> Result<(), PublishError> {
        let event = |change| Event::Grant(self.grant(difference, change, before, after));
        let told: Vec<_> = changes.into_iter().map(|change| self.tell(event(change))).collect();
        stream::iter(told).buffer_unordered(PARALLEL).try_collect().await
    }

    /// Tells what somebody else changed since the last sync, where there is any.
    pub(crate) async fn drift(&self, difference: &Difference) -> Result<(), PublishError> {
        if difference.drift.is_empty() {
            return Ok(());
        }
        let Plan { task, project, .. } = self.because.plan;
        self.tell(Event::Drift(DriftFound {
            project: project.id,
            sonarqube_project: difference.project.key.to_string(),
            count: difference.drift.len(),
            changes: difference.drift.iter().take(Outcome::LISTED).cloned().collect(),
            repaired: difference.repairs(),
            task: *task,
            at: self.audit.clock.now(),
        }))
        .await
    }

    /// Tells that the plan waits for a person.
    pub(crate) async fn held(&self, hold: &Hold) -> Result<(), PublishError> {
        self.tell(Event::Held(PlanHeld {
            project: self.because.plan.project.id,
            task: self.because.plan.task,
            digest: hold.digest.clone(),
            reasons: hold.reasons.clone(),
            grants: hold.grants,
            revokes: hold.revokes,
            at: hold.at,
        }))
        .await
    }

    fn grant(
        &self,
        difference: &Difference,
        change: &Change,
        before: &HeldByGrantee,
        after: &HeldByGrantee,
    ) -> GrantChange {
        let Because { plan: Plan { task, cause, project, .. }, wish, .. } = self.because;
        let held = |by: &HeldByGrantee| by.get(&change.grantee).copied().unwrap_or_default();
        GrantChange {
            project: project.id,
            sonarqube_project: difference.project.key.to_string(),
            change: change.clone(),
            gitlab_user: change.grantee.login().and_then(|login| difference.user_of(login)),
            before: held(before),
            after: held(after),
            plan: wish.to_owned(),
            task: *task,
            cause: cause.clone(),
            at: self.audit.clock.now(),
        }
    }

    async fn tell(&self, event: Event) -> Result<(), PublishError> {
        let Because { plan, delivered, .. } = self.because;
        let id = format!("{}.{}.{delivered}.{}", plan.task, plan.order.attempt, name(&event));
        self.audit.publisher.tell(&event, id).await
    }
}

/// What tells an event from the others of one attempt.
fn name(event: &Event) -> String {
    match event {
        Event::Grant(GrantChange {
            sonarqube_project: key,
            change: Change { kind, grantee, permission },
            ..
        }) => {
            format!("{}.{key}.{grantee}.{permission}", kind.key())
        }
        Event::Visibility(VisibilityChange { sonarqube_project: key, to, .. }) => {
            format!("visibility.{key}.{to}")
        }
        Event::Drift(DriftFound { sonarqube_project: key, .. }) => format!("drift.{key}"),
        Event::TaskEnded(_) | Event::Held(_) | Event::Control(_) | Event::TokenEnds(_) => {
            event.kind().to_owned()
        }
    }
}
