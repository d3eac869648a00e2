//! `guassp uninstall`: takes away what this installation has put anywhere, after showing it and asking. Grants in
//! SonarQube stay: people work with them. Nothing is taken away from under services that run.

mod found;
mod told;

use clap::Args;
use resolver::hooks::Choice;

use self::{found::Found, told::Told};
use super::{ask::Output, consent::ask};
use crate::{exit::Failed, settings::Settings};

/// What is taken away.
#[derive(Debug, Args)]
pub(crate) struct Arguments {
    /// Do not ask.
    #[arg(long)]
    yes: bool,
    /// Leave the stream with the audit on nats-server.
    #[arg(long)]
    keep_audit: bool,
    /// Take the streams away, too, where hooks could not be looked at: what GitLab goes on sending is lost then.
    #[arg(long)]
    without_hooks: bool,
    /// Look for hooks at this group, too, by id or path.
    #[arg(long, value_name = "GROUP")]
    group: Vec<String>,
    /// Look for hooks at this project, too, by id or path.
    #[arg(long, value_name = "PROJECT")]
    project: Vec<String>,
    #[arg(long, value_enum, default_value_t)]
    output: Output,
}

pub(super) async fn run(settings: &Settings, arguments: &Arguments) -> Result<(), Failed> {
    let found = Found::look(settings, arguments).await;
    let told = found.told();
    if arguments.output == Output::Text {
        print!("{told}");
    }
    if found.is_nothing() {
        arguments.output.print_json(&told)?;
        return told.judge();
    }
    if let Some(running) = found.still_runs() {
        return Err(Failed::because(format!(
            "nothing is taken away while these run: {running}; stop them first"
        )));
    }
    ask("Take these away?", arguments.yes, arguments.output)?;
    let told = found.remove().await;
    match arguments.output {
        Output::Text => print!("\n{}", told::Removed(&told)),
        Output::Json => arguments.output.print_json(&told)?,
    }
    told.judge()
}

impl Arguments {
    /// Hooks are where they are by default, and where somebody says.
    fn choice(&self) -> Choice {
        Choice { groups: self.group.clone(), projects: self.project.clone(), and_default: true }
    }
}

impl Told {
    /// # Errors
    /// When something is left, or may be.
    fn judge(&self) -> Result<(), Failed> {
        let left = self.items.iter().filter(|item| item.removed == Some(false)).count();
        match (left, self.out_of_reach) {
            (0, 0) => Ok(()),
            (0, places) => {
                Err(Failed::because(format!("{places} places were not looked at; the reasons are above")))
            }
            (left, places) => {
                let left = left + places;
                Err(Failed::because(format!("{left} of these are still there; the reasons are above")))
            }
        }
    }
}
