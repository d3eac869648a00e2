//! The notifier's own figures.

use prometheus::{IntCounterVec, Opts};
use runtime::metrics::Metrics;

/// What was done to issues.
#[derive(Debug)]
pub(crate) struct NotifierMetrics {
    issues: IntCounterVec,
}

impl NotifierMetrics {
    pub(crate) fn new(metrics: &Metrics) -> prometheus::Result<Self> {
        let about =
            "Issues for people, by what was done to them; refused: GitLab does not let the token do it.";
        let issues = IntCounterVec::new(Opts::new("guassp_issues_total", about), &["result"])?;
        Ok(Self { issues: metrics.register(issues)? })
    }

    pub(crate) fn count(&self, done: Done) {
        self.issues.with_label_values(&[done.key()]).inc();
    }
}

/// What was done to an issue.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Done {
    Opened,
    Updated,
    Reopened,
    Closed,
    Refused,
}

impl Done {
    const fn key(self) -> &'static str {
        match self {
            Self::Opened => "opened",
            Self::Updated => "updated",
            Self::Reopened => "reopened",
            Self::Closed => "closed",
            Self::Refused => "refused",
        }
    }
}
