//! One trace per task: the trace context travels in the headers of messages (W3C `traceparent`).

use async_nats::HeaderMap;
use opentelemetry::{
    Context,
    propagation::{Extractor, Injector, TextMapPropagator},
    trace::TraceContextExt,
};
use opentelemetry_sdk::propagation::TraceContextPropagator;
use tracing::Span;
use tracing_opentelemetry::OpenTelemetrySpanExt;

/// Writes the context of `span` into the headers of a message.
pub fn inject(span: &Span, headers: &mut HeaderMap) {
    TraceContextPropagator::new().inject_context(&span.context(), &mut Carrier(headers));
}

/// Makes `span` a child of the span that sent the message with `headers`.
///
/// The OpenTelemetry conventions leave the choice between parent and link; with one message per span a parent shows
/// the whole task as one trace.
pub fn adopt(span: &Span, headers: Option<&HeaderMap>) {
    let Some(headers) = headers else { return };
    let context = TraceContextPropagator::new().extract(&Extracted(headers));
    if span.set_parent(context).is_err() {
        tracing::debug!("the span had begun before its parent was known");
    }
}

/// The trace id of `span` (32 hex digits), if it belongs to a trace.
#[must_use]
pub fn id(span: &Span) -> Option<String> {
    let context: Context = span.context();
    let span = context.span();
    let trace = span.span_context();
    trace.is_valid().then(|| trace.trace_id().to_string())
}

struct Carrier<'a>(&'a mut HeaderMap);

impl Injector for Carrier<'_> {
    fn set(&mut self, key: &str, value: String) {
        self.0.insert(key, value.as_str());
    }
}

struct Extracted<'a>(&'a HeaderMap);

impl Extractor for Extracted<'_> {
    fn get(&self, key: &str) -> Option<&str> {
        self.0.get(key).map(async_nats::HeaderValue::as_str)
    }

    fn keys(&self) -> Vec<&str> {
        self.0.iter().map(|(name, _)| name.as_ref()).collect()
    }
}
