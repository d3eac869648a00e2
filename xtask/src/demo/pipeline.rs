//! What a CI job does: it asks for a sync with its job token and follows the task to its end.

use super::show;
use crate::http;
use anyhow::{Context, Result, bail};
use serde_json::Value;
use std::thread;
use std::time::{Duration, Instant};

const LIMIT: Duration = Duration::from_secs(60);
const POLL: Duration = Duration::from_millis(200);

/// A task that was accepted.
#[derive(Debug)]
pub(super) struct Task {
    url: String,
    job_token: String,
}

/// A task that has ended, as the gateway shows it.
#[derive(Debug)]
pub(super) struct Ended(Value);

impl Task {
    /// `POST /task`, as in the job's script.
    pub(super) fn post(guassp: &str, job_token: &str) -> Result<Self> {
        let url = format!("{guassp}/task");
        show::curl("POST", &url, ("JOB-TOKEN", job_token));
        let accepted = http::call("POST", &url, &[("JOB-TOKEN", job_token)], "")?.json()?;
        let id = accepted.get("id").and_then(Value::as_str).context("the answer to POST /task has no id")?;
        Ok(Self { url: format!("{guassp}/task/{id}"), job_token: job_token.to_owned() })
    }

    /// `GET /task/{id}` until the task has ended.
    pub(super) fn follow(&self) -> Result<Ended> {
        let header = ("JOB-TOKEN", self.job_token.as_str());
        show::curl("GET", &self.url, header);
        let deadline = Instant::now() + LIMIT;
        loop {
            let task = http::get(&self.url, &[header])?.json()?;
            match task.get("state").and_then(Value::as_str) {
                Some("finished") => return Ok(Ended(task)),
                Some(state @ ("failed" | "canceled")) => bail!("the task is {state}: {task}"),
                _ if Instant::now() > deadline => bail!("the task did not end: {task}"),
                _ => thread::sleep(POLL),
            }
        }
    }
}

impl Ended {
    /// The stages with their times, then the outcome.
    pub(super) fn lines(&self) -> Vec<String> {
        let stages = self.0.get("stages").and_then(Value::as_array).into_iter().flatten();
        let stages = stages.map(|stage| format!("{:<12} {}", text(stage, "name"), text(stage, "at")));
        let outcome = self.0.get("outcome").into_iter().map(|outcome| format!("outcome      {outcome}"));
        stages.chain(outcome).collect()
    }
}

fn text<'a>(value: &'a Value, key: &str) -> &'a str {
    value.get(key).and_then(Value::as_str).unwrap_or("?")
}
