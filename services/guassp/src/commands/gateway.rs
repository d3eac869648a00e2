//! A gateway, for the commands that talk to one.

use std::{sync::Arc, time::Duration};

use proto::{Outcome, ProjectId, TaskId, TaskState, Verdict};
use reqwest::header::HeaderMap;
use runtime::{
    http::{Call, Client, Credential, Failure, FailureKind},
    metrics::Metrics,
};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use tokio::time::Instant;

use super::ask::Output;
use crate::{
    exit::Failed,
    settings::{Endpoint, Settings},
};

/// What the gateway is called in errors.
const NAME: &str = "the gateway";
/// How long one look waits for a change, in seconds: less than any proxy in between gives up after.
const WAIT: u64 = 25;

/// For how long a gateway that takes no more, is not up or does not answer is asked again: an upgrade takes less.
const PATIENCE: Duration = Duration::from_secs(300);
/// When to ask it again, where it does not say.
const AGAIN: Duration = Duration::from_secs(1);

/// Whether it was too much at once.
pub(super) const fn is_too_much(failure: &Failure) -> bool {
    matches!(failure.kind, FailureKind::Throttled { .. })
}

/// The same, or the gateway is not up, or not all of its answer came.
pub(super) const fn is_outage(failure: &Failure) -> bool {
    matches!(
        failure.kind,
        FailureKind::Throttled { .. }
            | FailureKind::Broken { status: 502..=504, .. }
            | FailureKind::NoAnswer { .. }
    )
}

/// A gateway.
pub(super) struct Gateway(Client);

/// A task that was accepted.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Accepted {
    pub(super) id: TaskId,
    pub(super) project: ProjectId,
    pub(super) message: String,
}

/// A task, as far as it is told here.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Task {
    pub(super) id: TaskId,
    pub(super) project: ProjectId,
    state: TaskState,
    summary: String,
    outcome: Option<Outcome>,
    revision: u64,
}

impl Gateway {
    /// The gateway at `GUASSP_URL`.
    pub(super) fn reach(settings: &Settings) -> Result<Self, Failed> {
        Self::at(settings.client()?)
    }

    pub(super) fn at(Endpoint { url, token, limits }: Endpoint) -> Result<Self, Failed> {
        let metrics = Arc::new(Metrics::new().map_err(Failed::because)?);
        let client = Client::new(NAME, &url, HeaderMap::new(), &limits, metrics).map_err(Failed::because)?;
        let Some(token) = token else { return Ok(Self(client)) };
        let unusable = |_| Failed::config("GUASSP_TOKEN has characters that no token has");
        Ok(Self(client.signed_in(Credential::bearer(token).map_err(unusable)?)))
    }

    /// Makes a call and reads its answer.
    pub(super) async fn call<T: DeserializeOwned>(&self, call: Call) -> Result<T, Failed> {
        let route = call.route;
        Ok(self.0.call(call).await?.json(NAME, route)?)
    }

    /// The same, again and again for five minutes while `passes` says that the failure will pass.
    pub(super) async fn patiently<T: DeserializeOwned>(
        &self,
        call: Call,
        passes: fn(&Failure) -> bool,
    ) -> Result<T, Failure> {
        let until = Instant::now() + PATIENCE;
        loop {
            match self.0.call(call.clone()).await {
                Ok(answer) => return answer.json(NAME, call.route),
                Err(failure) if passes(&failure) => {
                    let pause = failure.retry_after().unwrap_or(AGAIN);
                    if Instant::now() + pause > until {
                        return Err(failure);
                    }
                    tokio::time::sleep(pause).await;
                }
                Err(failure) => return Err(failure),
            }
        }
    }

    /// Follows a task to its end, and the one that took over where there is one; none where its record is gone, as it is
    /// `queue.result_ttl` after the end. What there is to say meanwhile is printed as it changes, where people read it.
    pub(super) async fn follow(&self, task: TaskId, output: Output) -> Result<Option<Task>, Failure> {
        let (mut id, mut known, mut said) = (task, 0, String::new());
        loop {
            let call =
                Call::get("/task/:id", format!("/task/{id}")).query("wait", WAIT).query("after", known);
            let task: Task = match self.patiently(call, is_outage).await {
                Err(Failure { kind: FailureKind::Missing { .. }, .. }) => return Ok(None),
                result => result?,
            };
            if output == Output::Text && task.summary != said {
                println!("project {}: {}", task.project, task.summary);
                said.clone_from(&task.summary);
            }
            match task.successor() {
                Some(newer) => (id, known) = (newer, 0),
                None if task.state.is_final() => return Ok(Some(task)),
                None => known = task.revision,
            }
        }
    }
}

impl Task {
    fn successor(&self) -> Option<TaskId> {
        self.outcome.as_ref()?.superseded_by.filter(|_| self.state.is_final())
    }

    /// Prints what was done to each project.
    pub(super) fn print_changes(&self) {
        for project in self.outcome.iter().flat_map(|outcome| &outcome.projects) {
            print!("{project}");
        }
    }

    /// What became of it, in a line.
    pub(super) fn line(&self) -> String {
        format!("project {}: {}", self.project, self.summary)
    }

    /// # Errors
    /// When the plan waits for approval, and when the task has not done what was asked for.
    pub(super) fn judge(&self) -> Result<(), Failed> {
        let line = self.line();
        let verdict = self.outcome.as_ref().map(|outcome| outcome.verdict);
        match (self.state, verdict) {
            (TaskState::Finished, Some(Verdict::Held)) => Err(Failed::held(line)),
            (TaskState::Finished, _) => Ok(()),
            _ => Err(Failed::because(line)),
        }
    }
}

/// A task was asked for, and nobody knows of it any more.
pub(super) fn forgotten(task: TaskId) -> Failed {
    Failed::because(format!("task {task} has ended, and its record is gone (queue.result_ttl)"))
}

impl From<Failure> for Failed {
    fn from(failure: Failure) -> Self {
        match &failure.kind {
            FailureKind::Refused { status: 401, .. } => {
                Self::not_allowed(format!("{failure}: GUASSP_TOKEN is a person's token (guassp token new)"))
            }
            FailureKind::Refused { .. } => Self::not_allowed(failure),
            FailureKind::Broken { .. } | FailureKind::NoAnswer { .. } | FailureKind::Throttled { .. } => {
                Self::unavailable(format!("GUASSP_URL: {failure}"))
            }
            FailureKind::Missing { .. } | FailureKind::Rejected { .. } => Self::because(failure),
            FailureKind::Unreadable { .. } => {
                Self::because(format!("{failure}: is GUASSP_URL the address of a gateway?"))
            }
        }
    }
}
