//! One span and one count a request.
//!
//! Only the method, the route's template and the status are told: never a path, a query, a header or a body. A span
//! never has a parent: whatever `traceparent` a stranger sends, a trace begins here.

use axum::{
    extract::{MatchedPath, Request},
    http::Method,
    response::Response,
};
use runtime::metrics::StatusClass;
use tracing::{Span, field::Empty};

use super::metrics::HttpMetrics;

/// A request that is traced and will be counted.
#[derive(Debug)]
pub(super) struct Observed {
    method: &'static str,
    route: Option<MatchedPath>,
    span: Span,
}

impl Observed {
    pub(super) fn new(request: &Request) -> Self {
        let method = known(request.method());
        let route = request.extensions().get::<MatchedPath>().cloned();
        let span = span(method, route.as_ref().map(MatchedPath::as_str));
        Self { method, route, span }
    }

    /// Everything that is done for the request belongs into this span.
    pub(super) fn span(&self) -> Span {
        self.span.clone()
    }

    /// What calls to other systems that this request leads to are told to be for.
    pub(super) fn cause(&self) -> String {
        format!("request {} {}", self.method, self.route())
    }

    pub(super) fn end(self, answer: &Response, metrics: &HttpMetrics) {
        let status = answer.status();
        self.span.record("http.response.status_code", status.as_u16());
        if status.is_server_error() {
            self.span.record("otel.status_code", "ERROR");
        }
        metrics.answered(self.route(), self.method, StatusClass::of(status.as_u16()).label());
    }

    fn route(&self) -> &str {
        self.route.as_ref().map_or("none", MatchedPath::as_str)
    }
}

fn span(method: &'static str, route: Option<&str>) -> Span {
    let span = tracing::info_span!(
        "request",
        otel.name = Empty,
        otel.kind = "server",
        otel.status_code = Empty,
        http.request.method = method,
        http.route = route,
        http.response.status_code = Empty,
    );
    match route {
        Some(route) => span.record("otel.name", format!("{method} {route}")),
        None => span.record("otel.name", method),
    };
    span
}

/// A standard method; anything may be sent as one.
fn known(method: &Method) -> &'static str {
    match method.as_str() {
        "GET" => "GET",
        "HEAD" => "HEAD",
        "POST" => "POST",
        "PUT" => "PUT",
        "PATCH" => "PATCH",
        "DELETE" => "DELETE",
        "OPTIONS" => "OPTIONS",
        "TRACE" => "TRACE",
        "CONNECT" => "CONNECT",
        _ => "_OTHER",
    }
}
