//! `guassp reject`: forgets the held plan of a project. Nothing of it is done.

use std::fmt;

use proto::{Decision, ProjectId};
use runtime::http::Call;
use serde::Serialize;
use serde_json::json;

use super::{approve::nothing_held, ask::Output, gateway::Gateway};
use crate::{exit::Failed, settings::Settings};

pub(super) async fn run(settings: &Settings, project: u64, output: Output) -> Result<(), Failed> {
    let (gateway, project) = (Gateway::reach(settings)?, ProjectId(project));
    let held = gateway.status(project).await?.held.ok_or_else(|| nothing_held(project))?;
    let (path, body) = (format!("/projects/{project}/reject"), json!({ "digest": held.digest }));
    let decision = gateway.call(Call::post_json("/projects/:id/reject", path, &body)).await?;
    output.print(&Rejected { project, decision })
}

#[derive(Debug, Serialize)]
struct Rejected {
    project: ProjectId,
    #[serde(flatten)]
    decision: Decision,
}

impl fmt::Display for Rejected {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { project, decision } = self;
        writeln!(f, "project {project}: the plan held since task {} is {}", decision.held, decision.ruling)
    }
}
