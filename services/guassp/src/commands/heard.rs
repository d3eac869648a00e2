//! The log of a command: what it warns of on a terminal, and each call that changes something where `LOG_LEVEL=info`, or where
//! nobody looks on. Services have a log of their own.

use std::io::IsTerminal;

use runtime::telemetry::{Log, Telemetry};

use crate::{exit::Failed, settings::Settings};

/// What a command's spans are of.
const SERVICE: &str = "guassp-command";
/// At a terminal what a command prints is what people read.
const AT_A_TERMINAL: &str = "warn";

/// Begins the log of a command; it lasts as long as what is given back.
pub(super) fn start(settings: &Settings) -> Result<Telemetry, Failed> {
    let log = log(settings, std::io::stderr().is_terminal());
    Ok(settings.telemetry(SERVICE, &log)?)
}

fn log(settings: &Settings, terminal: bool) -> Log {
    if terminal && !settings.names_a_log_level() {
        Log { level: AT_A_TERMINAL.to_owned(), ..settings.log.clone() }
    } else {
        settings.log.clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn on_a_terminal_only_warnings_are_told_unless_the_level_is_named() {
        let level = |environment: &[(&str, &str)], terminal| {
            let environment =
                environment.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
            log(&Settings::from(None, environment.collect()).unwrap(), terminal).level
        };
        assert_eq!((level(&[], true), level(&[], false)), ("warn".to_owned(), "info".to_owned()));
        for named in ["LOG_LEVEL", "GUASSP_LOG__LEVEL"] {
            assert_eq!(level(&[(named, "info")], true), "info");
        }
    }
}
