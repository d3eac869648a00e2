//! The gateway's own figures.

use jiff::Timestamp;
use prometheus::{GaugeVec, IntCounter, IntCounterVec, IntGauge, Opts};
use runtime::{jetstream::projects::ProjectBoard, metrics::Metrics};

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

/// How stale the projects are that SonarQube has.
#[derive(Debug, Clone)]
pub(crate) struct ReconcileMetrics {
    projects: IntGauge,
    never_synced: IntGauge,
    stale: GaugeVec,
    published: IntCounter,
    last_turn: IntGauge,
}

impl ReconcileMetrics {
    pub(crate) fn new(metrics: &Metrics) -> prometheus::Result<Self> {
        let gauge = |name, about| metrics.register(IntGauge::new(name, about)?);
        let about = "How long ago projects that SonarQube has, and that are not left alone, were last brought in line: the stalest, and the median.";
        let stale = GaugeVec::new(Opts::new("guassp_projects_stale_seconds", about), &["which"])?;
        let about = "Tasks that this process asked for because a project was the stalest.";
        let published = IntCounter::new("guassp_reconcile_published_total", about)?;
        Ok(Self {
            projects: gauge("guassp_projects", "GitLab projects that SonarQube has.")?,
            never_synced: gauge(
                "guassp_projects_never_synced",
                "Those of them that were never brought in line.",
            )?,
            stale: metrics.register(stale)?,
            published: metrics.register(published)?,
            last_turn: gauge(
                "guassp_reconcile_last_turn_timestamp_seconds",
                "When this process last asked for the stalest projects; of several gateways each has turns. 0 is never.",
            )?,
        })
    }

    /// A turn was made.
    pub(crate) fn turned(&self, now: Timestamp) {
        self.last_turn.set(now.as_second());
    }

    pub(crate) fn count_published(&self) {
        self.published.inc();
    }

    /// Sets the figures of all projects.
    pub(crate) fn set(&self, board: &ProjectBoard, now: Timestamp) {
        let counted = board.in_sonarqube().filter(|(_, row)| !row.left_alone);
        let mut applied: Vec<Option<Timestamp>> = counted.map(|(_, row)| row.applied).collect();
        applied.sort_unstable();
        let never = applied.iter().filter(|applied| applied.is_none()).count();
        let synced = applied.split_off(never);
        let age = |at: Option<&Option<Timestamp>>| {
            let age = at.copied().flatten().map(|at| now.duration_since(at).as_secs_f64());
            age.unwrap_or_default().max(0.0)
        };
        self.projects.set(i64::try_from(board.in_sonarqube().count()).unwrap_or(i64::MAX));
        self.never_synced.set(i64::try_from(never).unwrap_or(i64::MAX));
        self.stale.with_label_values(&["stalest"]).set(age(synced.first()));
        self.stale.with_label_values(&["median"]).set(age(synced.get(synced.len() / 2)));
    }
}
