//! Waits until a started SonarQube can be used, and says why when it cannot.

use crate::leash::{CONSOLE, Server, tail};
use crate::{http, say};
use anyhow::{Context, Result, bail};
use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

const LIMIT: Duration = Duration::from_secs(300);
const POLL: Duration = Duration::from_secs(1);
const NEWS: Duration = Duration::from_secs(30);

/// Polls the status until it is `UP`; an error with the ends of the logs when the process ends or
/// five minutes have passed.
pub(super) fn wait(url: &str, server: &mut Server) -> Result<()> {
    until_up(url, server).with_context(|| format!("SonarQube did not start; {}", logs(server.folder())))
}

fn until_up(url: &str, server: &mut Server) -> Result<()> {
    let begun = Instant::now();
    let mut told = begun;
    loop {
        server.check_alive()?;
        let status = status(url);
        if status == "UP" {
            return Ok(());
        }
        if begun.elapsed() > LIMIT {
            bail!("it was still {status} after {}", say::spoken(LIMIT));
        }
        if told.elapsed() > NEWS {
            told = Instant::now();
            say::note(&format!("SonarQube is {status} after {}", say::spoken(begun.elapsed())));
        }
        thread::sleep(POLL);
    }
}

/// What `api/system/status` says; no answer yet is part of every start.
fn status(url: &str) -> String {
    let answer = http::get(&format!("{url}/api/system/status"), &[]).and_then(|answer| answer.json());
    let status = answer.ok().and_then(|json| json.get("status")?.as_str().map(str::to_owned));
    status.unwrap_or_else(|| "not answering".to_owned())
}

fn logs(scratch: &Path) -> String {
    let files = [CONSOLE, "logs/es.log", "logs/web.log", "logs/ce.log"];
    let tails = files.map(|file| (file, tail(&scratch.join(file), 15)));
    let shown = tails.iter().filter(|(_, tail)| !tail.is_empty());
    shown.map(|(file, tail)| format!("{file} ends:\n{tail}\n")).collect()
}
