//! The applier's own figures.

use std::time::Duration;

use prometheus::{CounterVec, HistogramOpts, HistogramVec, IntCounter, IntCounterVec, IntGauge, Opts};
use proto::{ChangeKind, Way};
use runtime::metrics::Metrics;

/// Seconds that writing one project takes.
const BUCKETS: [f64; 9] = [0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 15.0, 60.0, 300.0];

/// Changes made, how they were written, people not found, and whether anything is written at all.
#[derive(Debug)]
pub(crate) struct ApplierMetrics {
    changes: IntCounterVec,
    pending: IntCounter,
    holds: IntCounter,
    writing: HistogramVec,
    estimated: CounterVec,
    open: IntGauge,
}

impl ApplierMetrics {
    pub(crate) fn new(metrics: &Metrics) -> prometheus::Result<Self> {
        let about = "Permissions granted to, and revoked from, people and groups in SonarQube.";
        let changes = IntCounterVec::new(Opts::new("guassp_permission_changes_total", about), &["kind"])?;
        let about = "People with access in GitLab whom SonarQube did not know, summed over all syncs.";
        let pending = IntCounter::new("guassp_people_pending_total", about)?;
        let holds =
            IntCounter::new("guassp_plans_held_total", "Plans that a guard held for a person's approval.")?;
        let about = "How long writing the changes of one SonarQube project took, by the way of writing.";
        let writing = HistogramOpts::new("guassp_write_duration_seconds", about).buckets(BUCKETS.to_vec());
        let writing = HistogramVec::new(writing, &["way"])?;
        let about = "How long it was expected to take, summed.";
        let estimated = CounterVec::new(Opts::new("guassp_write_estimated_seconds_total", about), &["way"])?;
        let about = "1 while SonarQube is not well and nothing is written.";
        let open = IntGauge::new("guassp_sonarqube_breaker_open", about)?;
        Ok(Self {
            changes: metrics.register(changes)?,
            pending: metrics.register(pending)?,
            holds: metrics.register(holds)?,
            writing: metrics.register(writing)?,
            estimated: metrics.register(estimated)?,
            open: metrics.register(open)?,
        })
    }

    pub(crate) fn count_change(&self, kind: ChangeKind) {
        self.changes.with_label_values(&[kind.key()]).inc();
    }

    pub(crate) fn count_pending(&self, people: usize) {
        self.pending.inc_by(people as u64);
    }

    pub(crate) fn count_hold(&self) {
        self.holds.inc();
    }

    pub(crate) fn observe_writing(&self, way: Way, estimated: Duration, took: Duration) {
        self.writing.with_label_values(&[way.key()]).observe(took.as_secs_f64());
        self.estimated.with_label_values(&[way.key()]).inc_by(estimated.as_secs_f64());
    }

    pub(crate) fn set_open(&self, open: bool) {
        self.open.set(i64::from(open));
    }
}
