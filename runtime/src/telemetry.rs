//! Structured logs and OpenTelemetry traces.
//!
//! Traces are exported when one of OpenTelemetry's own endpoint variables is set; those variables, and the ones for
//! sampling and for the service's name, mean what they always mean. Without an endpoint spans still carry ids, so
//! that logs and task records of one task can be found by them.

use std::io::IsTerminal;

use opentelemetry::{KeyValue, trace::TracerProvider};
use opentelemetry_otlp::SpanExporter;
use opentelemetry_sdk::{Resource, trace::SdkTracerProvider};
use serde::{Deserialize, Serialize};
use tracing_subscriber::{
    EnvFilter, Layer,
    filter::{LevelFilter, Targets},
    layer::SubscriberExt,
    registry::LookupSpan,
    util::SubscriberInitExt,
};

/// Section `log`.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Log {
    /// `error`, `warn`, `info`, `debug` or `trace`, or a filter such as `info,resolver=debug`.
    pub level: String,
    /// How lines are written.
    pub format: Format,
}

/// How log lines are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Format {
    /// Text on a terminal, JSON otherwise.
    Auto,
    /// For people.
    Text,
    /// For log collectors.
    Json,
}

/// Keeps the exporter alive. Drop it last: it sends what is still held back.
#[derive(Debug)]
pub struct Telemetry {
    provider: SdkTracerProvider,
}

/// Why telemetry could not be set up.
#[derive(Debug, thiserror::Error)]
pub enum TelemetryError {
    /// `log.level` is not a filter.
    #[error("log.level: {0} (set LOG_LEVEL to error, warn, info, debug or trace)")]
    Level(#[from] tracing_subscriber::filter::ParseError),
    /// The exporter refused its settings.
    #[error("OpenTelemetry exporter: {0} (look at the OTEL_EXPORTER_OTLP_* variables)")]
    Exporter(#[from] opentelemetry_otlp::ExporterBuildError),
    /// A second set-up in one process.
    #[error("telemetry is set up already: {0}")]
    Twice(#[from] tracing_subscriber::util::TryInitError),
}

/// Where and as whom traces are exported.
#[derive(Debug, Clone)]
pub struct Export {
    /// `service.name` when `OTEL_SERVICE_NAME` is not set.
    pub service: String,
    /// Whether an endpoint is set; without one nothing is exported.
    pub enabled: bool,
}

impl Telemetry {
    /// Sets up logs (to standard error) and traces for the whole process.
    ///
    /// # Errors
    /// When the level is no filter, or the exporter refuses its settings.
    pub fn start(log: &Log, export: &Export) -> Result<Self, TelemetryError> {
        let provider = provider(export)?;
        // The level is for the lines; every span is traced, or ids and exported traces would depend on it.
        let spans =
            tracing_opentelemetry::layer().with_tracer(provider.tracer("guassp")).with_filter(own_spans());
        let filter =
            EnvFilter::try_new(format!("async_nats=warn,{},opentelemetry=off", log.level.to_lowercase()))?;
        tracing_subscriber::registry().with(spans).with(lines(log.format).with_filter(filter)).try_init()?;
        Ok(Self { provider })
    }
}

impl Drop for Telemetry {
    fn drop(&mut self) {
        // With a dead collector this takes about a second: it comes last, after everything else has ended.
        if let Err(error) = self.provider.shutdown() {
            tracing::debug!(%error, "traces could not be flushed");
        }
    }
}

fn provider(export: &Export) -> Result<SdkTracerProvider, TelemetryError> {
    let builder = SdkTracerProvider::builder().with_resource(resource(&export.service));
    if !export.enabled {
        return Ok(builder.build());
    }
    let exporter = SpanExporter::builder().with_http().build()?;
    Ok(builder.with_batch_exporter(exporter).build())
}

fn resource(service: &str) -> Resource {
    let name = std::env::var_os("OTEL_SERVICE_NAME")
        .map_or(service.into(), |name| name.to_string_lossy().into_owned());
    let version = KeyValue::new("service.version", env!("CARGO_PKG_VERSION"));
    Resource::builder().with_service_name(name).with_attribute(version).build()
}

/// The spans of this program, and not those of the libraries that export them.
fn own_spans() -> Targets {
    ["gateway", "resolver", "applier", "notifier", "runtime", "guassp"]
        .map(|name| (name, LevelFilter::INFO))
        .into_iter()
        .collect()
}

fn lines<S>(format: Format) -> Box<dyn Layer<S> + Send + Sync>
where
    S: tracing::Subscriber + for<'a> LookupSpan<'a>,
{
    let terminal = std::io::stderr().is_terminal();
    let lines = tracing_subscriber::fmt::layer().with_writer(std::io::stderr).with_ansi(terminal);
    match format {
        Format::Text => lines.boxed(),
        Format::Auto if terminal => lines.boxed(),
        // The ids that a reader looks for are in the events themselves; repeating every span makes lines unreadable.
        Format::Json | Format::Auto => {
            lines.json().flatten_event(true).with_current_span(false).with_span_list(false).boxed()
        }
    }
}
