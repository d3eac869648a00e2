//! The ids of the events that are stored, read by `guassp events` as anybody reads them.

use crate::bench::broker::Broker;
use crate::workspace::Workspace;
use anyhow::{Context, Result};
use serde_json::Value;
use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};

/// The stream of events.
pub(super) const STREAM: &str = "GUASSP_GITLAB";

/// Dropping it ends the program.
struct Following(Child);

impl Drop for Following {
    fn drop(&mut self) {
        // It ends when nobody reads, and at the latest now; nothing is left to do on errors.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// The ids of all events in the stream, in their order.
pub(super) fn ids(workspace: &Workspace, broker: &Broker) -> Result<Vec<String>> {
    let count = usize::try_from(broker.stored(STREAM)?.messages)?;
    let mut command = Command::new(workspace.built_release("guassp"));
    command.args(["events", "--since", "1h", "--output", "json"]).env_clear().env("NATS_URL", &broker.url);
    let mut following =
        Following(command.stdout(Stdio::piped()).spawn().context("cannot start guassp events")?);
    let output = following.0.stdout.take().context("guassp events has no output")?;
    BufReader::new(output).lines().take(count).map(|line| id(&line?)).collect()
}

fn id(line: &str) -> Result<String> {
    let event: Value = serde_json::from_str(line).with_context(|| format!("no event: {line}"))?;
    let id = event.get("id").and_then(Value::as_str).context("an event without an id")?;
    Ok(id.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_an_event_with_an_id() {
        assert_eq!(id(r#"{"id":"hook-1","kind":"push"}"#).unwrap(), "hook-1");
        assert!(id("no event").is_err());
        assert!(id("{}").is_err());
    }
}
