//! A gateway, for the commands that talk to one.

use std::sync::Arc;

use proto::{Outcome, ProjectId, TaskId, TaskState, Verdict};
use reqwest::header::{AUTHORIZATION, HeaderMap, HeaderValue};
use runtime::{
    http::{Call, Client, Failure, FailureKind},
    metrics::Metrics,
};
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize, de::DeserializeOwned};

use super::ask::Output;
use crate::{
    exit::Failed,
    settings::{Endpoint, Settings},
};

/// What the gateway is called in errors.
const NAME: &str = "the gateway";
/// How long one look waits for a change, in seconds: less than any proxy in between gives up after.
const WAIT: u64 = 25;

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
        let Endpoint { url, token, limits } = settings.client()?;
        let headers = token.as_ref().map(bearer).transpose()?.unwrap_or_default();
        let metrics = Arc::new(Metrics::new().map_err(Failed::because)?);
        Ok(Self(Client::new(NAME, &url, headers, &limits, metrics).map_err(Failed::because)?))
    }

    /// Makes a call and reads its answer.
    pub(super) async fn call<T: DeserializeOwned>(&self, call: Call) -> Result<T, Failed> {
        let route = call.route;
        Ok(self.0.call(call).await?.json(NAME, route)?)
    }

    /// Follows a task to its end, and the one that took over where there is one. What there is to say meanwhile is
    /// printed as it changes, where people read it.
    pub(super) async fn follow(&self, task: TaskId, output: Output) -> Result<Task, Failed> {
        let (mut id, mut known, mut said) = (task, 0, String::new());
        loop {
            let call =
                Call::get("/task/:id", format!("/task/{id}")).query("wait", WAIT).query("after", known);
            let task: Task = self.call(call).await?;
            if output == Output::Text && task.summary != said {
                println!("project {}: {}", task.project, task.summary);
                said.clone_from(&task.summary);
            }
            match task.successor() {
                Some(newer) => (id, known) = (newer, 0),
                None if task.state.is_final() => return Ok(task),
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

    /// # Errors
    /// When the plan waits for approval, and when the task has not done what was asked for.
    pub(super) fn judge(&self) -> Result<(), Failed> {
        let line = format!("project {}: {}", self.project, self.summary);
        let verdict = self.outcome.as_ref().map(|outcome| outcome.verdict);
        match (self.state, verdict) {
            (TaskState::Finished, Some(Verdict::Held)) => Err(Failed::held(line)),
            (TaskState::Finished, _) => Ok(()),
            _ => Err(Failed::because(line)),
        }
    }
}

fn bearer(token: &SecretString) -> Result<HeaderMap, Failed> {
    let mut value = HeaderValue::from_str(&format!("Bearer {}", token.expose_secret()))
        .map_err(|_| Failed::config("GUASSP_TOKEN has characters that no token has"))?;
    value.set_sensitive(true);
    Ok([(AUTHORIZATION, value)].into_iter().collect())
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
