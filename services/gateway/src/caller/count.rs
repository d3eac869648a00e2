//! How callers fared, in figures.

use prometheus::{IntCounterVec, Opts};
use runtime::metrics::Metrics;

/// Verdicts on callers, by what they showed and by what came of it.
#[derive(Debug, Clone)]
pub(super) struct Verdicts(IntCounterVec);

/// What a caller showed.
#[derive(Debug, Clone, Copy)]
pub(super) enum Kind {
    JobToken,
    IdToken,
    Person,
    Network,
}

/// What came of it.
#[derive(Debug, Clone, Copy)]
pub(super) enum Outcome {
    Accepted,
    Refused,
    /// GitLab could not be asked.
    NoVerdict,
    /// Accepted or refused by a verdict that GitLab gave a moment before.
    Cached,
}

impl Verdicts {
    pub(super) fn new(metrics: &Metrics) -> prometheus::Result<Self> {
        let about =
            "Verdicts on callers, by what they showed; \"cached\" is a verdict that GitLab gave before.";
        let verdicts = IntCounterVec::new(Opts::new("guassp_verdicts_total", about), &["kind", "result"])?;
        Ok(Self(metrics.register(verdicts)?))
    }

    pub(super) fn count(&self, kind: Kind, outcome: Outcome) {
        let kind = match kind {
            Kind::JobToken => "job_token",
            Kind::IdToken => "id_token",
            Kind::Person => "person",
            Kind::Network => "network",
        };
        let result = match outcome {
            Outcome::Accepted => "accepted",
            Outcome::Refused => "refused",
            Outcome::NoVerdict => "no_verdict",
            Outcome::Cached => "cached",
        };
        self.0.with_label_values(&[kind, result]).inc();
    }
}
