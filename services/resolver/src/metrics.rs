//! The resolver's own figures.

use prometheus::{IntCounter, IntCounterVec, Opts};
use runtime::metrics::Metrics;

/// Steps of fan-outs, and the projects that they reached.
#[derive(Debug, Clone)]
pub(crate) struct ResolverMetrics {
    steps: IntCounterVec,
    reached: IntCounterVec,
    looked: IntCounterVec,
    sweeps: IntCounter,
}

/// What a sweep saw of a project.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Swept {
    /// The same as at the last plan.
    Unchanged,
    /// Something else: it gets a task.
    Changed,
    /// Its last task applied nothing, as it was skipped, failed, or still runs: there is nothing to compare with.
    NeverApplied,
    /// It could not be looked at: it gets a task, which tells why.
    Unread,
    /// SonarQube does not have it.
    NotInSonarQube,
    /// A setting leaves it alone.
    Skipped,
}

impl Swept {
    const fn key(self) -> &'static str {
        match self {
            Self::Unchanged => "unchanged",
            Self::Changed => "changed",
            Self::NeverApplied => "never_applied",
            Self::Unread => "unread",
            Self::NotInSonarQube => "not_in_sonarqube",
            Self::Skipped => "skipped",
        }
    }
}

/// What became of a project that a fan-out reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reach {
    /// A task was made.
    Made,
    /// A task waited already, or was made by an earlier step of the same fan-out.
    Waits,
    /// SonarQube does not have it.
    NotInSonarQube,
}

impl Reach {
    const fn key(self) -> &'static str {
        match self {
            Self::Made => "made",
            Self::Waits => "waits",
            Self::NotInSonarQube => "not_in_sonarqube",
        }
    }
}

impl ResolverMetrics {
    pub(crate) fn new(metrics: &Metrics) -> prometheus::Result<Self> {
        let about = "Steps of fan-outs, each a page of GitLab, by what was read.";
        let steps = IntCounterVec::new(Opts::new("guassp_fan_out_steps_total", about), &["step"])?;
        let about =
            "Projects that fan-outs reached: a task was made, one waited, or SonarQube has none of it.";
        let reached = IntCounterVec::new(Opts::new("guassp_fan_out_projects_total", about), &["task"])?;
        let about = "Projects that sweeps looked at, by what was seen.";
        let looked = IntCounterVec::new(Opts::new("guassp_sweep_projects_total", about), &["result"])?;
        let sweeps =
            IntCounter::new("guassp_sweeps_total", "Sweeps over all projects that this process ended.")?;
        Ok(Self {
            steps: metrics.register(steps)?,
            reached: metrics.register(reached)?,
            looked: metrics.register(looked)?,
            sweeps: metrics.register(sweeps)?,
        })
    }

    pub(crate) fn count_swept(&self, looked: Swept) {
        self.looked.with_label_values(&[looked.key()]).inc();
    }

    pub(crate) fn count_sweep(&self) {
        self.sweeps.inc();
    }

    pub(crate) fn count_step(&self, step: &str) {
        self.steps.with_label_values(&[step]).inc();
    }

    pub(crate) fn count_reached(&self, reach: Reach) {
        self.reached.with_label_values(&[reach.key()]).inc();
    }
}
