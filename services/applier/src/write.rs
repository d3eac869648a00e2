//! Writing one project: everything that reaches SonarQube goes through a [`Pen`], and each call asks the lease first.
//!
//! Two ways lead to the same end. `single`: one call for each change, several at a time, grants before revokes. `template`:
//! a temporary permission template that holds everything the project is to have, filled in parallel and applied in one
//! transaction. Which one takes less time, [`Pace`] estimates.

mod pace;
mod single;
mod template;

use std::{sync::Arc, time::Instant};

use futures::{StreamExt, TryStreamExt, stream};
use proto::{Grantee, Permission, Visibility, Way, Writing};
use runtime::jetstream::{Lease, PublishError};
use tokio::sync::Semaphore;

pub(crate) use self::{
    pace::Pace,
    template::{NAME, abandoned, sweep},
};
use crate::{
    audit::Told,
    difference::Difference,
    metrics::ApplierMetrics,
    rules::Ways,
    sonarqube::{ProjectKey, Reader, SonarQubeError, Writer},
};

/// Why not all changes were made.
#[derive(Debug, thiserror::Error)]
pub(crate) enum WriteError {
    /// SonarQube did not take one.
    #[error(transparent)]
    SonarQube(#[from] SonarQubeError),
    /// A change could not be told in the audit, so it is not made.
    #[error(transparent)]
    Audit(#[from] PublishError),
    /// The plan may be another applier's by now: no further change is made.
    #[error("the plan was lost to another applier while it was written")]
    Lost,
    /// SonarQube lists a permission that it does not let anybody put into a template.
    #[error("SonarQube does not put {permission} of {grantee} into a template")]
    NotForTemplates {
        /// The permission's key.
        permission: String,
        /// Who holds it.
        grantee: Grantee,
    },
    /// What is held on the project changed while the template was filled.
    #[error(
        "somebody changed the permissions of {0} while they were written; the next attempt begins afresh"
    )]
    Moved(ProjectKey),
}

/// The half of an applier that writes. Shared by all plans in hand.
#[derive(Debug)]
pub(crate) struct Desk {
    pub(crate) reader: Reader,
    pub(crate) writer: Writer,
    pub(crate) metrics: Arc<ApplierMetrics>,
    pub(crate) ways: Ways,
    pub(crate) pace: Pace,
    /// Calls that write at a time, of all plans together.
    pub(crate) calls: Semaphore,
    pub(crate) parallel: usize,
}

/// Writes as long as the plan is held.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Pen<'a> {
    desk: &'a Desk,
    lease: &'a Lease,
}

impl Desk {
    /// A pen for the plan with this lease.
    pub(crate) const fn pen<'a>(&'a self, lease: &'a Lease) -> Pen<'a> {
        Pen { desk: self, lease }
    }
}

impl Pen<'_> {
    /// Flips the visibility.
    pub(crate) async fn set_visibility(&self, key: &ProjectKey, to: Visibility) -> Result<(), WriteError> {
        self.check_lease()?;
        Ok(self.desk.writer.set_visibility(key, to).await?)
    }

    /// Gives this system's own account a permission, outside of any plan.
    pub(crate) async fn grant(
        &self,
        key: &ProjectKey,
        login: &str,
        permission: Permission,
    ) -> Result<(), WriteError> {
        self.call(self.desk.writer.grant(key, login, permission)).await
    }

    /// Tells the changes in the audit and makes them, in the way that is expected to take less time. Nothing where there
    /// is nothing to write.
    pub(crate) async fn write(
        &self,
        difference: &Difference,
        told: Told<'_>,
    ) -> Result<Option<Writing>, WriteError> {
        if difference.changes.is_empty() {
            return Ok(None);
        }
        let (mut way, estimated) = self.desk.pace.choose(self.desk.ways, difference);
        let began = Instant::now();
        match way {
            Way::Single => single::write(self, difference, told).await?,
            Way::Template => match template::write(self, difference, told).await {
                Err(WriteError::NotForTemplates { permission, grantee }) => {
                    tracing::info!(permission, %grantee, "not to be put into a template: writing one by one");
                    way = Way::Single;
                    single::write(self, difference, told).await?;
                }
                written => written?,
            },
        }
        let took = began.elapsed();
        self.desk.metrics.observe_writing(way, estimated, took);
        for change in difference.changes.iter() {
            self.desk.metrics.count_change(change.kind);
        }
        Ok(Some(Writing { way, estimated_ms: whole(estimated), took_ms: whole(took) }))
    }

    /// Makes the calls, so many at a time as the desk allows; stops at the first that fails.
    async fn calls<F>(&self, calls: Vec<F>) -> Result<(), WriteError>
    where
        F: Future<Output = Result<(), SonarQubeError>>,
    {
        let calls: Vec<_> = calls.into_iter().map(|call| self.call(call)).collect();
        stream::iter(calls).buffer_unordered(self.desk.parallel).try_collect().await
    }

    /// Makes one call that writes, when it is its turn.
    async fn call<T>(&self, call: impl Future<Output = Result<T, SonarQubeError>>) -> Result<T, WriteError> {
        let _turn = self.desk.calls.acquire().await.map_err(|_| WriteError::Lost)?;
        self.check_lease()?;
        Ok(call.await?)
    }

    fn check_lease(&self) -> Result<(), WriteError> {
        if self.lease.is_held() { Ok(()) } else { Err(WriteError::Lost) }
    }
}

fn whole(time: std::time::Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}
