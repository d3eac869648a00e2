//! What the environment says beside settings.

use runtime::telemetry::{Export, Log, Telemetry, TelemetryError};

use super::{Settings, variables};

/// The variables that set the level of the log.
const LOG_LEVEL: [&str; 2] = ["LOG_LEVEL", "GUASSP_LOG__LEVEL"];

/// What the environment says beside settings.
#[derive(Debug, Default)]
pub(super) struct Seen {
    without_effect: Vec<String>,
    exports_traces: bool,
    names_a_log_level: bool,
}

impl Seen {
    pub(super) fn of(environment: &[(String, String)]) -> Self {
        let is_set = |name: &&str| environment.iter().any(|(key, value)| key == *name && !value.is_empty());
        let without_effect = variables::WITHOUT_EFFECT.iter().filter(|name| is_set(name));
        Self {
            without_effect: without_effect.map(|&name| name.into()).collect(),
            exports_traces: variables::TRACE_ENDPOINTS.iter().any(&is_set),
            names_a_log_level: LOG_LEVEL.iter().any(is_set),
        }
    }
}

impl Settings {
    /// Variables of the older tool that are set and have no effect.
    pub(crate) fn without_effect(&self) -> &[String] {
        &self.seen.without_effect
    }

    /// Sets up this log, and traces where an OpenTelemetry endpoint is named, for a process of this name.
    pub(crate) fn telemetry(&self, service: &str, log: &Log) -> Result<Telemetry, TelemetryError> {
        let export = Export { service: service.to_owned(), enabled: self.seen.exports_traces };
        Telemetry::start(log, &export)
    }

    /// Whether the environment says which lines the log has.
    pub(crate) const fn names_a_log_level(&self) -> bool {
        self.seen.names_a_log_level
    }
}
