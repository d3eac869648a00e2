//! `guassp restore`: puts a project back as it was before a task.

use clap::Args;
use proto::TaskId;
use runtime::http::Call;
use serde_json::json;

use super::{
    ask::Output,
    gateway::{Accepted, Gateway, forgotten},
};
use crate::{exit::Failed, settings::Settings};

/// Which project, and how far back.
#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// GitLab's id of the project.
    project: u64,
    /// Everything that this task and those after it changed is undone.
    #[arg(long, value_name = "TASK")]
    before: TaskId,
    /// Wait for the end, and tell what changed.
    #[arg(long)]
    wait: bool,
    #[arg(long, value_enum, default_value_t)]
    output: Output,
}

pub(super) async fn run(settings: &Settings, arguments: &Arguments) -> Result<(), Failed> {
    let Arguments { project, before, wait, output } = arguments;
    let gateway = Gateway::reach(settings)?;
    let (path, body) = (format!("/projects/{project}/restore"), json!({ "before": before }));
    let task: Accepted = gateway.call(Call::post_json("/projects/:id/restore", path, &body)).await?;
    if *output == Output::Text {
        println!("{} (task {}); it is paused until: guassp resume {project}", task.message, task.id);
    }
    if !wait {
        return output.print_json(&task);
    }
    let ended = gateway.follow(task.id, *output).await?.ok_or_else(|| forgotten(task.id))?;
    if *output == Output::Text {
        ended.print_changes();
    }
    output.print_json(&ended)?;
    ended.judge()
}
