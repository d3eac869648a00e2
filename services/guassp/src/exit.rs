//! How the program ends: one line that names the setting and the mend, and an exit code: 0 done, 1 failed, 2 wrong
//! arguments, 3 a plan waits for approval, and by sysexits 69 not reachable, 77 not allowed, 78 wrong settings.

use std::{
    fmt::{self, Display},
    process::ExitCode,
};

use runtime::{
    config::ConfigError,
    jetstream::{BindError, connect::ConnectError, server::ServerError, topology::TopologyError},
    telemetry::TelemetryError,
};

/// A setting is missing or wrong.
const CONFIG: u8 = 78;
/// Something that is needed is not there.
const UNAVAILABLE: u8 = 69;
/// Whoever asks is not allowed to.
const NOT_ALLOWED: u8 = 77;
/// A sync was waited for, and its plan waits for a person's approval.
const HELD: u8 = 3;
/// It did not work out; also where a check of `guassp doctor` fails.
const FAILED: u8 = 1;

/// Why the program ends without success.
#[derive(Debug)]
pub(crate) struct Failed {
    code: u8,
    line: String,
}

impl Failed {
    pub(crate) fn config(line: impl Display) -> Self {
        Self { code: CONFIG, line: line.to_string() }
    }

    pub(crate) fn unavailable(line: impl Display) -> Self {
        Self { code: UNAVAILABLE, line: line.to_string() }
    }

    pub(crate) fn because(line: impl Display) -> Self {
        Self { code: FAILED, line: line.to_string() }
    }

    pub(crate) fn not_allowed(line: impl Display) -> Self {
        Self { code: NOT_ALLOWED, line: line.to_string() }
    }

    pub(crate) fn held(line: impl Display) -> Self {
        Self { code: HELD, line: line.to_string() }
    }

    /// Whether a plan waits for approval.
    pub(crate) const fn is_held(&self) -> bool {
        self.code == HELD
    }

    /// Whether a setting is missing or wrong.
    pub(crate) const fn is_about_settings(&self) -> bool {
        self.code == CONFIG
    }

    /// Says why on standard error and returns the exit code.
    #[expect(clippy::print_stderr, reason = "the last words of a command belong on the terminal")]
    pub(crate) fn report(self) -> ExitCode {
        eprintln!("guassp: {}", self.line);
        ExitCode::from(self.code)
    }
}

impl From<ConfigError> for Failed {
    fn from(error: ConfigError) -> Self {
        Self::config(error)
    }
}

impl From<TelemetryError> for Failed {
    fn from(error: TelemetryError) -> Self {
        Self::config(error)
    }
}

impl From<ConnectError> for Failed {
    fn from(error: ConnectError) -> Self {
        Self::unavailable(format!("NATS_URL: {error}: start nats-server there, or correct NATS_URL"))
    }
}

impl From<ServerError> for Failed {
    fn from(error: ServerError) -> Self {
        Self::unavailable(error)
    }
}

impl From<TopologyError> for Failed {
    fn from(error: TopologyError) -> Self {
        match error {
            TopologyError::Missing(_) | TopologyError::Refused { .. } => {
                Self::unavailable(format!("NATS_URL: {error}"))
            }
            TopologyError::Differs { .. } | TopologyError::TooOld(_) => {
                Self::config(format!("NATS_URL: {error}"))
            }
        }
    }
}

impl From<BindError> for Failed {
    fn from(error: BindError) -> Self {
        match error {
            BindError::Topology(error) => error.into(),
            BindError::Bucket(_) | BindError::Unavailable(_) => {
                Self::unavailable(format!("NATS_URL: {error}"))
            }
        }
    }
}

impl From<gateway::StartError> for Failed {
    fn from(error: gateway::StartError) -> Self {
        Self::config(error)
    }
}

impl From<resolver::StartError> for Failed {
    fn from(error: resolver::StartError) -> Self {
        Self::config(error)
    }
}

impl From<notifier::StartError> for Failed {
    fn from(error: notifier::StartError) -> Self {
        Self::config(error)
    }
}

impl From<applier::StartError> for Failed {
    fn from(error: applier::StartError) -> Self {
        Self::config(error)
    }
}

impl Display for Failed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.line)
    }
}
