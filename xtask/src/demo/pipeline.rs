//! What a CI job does: it asks for a sync with its job token and follows the task to its end.

use super::show;
use crate::http;
use anyhow::{Context, Result, bail};
use serde_json::Value;
use std::thread;
use std::time::{Duration, Instant};

const LIMIT: Duration = Duration::from_secs(60);
const POLL: Duration = Duration::from_millis(200);

/// The stages of a task, in their order.
const STAGES: [&str; 5] = ["queued", "reading", "planned", "applying", "ended"];

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
                Some(state @ "failed") => bail!("the task is {state}: {task}"),
                _ if Instant::now() > deadline => bail!("the task did not end: {task}"),
                _ => thread::sleep(POLL),
            }
        }
    }
}

impl Ended {
    /// The stages with their times of day, the trace they share, and the outcome in words.
    pub(super) fn lines(&self) -> Vec<String> {
        let stages = STAGES.iter().filter_map(|stage| self.stage(stage));
        let trace = self.0.get("trace_id").and_then(Value::as_str).map(|id| format!("trace      {id}"));
        stages.chain(trace).chain(self.outcome()).collect()
    }

    /// The plan: who is to have which permissions, and who nothing, and why.
    pub(super) fn plan(&self) -> Vec<[String; 2]> {
        let plan = self.0.get("plan").unwrap_or(&Value::Null);
        let list = |key: &str| plan.get(key).and_then(Value::as_array).into_iter().flatten();
        let word = |row: &Value, key: &str| row.get(key).and_then(Value::as_str).unwrap_or("?").to_owned();
        let keys = |row: &Value| {
            let permissions = row.get("permissions").and_then(Value::as_array).into_iter().flatten();
            permissions.filter_map(Value::as_str).collect::<Vec<_>>().join(", ")
        };
        let members = list("people")
            .map(|row| [word(row, "username"), format!("{} ({})", keys(row), word(row, "level"))]);
        let others = list("left_out_people")
            .map(|row| [word(row, "username"), format!("nothing ({})", word(row, "reason"))]);
        members.chain(others).collect()
    }

    fn stage(&self, name: &str) -> Option<String> {
        let (_day, time) = self.0.get("stages")?.get(name)?.as_str()?.split_once('T')?;
        Some(format!("{name:<10} {}", time.get(..12).unwrap_or(time)))
    }

    fn outcome(&self) -> Vec<String> {
        let outcome = self.0.get("outcome").unwrap_or(&Value::Null);
        let word = |key: &str| outcome.get(key).map_or_else(|| "?".to_owned(), ToString::to_string);
        let projects = outcome.get("projects").and_then(Value::as_array).into_iter().flatten();
        let sum = |key: &str| projects.clone().filter_map(|project| project.get(key)?.as_u64()).sum::<u64>();
        vec![
            format!("outcome    {}", word("verdict").trim_matches('"')),
            format!(
                "people     {} with access, {} not signed in to SonarQube yet",
                word("members"),
                word("pending")
            ),
            format!("written    {} granted, {} revoked", sum("granted"), sum("revoked")),
        ]
    }
}
