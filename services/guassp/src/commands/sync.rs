//! `guassp sync`: asks for syncs of some projects, or of all, and waits for their ends where that is wanted.

mod all;
mod progress;

use clap::Args;
use runtime::http::{Call, Failure};

use super::{
    ask::Output,
    gateway::{Accepted, Gateway, Task, forgotten, is_too_much},
};
use crate::{exit::Failed, settings::Settings};

/// Which projects.
#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// GitLab's ids of the projects.
    #[arg(required_unless_present = "all", conflicts_with = "all")]
    projects: Vec<u64>,
    /// All projects that SonarQube has.
    #[arg(long)]
    all: bool,
    /// Wait for the ends, and tell what changed. The exit code is 3 where a plan waits for approval.
    #[arg(long)]
    wait: bool,
    #[arg(long, value_enum, default_value_t)]
    output: Output,
}

pub(super) async fn run(settings: &Settings, arguments: &Arguments) -> Result<(), Failed> {
    let (gateway, output) = (Gateway::reach(settings)?, arguments.output);
    if arguments.all {
        return all::run(&gateway, arguments).await;
    }
    let mut accepted = Vec::new();
    for project in &arguments.projects {
        let task = gateway.ask_for(*project, is_too_much).await?;
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
        let task = gateway.follow(task.id, output).await?.ok_or_else(|| forgotten(task.id))?;
        if output == Output::Text {
            task.print_changes();
        }
        ended.push(task);
    }
    output.print_json(&ended)?;
    ended.iter().try_for_each(Task::judge)
}

impl Gateway {
    /// Asks for a sync of the project, and again while `passes` says that the failure will pass: two that wait are one.
    async fn ask_for(&self, project: u64, passes: fn(&Failure) -> bool) -> Result<Accepted, Failure> {
        self.patiently(Call::post("/task_manual/:project", format!("/task_manual/{project}")), passes).await
    }
}
