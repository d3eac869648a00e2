//! Up to when the stalest projects were synchronised. Written by gateways.

use jiff::Timestamp;
use proto::{Reconciled, subject};

use super::Projects;
use crate::jetstream::{KvError, Seen};

impl Projects {
    /// Up to when the stalest projects were synchronised; nobody knows where it cannot be read, and it is written anew.
    ///
    /// # Errors
    /// When the server does not answer.
    pub async fn reconciled(&self) -> Result<Seen<Reconciled>, KvError> {
        self.bucket.see_readable(subject::RECONCILE_KEY).await
    }

    /// They were synchronised up to `until`, unless somebody has written something else since `seen`.
    ///
    /// # Errors
    /// When the server does not answer.
    pub async fn set_reconciled(&self, seen: Seen<Reconciled>, until: Timestamp) -> Result<(), KvError> {
        let before = seen.value.clone();
        let next = |found: Option<&Reconciled>| (found == before.as_ref()).then_some(Reconciled { until });
        self.bucket.change_from(Some(seen), subject::RECONCILE_KEY, next).await.map(|_| ())
    }
}
