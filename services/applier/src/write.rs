//! Making the changes: several calls at a time, grants before revokes.

use futures::{StreamExt, TryStreamExt, stream};
use proto::{Change, ChangeKind};
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
    pub(crate) writer: &'a Writer,
    pub(crate) metrics: &'a ApplierMetrics,
    pub(crate) lease: &'a Lease,
    pub(crate) parallel: usize,
}

impl Pen<'_> {
    /// Makes all changes of a kind; stops at the first that fails.
    pub(crate) async fn make(&self, key: &ProjectKey, changes: &[Change]) -> Result<(), WriteError> {
        let calls: Vec<_> = changes.iter().map(|change| self.make_one(key, change)).collect();
        stream::iter(calls).buffer_unordered(self.parallel).try_collect().await
    }

    async fn make_one(&self, key: &ProjectKey, change: &Change) -> Result<(), WriteError> {
        if !self.lease.is_held() {
            return Err(WriteError::Lost);
        }
        let Change { kind, login, permission } = change;
        match kind {
            ChangeKind::Grant => self.writer.grant(key, login, *permission).await?,
            ChangeKind::Revoke => self.writer.revoke(key, login, *permission).await?,
        }
        self.metrics.count_change(*kind);
        Ok(())
    }
}
