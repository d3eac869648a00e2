//! The gateway's API, as far as an operator needs it here: asking for tasks, and seeing how they end.

use crate::http;
use crate::operator::Operator;
use anyhow::{Context, Result, bail, ensure};
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::Value;
use std::time::{Duration, Instant};

/// A task that takes longer than this hangs.
const LIMIT: Duration = Duration::from_secs(300);

/// Where it is called, and as whom.
#[derive(Debug)]
pub(super) struct Api {
    url: String,
    authorization: String,
}

/// A task as it is shown.
#[derive(Debug, Deserialize)]
pub(super) struct Task {
    /// One sentence.
    summary: String,
    stages: Stages,
    outcome: Option<Outcome>,
}

/// When it reached them.
#[derive(Debug, Deserialize)]
struct Stages {
    queued: Timestamp,
    reading: Option<Timestamp>,
    planned: Option<Timestamp>,
    ended: Option<Timestamp>,
}

/// What became of it.
#[derive(Debug, Deserialize)]
struct Outcome {
    verdict: String,
}

/// How many tasks stand where.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
pub(super) struct Counters {
    finished_tasks: u64,
    failed_tasks: u64,
    canceled_tasks: u64,
}

impl Api {
    /// Calls the gateway at this address as the operator.
    pub(super) fn new(gateway: &str, operator: &Operator) -> Self {
        Self { url: gateway.to_owned(), authorization: operator.bearer() }
    }

    /// Asks for a sync of the project; gives the id of the task.
    pub(super) fn sync(&self, project: u64) -> Result<String> {
        let accepted = self.call("POST", &format!("/task_manual/{project}"))?;
        let id = accepted.get("id").and_then(Value::as_str);
        id.map(str::to_owned).with_context(|| format!("the task has no id: {accepted}"))
    }

    /// Waits for the end of a task; an error unless its plan was applied.
    pub(super) fn ended(&self, id: &str) -> Result<Task> {
        let deadline = Instant::now() + LIMIT;
        loop {
            let task: Task = serde_json::from_value(self.call("GET", &format!("/task/{id}?wait=20"))?)?;
            match &task.outcome {
                Some(outcome) if outcome.verdict == "done" => return Ok(task),
                Some(_) => bail!("the task was not done: {}", task.summary),
                None => ensure!(Instant::now() < deadline, "the task did not end: {}", task.summary),
            }
        }
    }

    /// The tasks so far.
    pub(super) fn counters(&self) -> Result<Counters> {
        Ok(serde_json::from_value(self.call("GET", "/tasks?limit=1")?)?)
    }

    fn call(&self, method: &str, path: &str) -> Result<Value> {
        let headers = [("Authorization", self.authorization.as_str())];
        http::call(method, &format!("{}{path}", self.url), &headers, "")?.json()
    }
}

impl Task {
    /// From the beginning of the reading to the plan, by the clock of the resolver.
    pub(super) fn reading_time(&self) -> Result<Duration> {
        let Stages { reading: Some(reading), planned: Some(planned), .. } = self.stages else {
            bail!("the task was not read and planned: {}", self.summary);
        };
        between(reading, planned)
    }

    /// From its acceptance to its end, by the clocks of gateway and applier.
    pub(super) fn whole_time(&self) -> Result<Duration> {
        let ended = self.stages.ended.with_context(|| format!("the task has not ended: {}", self.summary))?;
        between(self.stages.queued, ended)
    }
}

fn between(earlier: Timestamp, later: Timestamp) -> Result<Duration> {
    later.duration_since(earlier).try_into().context("the clock went backwards")
}

impl Counters {
    /// How many have ended; an error when any of them did not finish.
    pub(super) fn ended(self) -> Result<u64> {
        let Self { finished_tasks, failed_tasks, canceled_tasks } = self;
        ensure!((failed_tasks, canceled_tasks) == (0, 0), "some tasks did not finish: {self:?}");
        Ok(finished_tasks)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_reading_and_a_task_take_as_long_as_their_stages_are_apart() {
        let task = |planned: Value| -> Task {
            let stages = json!({ "queued": "2026-11-22T09:59:59Z", "reading": "2026-11-22T10:00:00.25Z",
                "planned": planned, "ended": planned });
            let task = json!({ "outcome": null, "summary": "0 granted", "stages": stages });
            serde_json::from_value(task).unwrap()
        };
        let planned = task(json!("2026-11-22T10:00:02Z"));
        assert_eq!(planned.reading_time().unwrap(), Duration::from_millis(1_750));
        assert_eq!(planned.whole_time().unwrap(), Duration::from_secs(3));
        task(Value::Null).reading_time().unwrap_err();
        task(Value::Null).whole_time().unwrap_err();
    }

    #[test]
    fn a_failed_task_is_not_an_end_to_go_on_from() {
        let counters = |failed: u64| -> Counters {
            let body = json!({ "queued_tasks": 3, "finished_tasks": 7, "failed_tasks": failed, "canceled_tasks": 0 });
            serde_json::from_value(body).unwrap()
        };
        assert_eq!(counters(0).ended().unwrap(), 7);
        counters(1).ended().unwrap_err();
    }
}
