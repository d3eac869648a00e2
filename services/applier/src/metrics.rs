//! The applier's own figures.

use prometheus::{IntCounter, IntCounterVec, Opts};
use proto::ChangeKind;
use runtime::metrics::Metrics;

/// Changes made, and people not found.
#[derive(Debug)]
pub(crate) struct ApplierMetrics {
    changes: IntCounterVec,
    unmatched: IntCounter,
}

impl ApplierMetrics {
    pub(crate) fn new(metrics: &Metrics) -> prometheus::Result<Self> {
        let about = "Permissions granted to, and revoked from, people in SonarQube.";
        let changes = IntCounterVec::new(Opts::new("guassp_permission_changes_total", about), &["kind"])?;
        let about = "People with access in GitLab whom SonarQube did not know, summed over all syncs.";
        let unmatched = IntCounter::new("guassp_people_unmatched_total", about)?;
        Ok(Self { changes: metrics.register(changes)?, unmatched: metrics.register(unmatched)? })
    }

    pub(crate) fn count_change(&self, kind: ChangeKind) {
        self.changes.with_label_values(&[kind.key()]).inc();
    }

    pub(crate) fn count_unmatched(&self, people: usize) {
        self.unmatched.inc_by(people as u64);
    }
}
