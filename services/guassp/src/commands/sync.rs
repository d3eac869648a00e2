//! `guassp sync`: asks for syncs, and waits for their ends where that is wanted.

use clap::Args;
use runtime::http::Call;

use super::{
    ask::Output,
    gateway::{Accepted, Gateway, Task},
};
use crate::{exit::Failed, settings::Settings};

/// Which projects.
#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// GitLab's ids of the projects.
    #[arg(required = true)]
    projects: Vec<u64>,
    /// Wait for the ends, and tell what changed. The exit code is 3 where a plan waits for approval.
    #[arg(long)]
    wait: bool,
    #[arg(long, value_enum, default_value_t)]
    output: Output,
}

pub(super) async fn run(settings: &Settings, arguments: &Arguments) -> Result<(), Failed> {
    let (gateway, output) = (Gateway::reach(settings)?, arguments.output);
    let mut accepted = Vec::new();
    for project in &arguments.projects {
        let call = Call::post("/task_manual/:project", format!("/task_manual/{project}"));
        let task: Accepted = gateway.call(call).await?;
        if output == Output::Text {
            println!("{} (task {})", task.message, task.id);
        }
        accepted.push(task);
    }
    if arguments.wait { wait(&gateway, &accepted, output).await } else { output.print_json(&accepted) }
}

/// Waits for all, and fails as the first did that failed.
async fn wait(gateway: &Gateway, accepted: &[Accepted], output: Output) -> Result<(), Failed> {
    let mut ended: Vec<Task> = Vec::new();
    for task in accepted {
        let task = gateway.follow(task.id, output).await?;
        if output == Output::Text {
            task.print_changes();
        }
        ended.push(task);
    }
    output.print_json(&ended)?;
    ended.iter().try_for_each(Task::judge)
}
