//! What is counted of webhooks.

use prometheus::{IntCounterVec, Opts};
use proto::GitLabEventKind;
use runtime::metrics::Metrics;

/// Deliveries, and what came of them. Cheap to clone.
#[derive(Debug, Clone)]
pub(crate) struct HookMetrics {
    received: IntCounterVec,
    consequences: IntCounterVec,
}

/// What became of a delivery that was verified.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Received {
    /// It is a new one.
    Stored,
    /// It was stored before.
    Duplicate,
}

/// What came of an event at one look.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Came {
    /// It cannot change access.
    Nothing,
    /// It may change access, and does not say whose.
    Nameless,
    /// Its project is not in SonarQube.
    NotInSonarQube,
    /// A task was published.
    Task,
    /// A task waits already.
    Joined,
    /// A fan-out was published.
    FanOut,
    /// What it is about was looked at since.
    Covered,
}

impl HookMetrics {
    pub(crate) fn new(metrics: &Metrics) -> prometheus::Result<Self> {
        let about =
            "Deliveries of GitLab's webhooks by kind, as far as it is known, and by what became of them.";
        let received = IntCounterVec::new(Opts::new("guassp_webhooks_total", about), &["kind", "result"])?;
        let about =
            "Looks at what an event of GitLab is about, by the kind of the event and by what came of it.";
        let consequences = Opts::new("guassp_webhook_consequences_total", about);
        let consequences = IntCounterVec::new(consequences, &["kind", "result"])?;
        Ok(Self { received: metrics.register(received)?, consequences: metrics.register(consequences)? })
    }

    pub(crate) fn received(&self, kind: GitLabEventKind, received: Received) {
        let result = match received {
            Received::Stored => "stored",
            Received::Duplicate => "duplicate",
        };
        self.received.with_label_values(&[kind.key(), result]).inc();
    }

    /// A delivery was refused, whose kind therefore nobody knows.
    pub(crate) fn refused(&self) {
        self.received.with_label_values(&["none", "refused"]).inc();
    }

    pub(super) fn came(&self, kind: GitLabEventKind, came: Came) {
        self.consequences.with_label_values(&[kind.key(), came.label()]).inc();
    }
}

impl Came {
    const fn label(self) -> &'static str {
        match self {
            Self::Nothing => "nothing",
            Self::Nameless => "nameless",
            Self::NotInSonarQube => "not_in_sonarqube",
            Self::Task => "task",
            Self::Joined => "joined",
            Self::FanOut => "fan_out",
            Self::Covered => "covered",
        }
    }
}
