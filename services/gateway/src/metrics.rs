//! The gateway's own figures.

use prometheus::{IntCounterVec, Opts};
use runtime::metrics::Metrics;

/// Triggers, by cause and by what became of them.
#[derive(Debug)]
pub(crate) struct GatewayMetrics {
    triggers: IntCounterVec,
}

impl GatewayMetrics {
    pub(crate) fn new(metrics: &Metrics) -> prometheus::Result<Self> {
        let about = "Accepted triggers by cause: a new task was published, or one that waited was joined.";
        let triggers = IntCounterVec::new(Opts::new("guassp_triggers_total", about), &["cause", "result"])?;
        Ok(Self { triggers: metrics.register(triggers)? })
    }

    pub(crate) fn count(&self, cause: &str, joined: Joined) {
        let result = match joined {
            Joined::Yes => "joined",
            Joined::No => "published",
        };
        self.triggers.with_label_values(&[cause, result]).inc();
    }
}

/// Whether a trigger joined a task that waited.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Joined {
    Yes,
    No,
}

impl From<Joined> for bool {
    fn from(joined: Joined) -> Self {
        joined == Joined::Yes
    }
}
