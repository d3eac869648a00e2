//! `guassp sync --all`: one project after the other is asked for, then followed. What fails about one project is told at the
//! end and keeps no other back; a gateway that is upgraded meanwhile is waited for.

use proto::ProjectId;
use runtime::http::{Failure, FailureKind};
use serde::Serialize;

use super::{Arguments, progress::Progress};
use crate::{
    commands::{
        ask::Output,
        gateway::{Accepted, Gateway, Task, is_outage},
    },
    exit::Failed,
};

/// How far a project has come.
#[derive(Debug, Serialize)]
#[serde(untagged)]
enum Asked {
    /// It was asked for.
    Accepted(Accepted),
    /// Its task has ended.
    Ended(Task),
    /// The gateway does not take it, or does not tell of it, or nobody works on it.
    Refused { project: ProjectId, reason: String },
}

/// Asks for all that SonarQube has, with a bar where somebody looks on.
pub(super) async fn run(gateway: &Gateway, arguments: &Arguments) -> Result<(), Failed> {
    let projects = gateway.statuses(&[("in_sonarqube", true)]).await?;
    let mut asked = Vec::new();
    let progress = Progress::begin("asked for", projects.len(), arguments.output);
    for project in &projects {
        let mut one = Asked::of(project.id, gateway.ask_for(project.id.0, is_outage).await)?;
        if let Some(pause) = project.paused.as_ref().filter(|_| arguments.wait) {
            let reason = format!("{pause}; its task waits until it is resumed");
            one = Asked::Refused { project: project.id, reason };
        }
        progress.step(&one.line());
        asked.push(one);
    }
    progress.end();
    if arguments.wait {
        asked = follow(gateway, asked, arguments.output).await?;
    }
    arguments.output.print_json(&asked)?;
    if arguments.output == Output::Text {
        tell(&asked, arguments.wait);
    }
    judge(&asked)
}

/// Waits for the end of each.
async fn follow(gateway: &Gateway, asked: Vec<Asked>, output: Output) -> Result<Vec<Asked>, Failed> {
    let progress = Progress::begin("ended", asked.len(), output);
    let mut ended = Vec::new();
    for one in asked {
        let one = match one {
            // Its way is not told: of thousands nobody would read it.
            Asked::Accepted(task) => match gateway.follow(task.id, Output::Json).await {
                Ok(Some(end)) => Asked::Ended(end),
                // It ended so long ago that it is told of no more.
                Ok(None) => Asked::Accepted(task),
                Err(failure) => Asked::refused(task.project, failure)?,
            },
            refused => refused,
        };
        progress.step(&one.line());
        ended.push(one);
    }
    progress.end();
    Ok(ended)
}

impl Asked {
    fn of(project: ProjectId, result: Result<Accepted, Failure>) -> Result<Self, Failed> {
        match result {
            Ok(task) => Ok(Self::Accepted(task)),
            Err(failure) => Self::refused(project, failure),
        }
    }

    /// What is wrong with one project; an error where it would be the same with all others.
    fn refused(project: ProjectId, failure: Failure) -> Result<Self, Failed> {
        match failure.kind {
            FailureKind::Missing { .. }
            | FailureKind::Rejected { .. }
            | FailureKind::Broken { status: 500, .. } => {
                Ok(Self::Refused { project, reason: failure.to_string() })
            }
            _ => Err(failure.into()),
        }
    }

    /// What became of it, in a line.
    fn line(&self) -> String {
        match self {
            Self::Accepted(task) => task.message.clone(),
            Self::Ended(task) => task.line(),
            Self::Refused { project, reason } => format!("project {project}: {reason}"),
        }
    }

    /// # Errors
    /// When its plan waits for approval, and when it is not in line.
    fn judge(&self) -> Result<(), Failed> {
        match self {
            Self::Accepted(_) => Ok(()),
            Self::Ended(task) => task.judge(),
            Self::Refused { .. } => Err(Failed::because(self.line())),
        }
    }
}

/// How many went well, and which did not.
fn tell(asked: &[Asked], ended: bool) {
    let failed: Vec<&Asked> = asked.iter().filter(|one| one.judge().is_err()).collect();
    failed.iter().for_each(|one| println!("{}", one.line()));
    if ended {
        println!("{} of {} projects are in line", asked.len() - failed.len(), asked.len());
    }
}

/// A failure counts more than a plan that waits.
fn judge(asked: &[Asked]) -> Result<(), Failed> {
    let failures = asked.iter().filter_map(|one| one.judge().err());
    let (held, failed): (Vec<Failed>, Vec<Failed>) = failures.partition(Failed::is_held);
    match (failed.len(), held.into_iter().next()) {
        (0, None) => Ok(()),
        (0, Some(held)) => Err(held),
        (count, _) => {
            Err(Failed::because(format!("{count} of {} projects failed; the reasons are above", asked.len())))
        }
    }
}

#[cfg(test)]
mod tests;
