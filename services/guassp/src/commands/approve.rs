//! `guassp approve`: shows what a held plan would change, and has it carried out.

use std::io::{IsTerminal, Write};

use clap::Args;
use proto::ProjectId;
use runtime::http::Call;
use serde_json::json;

use super::{
    ask::Output,
    gateway::{Accepted, Gateway},
};
use crate::{exit::Failed, settings::Settings};

/// What to approve.
#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// GitLab's id of the project.
    #[arg(required_unless_present = "all", conflicts_with = "all")]
    project: Option<u64>,
    /// Every held plan, one after the other.
    #[arg(long, conflicts_with = "digest")]
    all: bool,
    /// Approve of exactly the plan with this digest, as `guassp status` shows it, without being asked.
    #[arg(long)]
    digest: Option<String>,
    /// Approve of whatever is held, without being asked.
    #[arg(long)]
    yes: bool,
    #[arg(long, value_enum, default_value_t)]
    output: Output,
}

pub(super) async fn run(settings: &Settings, arguments: &Arguments) -> Result<(), Failed> {
    let gateway = Gateway::reach(settings)?;
    let mut approved = Vec::new();
    for project in projects(&gateway, arguments).await? {
        let digest = match &arguments.digest {
            Some(digest) => Some(digest.clone()),
            None => seen(&gateway, project, arguments).await?,
        };
        if let Some(digest) = digest {
            approved.push(approve(&gateway, project, &digest, arguments.output).await?);
        }
    }
    if arguments.output == Output::Text && approved.is_empty() {
        println!("nothing was approved");
    }
    arguments.output.print_json(&approved)
}

async fn projects(gateway: &Gateway, arguments: &Arguments) -> Result<Vec<ProjectId>, Failed> {
    match arguments.project {
        Some(project) => Ok(vec![ProjectId(project)]),
        None => Ok(gateway.statuses(&[("held", true)]).await?.into_iter().map(|status| status.id).collect()),
    }
}

/// Shows the plan; its digest where the person approves of it.
async fn seen(
    gateway: &Gateway,
    project: ProjectId,
    arguments: &Arguments,
) -> Result<Option<String>, Failed> {
    let status = gateway.status(project).await?;
    if arguments.output == Output::Text {
        print!("{status}");
    }
    match status.held {
        Some(held) => Ok((arguments.yes || ask(project, arguments.output)?).then_some(held.digest)),
        // Somebody else has decided since the list was read.
        None if arguments.all => Ok(None),
        None => Err(nothing_held(project)),
    }
}

fn ask(project: ProjectId, output: Output) -> Result<bool, Failed> {
    if output == Output::Json || !std::io::stdin().is_terminal() {
        return Err(Failed::because(format!(
            "there is no terminal to ask on: add --digest with the digest that was looked at (guassp status {project}), \
             or --yes for whatever is held"
        )));
    }
    print!("Approve of these changes of project {project}? [y/N] ");
    std::io::stdout().flush().map_err(Failed::because)?;
    let mut answer = String::new();
    std::io::stdin().read_line(&mut answer).map_err(Failed::because)?;
    Ok(matches!(answer.trim(), "y" | "Y" | "yes"))
}

async fn approve(
    gateway: &Gateway,
    project: ProjectId,
    digest: &str,
    output: Output,
) -> Result<Accepted, Failed> {
    let (path, body) = (format!("/projects/{project}/approve"), json!({ "digest": digest }));
    let task: Accepted = gateway.call(Call::post_json("/projects/:id/approve", path, &body)).await?;
    if output == Output::Text {
        println!("approved; {} (task {})", task.message, task.id);
    }
    Ok(task)
}

/// Of a project of which no plan is held.
pub(super) fn nothing_held(project: ProjectId) -> Failed {
    Failed::because(format!("no plan of project {project} is held"))
}
