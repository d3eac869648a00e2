//! Making the changes: several calls at a time, grants before revokes.

use futures::{StreamExt, TryStreamExt, stream};
use proto::{Change, ChangeKind, Visibility};
use runtime::jetstream::Lease;

use crate::{
    metrics::ApplierMetrics,
    sonarqube::{ProjectKey, SonarQubeError, Writer},
};

/// Why not all changes were made.
#[derive(Debug, thiserror::Error)]
pub(crate) enum WriteError {
    /// SonarQube did not take one.
    #[error(transparent)]
    SonarQube(#[from] SonarQubeError),
    /// The plan may be another applier's by now: no further change is made.
    #[error("the plan was lost to another applier while it was written")]
    Lost,
}

/// Makes changes of one project.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Pen<'a> {
    /// Only the methods below write: each asks the lease first.
    writer: &'a Writer,
    metrics: &'a ApplierMetrics,
    lease: &'a Lease,
    parallel: usize,
}

impl<'a> Pen<'a> {
    pub(crate) const fn new(
        writer: &'a Writer,
        metrics: &'a ApplierMetrics,
        lease: &'a Lease,
        parallel: usize,
    ) -> Self {
        Self { writer, metrics, lease, parallel }
    }

    /// Flips the visibility.
    pub(crate) async fn set_visibility(&self, key: &ProjectKey, to: Visibility) -> Result<(), WriteError> {
        self.check_lease()?;
        Ok(self.writer.set_visibility(key, to).await?)
    }

    /// Makes all changes of a kind; stops at the first that fails.
    pub(crate) async fn make(&self, key: &ProjectKey, changes: &[Change]) -> Result<(), WriteError> {
        let calls: Vec<_> = changes.iter().map(|change| self.make_one(key, change)).collect();
        stream::iter(calls).buffer_unordered(self.parallel).try_collect().await
    }

    async fn make_one(&self, key: &ProjectKey, change: &Change) -> Result<(), WriteError> {
        self.check_lease()?;
        let Change { kind, login, permission } = change;
        match kind {
            ChangeKind::Grant => self.writer.grant(key, login, *permission).await?,
            ChangeKind::Revoke => self.writer.revoke(key, login, *permission).await?,
        }
        self.metrics.count_change(*kind);
        Ok(())
    }

    fn check_lease(&self) -> Result<(), WriteError> {
        if self.lease.is_held() { Ok(()) } else { Err(WriteError::Lost) }
    }
}
