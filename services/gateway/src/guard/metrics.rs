//! What the guard counts.

use prometheus::{IntCounterVec, IntGaugeVec, Opts};
use runtime::metrics::Metrics;

/// Requests, refusals and connections. Cheap to clone.
#[derive(Debug, Clone)]
pub(crate) struct HttpMetrics {
    requests: IntCounterVec,
    refused: IntCounterVec,
    connections: IntGaugeVec,
}

/// Why the gateway refused a request, or a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Refusal {
    /// The caller sends too many requests.
    RateCaller,
    /// The project's jobs send too many triggers.
    RateProject,
    /// As many requests are worked on as may be.
    Shed,
    /// As many callers wait as may.
    Watchers,
    /// As many connections are open as may be.
    Connections,
    /// The body is too large, broken, or one too many.
    Body,
    /// The request took too long to arrive, or to be answered.
    Timeout,
}

/// What a connection is doing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Connected {
    /// Open; all of them.
    Open,
    /// Those of them that have sent a request.
    Active,
    /// Those of them whose caller waits for a task or follows the events.
    Watching,
}

impl HttpMetrics {
    pub(crate) fn new(metrics: &Metrics) -> prometheus::Result<Self> {
        let about = "Answered requests by route, method and class of the answer's status.";
        let requests = Opts::new("guassp_http_requests_total", about);
        let about = "Requests and connections that were refused to protect the gateway, by reason.";
        let refused = Opts::new("guassp_http_refused_total", about);
        let about = "Connections that are open, those of them that have sent a request, and those that wait for news.";
        let connections = Opts::new("guassp_http_connections", about);
        Ok(Self {
            requests: metrics.register(IntCounterVec::new(requests, &["route", "method", "status"])?)?,
            refused: metrics.register(IntCounterVec::new(refused, &["reason"])?)?,
            connections: metrics.register(IntGaugeVec::new(connections, &["state"])?)?,
        })
    }

    /// A request was answered; `route` is a template, `method` a standard one.
    pub(super) fn answered(&self, route: &str, method: &str, status: &str) {
        self.requests.with_label_values(&[route, method, status]).inc();
    }

    pub(crate) fn refused(&self, why: Refusal) {
        self.refused.with_label_values(&[why.label()]).inc();
    }

    pub(crate) fn connected(&self, what: Connected) {
        self.connections.with_label_values(&[what.label()]).inc();
    }

    pub(crate) fn disconnected(&self, what: Connected) {
        self.connections.with_label_values(&[what.label()]).dec();
    }
}

impl Refusal {
    const fn label(self) -> &'static str {
        match self {
            Self::RateCaller => "rate_caller",
            Self::RateProject => "rate_project",
            Self::Shed => "shed",
            Self::Watchers => "watchers",
            Self::Connections => "connections",
            Self::Body => "body",
            Self::Timeout => "timeout",
        }
    }
}

impl Connected {
    const fn label(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Active => "active",
            Self::Watching => "watching",
        }
    }
}
