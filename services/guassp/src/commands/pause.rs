//! `guassp pause` and `guassp resume`, of one project.

use std::fmt;

use proto::{Pause, ProjectId, TaskId};
use runtime::http::Call;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::{ask::Output, gateway::Gateway};
use crate::{exit::Failed, settings::Settings};

pub(super) async fn pause(
    settings: &Settings,
    project: u64,
    reason: Option<String>,
    output: Output,
) -> Result<(), Failed> {
    let (path, body) = (format!("/projects/{project}/pause"), json!({ "reason": reason }));
    order(settings, Call::post_json("/projects/:id/pause", path, &body), output).await
}

pub(super) async fn resume(settings: &Settings, project: u64, output: Output) -> Result<(), Failed> {
    order(settings, Call::post("/projects/:id/resume", format!("/projects/{project}/resume")), output).await
}

async fn order(settings: &Settings, call: Call, output: Output) -> Result<(), Failed> {
    let control: Control = Gateway::reach(settings)?.call(call).await?;
    output.print(&control)
}

/// Whether the project is paused now.
#[derive(Debug, Serialize, Deserialize)]
struct Control {
    project: ProjectId,
    paused: Option<Pause>,
    task: Option<TaskId>,
}

impl fmt::Display for Control {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (&self.paused, self.task) {
            (Some(pause), _) => writeln!(f, "project {}: {pause}", self.project),
            (None, Some(task)) => writeln!(f, "project {}: goes on (task {task})", self.project),
            (None, None) => writeln!(f, "project {}: goes on", self.project),
        }
    }
}
