//! The figures that every service counts the same way. One registry, passed as a value.
//!
//! Label values come from small sets: systems, methods, status classes, stages, verdicts and causes. Nothing is
//! labelled by project, person or route.

use std::time::Duration;

use jiff::Timestamp;
use prometheus::{
    Gauge, GaugeVec, HistogramOpts, HistogramVec, IntCounterVec, IntGaugeVec, Opts, Registry, TextEncoder,
    core::Collector,
};

/// Seconds from 5 ms to 5 minutes: a call, and a whole sync, fit.
const BUCKETS: [f64; 13] = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0, 30.0, 100.0, 300.0];

/// The shared figures and the registry.
#[derive(Debug)]
pub struct Metrics {
    registry: Registry,
    upstream: HistogramVec,
    stage: HistogramVec,
    redeliveries: IntCounterVec,
    dead_letters: IntCounterVec,
    tasks_ended: IntCounterVec,
    queue: IntGaugeVec,
    oldest: GaugeVec,
    token_ends: GaugeVec,
}

impl Metrics {
    /// A registry with the shared figures, all at zero.
    ///
    /// # Errors
    /// Never, as long as the names above each other differ; the error is the registry's.
    pub fn new() -> prometheus::Result<Self> {
        let registry = Registry::new();
        let build = Opts::new("guassp_build_info", "Always 1; the version is in the label.");
        let build = Gauge::with_opts(build.const_label("version", env!("CARGO_PKG_VERSION")))?;
        build.set(1.0);
        register(&registry, build)?;
        Ok(Self {
            upstream: register(&registry, upstream()?)?,
            stage: register(&registry, stage()?)?,
            redeliveries: register(&registry, redeliveries()?)?,
            dead_letters: register(&registry, dead_letters()?)?,
            tasks_ended: register(&registry, tasks_ended()?)?,
            queue: register(&registry, queue()?)?,
            oldest: register(&registry, oldest()?)?,
            token_ends: register(&registry, token_ends()?)?,
            registry,
        })
    }

    /// Adds a service's own figure to the registry.
    ///
    /// # Errors
    /// When the name is taken.
    pub fn register<C: Collector + Clone + 'static>(&self, collector: C) -> prometheus::Result<C> {
        register(&self.registry, collector)
    }

    /// One call to GitLab or SonarQube.
    pub fn observe_call(&self, system: &str, method: &str, status: StatusClass, took: Duration) {
        self.upstream.with_label_values(&[system, method, status.label()]).observe(took.as_secs_f64());
    }

    /// One delivery that a stage worked on.
    pub fn observe_stage(&self, stage: &str, result: &str, took: Duration) {
        self.stage.with_label_values(&[stage, result]).observe(took.as_secs_f64());
    }

    /// A message that was delivered before.
    pub fn count_redelivery(&self, stage: &str) {
        self.redeliveries.with_label_values(&[stage]).inc();
    }

    /// A message that was given up.
    pub fn count_dead_letter(&self, stage: &str) {
        self.dead_letters.with_label_values(&[stage]).inc();
    }

    /// A task that ended.
    pub fn count_ended(&self, verdict: &str, cause: &str) {
        self.tasks_ended.with_label_values(&[verdict, cause]).inc();
    }

    /// How much waits for a stage, how much it has in hand, and how old the oldest is.
    pub fn set_queue(&self, stage: &str, waiting: u64, in_hand: u64, oldest: Duration) {
        let gauge = |state| self.queue.with_label_values(&[stage, state]);
        gauge("waiting").set(i64::try_from(waiting).unwrap_or(i64::MAX));
        gauge("in_hand").set(i64::try_from(in_hand).unwrap_or(i64::MAX));
        self.oldest.with_label_values(&[stage]).set(oldest.as_secs_f64());
    }

    /// When the token for a system ends; one that never does is not told.
    pub fn set_token_end(&self, system: &str, end: Option<Timestamp>) {
        match end {
            Some(end) => {
                let seconds =
                    Duration::try_from(end.duration_since(Timestamp::UNIX_EPOCH)).unwrap_or_default();
                self.token_ends.with_label_values(&[system]).set(seconds.as_secs_f64());
            }
            None => drop(self.token_ends.remove_label_values(&[system])),
        }
    }

    /// Everything in the text format that Prometheus reads.
    ///
    /// # Errors
    /// When a figure cannot be written; the error is the encoder's.
    pub fn render(&self) -> prometheus::Result<String> {
        TextEncoder::new().encode_to_string(&self.registry.gather())
    }
}

/// How a call ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StatusClass {
    /// 2xx
    Success,
    /// 3xx
    Redirect,
    /// 4xx
    ClientError,
    /// 5xx
    ServerError,
    /// No answer, or one cut short.
    NoAnswer,
}

impl StatusClass {
    /// The class of a status code.
    #[must_use]
    pub const fn of(status: u16) -> Self {
        match status {
            ..300 => Self::Success,
            300..400 => Self::Redirect,
            400..500 => Self::ClientError,
            _ => Self::ServerError,
        }
    }

    /// `2xx` … `5xx`, or `none`.
    #[must_use]
    pub const fn label(self) -> &'static str {
        match self {
            Self::Success => "2xx",
            Self::Redirect => "3xx",
            Self::ClientError => "4xx",
            Self::ServerError => "5xx",
            Self::NoAnswer => "none",
        }
    }
}

fn register<C: Collector + Clone + 'static>(registry: &Registry, collector: C) -> prometheus::Result<C> {
    registry.register(Box::new(collector.clone()))?;
    Ok(collector)
}

fn upstream() -> prometheus::Result<HistogramVec> {
    let about = "Calls to GitLab and SonarQube, by status class; \"none\" is a call without a whole answer.";
    let options = HistogramOpts::new("guassp_upstream_call_duration_seconds", about);
    HistogramVec::new(options.buckets(BUCKETS.to_vec()), &["system", "method", "status"])
}

fn stage() -> prometheus::Result<HistogramVec> {
    let about = "Work on one delivered message, by what came of it.";
    let options = HistogramOpts::new("guassp_stage_duration_seconds", about);
    HistogramVec::new(options.buckets(BUCKETS.to_vec()), &["stage", "result"])
}

fn redeliveries() -> prometheus::Result<IntCounterVec> {
    let about = "Messages that had been delivered before: retries, waits and crashes.";
    IntCounterVec::new(Opts::new("guassp_redeliveries_total", about), &["stage"])
}

fn dead_letters() -> prometheus::Result<IntCounterVec> {
    let about = "Messages that were given up and put into GUASSP_DEAD.";
    IntCounterVec::new(Opts::new("guassp_dead_letters_total", about), &["stage"])
}

fn tasks_ended() -> prometheus::Result<IntCounterVec> {
    let about = "Tasks that ended, by verdict and by who asked.";
    IntCounterVec::new(Opts::new("guassp_tasks_ended_total", about), &["verdict", "cause"])
}

fn queue() -> prometheus::Result<IntGaugeVec> {
    let about = "Messages that wait for a stage, and that it has in hand or has put back for later.";
    IntGaugeVec::new(Opts::new("guassp_queue_messages", about), &["stage", "state"])
}

fn oldest() -> prometheus::Result<GaugeVec> {
    let about = "Age of the oldest message of a stage's queue, 0 when it is empty.";
    GaugeVec::new(Opts::new("guassp_queue_oldest_age_seconds", about), &["stage"])
}

fn token_ends() -> prometheus::Result<GaugeVec> {
    let about = "When the token that a system is called with ends, in seconds since 1970.";
    GaugeVec::new(Opts::new("guassp_token_expires_timestamp_seconds", about), &["system"])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_call_is_counted_by_system_method_and_status_class() {
        let metrics = Metrics::new().unwrap();
        metrics.observe_call("gitlab", "GET", StatusClass::of(204), Duration::from_millis(7));
        let text = metrics.render().unwrap();
        let line =
            r#"guassp_upstream_call_duration_seconds_count{method="GET",status="2xx",system="gitlab"} 1"#;
        assert!(text.contains(line), "{text}");
    }
}
