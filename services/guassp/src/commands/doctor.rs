//! `guassp doctor`: whether SonarQube is as guassp needs it, and how to mend what is not.

mod mend;

use std::fmt;

use applier::doctor::{Check, Report, State, examine};
use clap::{Args, ValueEnum};
use runtime::clock::Clock;

use super::ask::Output;
use crate::{exit::Failed, settings::Settings};

/// What to look at, and what to mend.
#[derive(Debug, Clone, Copy, Args)]
pub(crate) struct Options {
    /// Mend this instead of looking, after showing what is done and asking.
    #[arg(long, value_enum)]
    mend: Option<Mend>,
    /// Do not ask.
    #[arg(long, requires = "mend")]
    yes: bool,
    #[arg(long, value_enum, default_value_t)]
    output: Output,
}

/// What can be mended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Mend {
    /// Take from the groups of `sonarqube.close_groups` what SonarQube's default permission template gives them.
    DefaultTemplate,
}

pub(super) async fn run(settings: &Settings, options: Options) -> Result<(), Failed> {
    match options.mend {
        None => look(settings, options.output).await,
        Some(Mend::DefaultTemplate) => mend::default_template(settings, options).await,
    }
}

async fn look(settings: &Settings, output: Output) -> Result<(), Failed> {
    let report = examine(&settings.doctor()?, Clock::system().now()).await?;
    match output {
        Output::Text => print!("{}", Text(&report)),
        Output::Json => println!("{}", serde_json::to_string_pretty(&report).map_err(Failed::because)?),
    }
    match report.failed() {
        0 => Ok(()),
        failed => Err(Failed::because(format!("{failed} of {} checks failed", report.checks.len()))),
    }
}

/// A report in words.
struct Text<'a>(&'a Report);

impl fmt::Display for Text<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for Check { name, state, found, mend } in &self.0.checks {
            writeln!(f, "{} {name}: {found}", sign(*state))?;
            if let Some(mend) = mend {
                writeln!(f, "       {mend}")?;
            }
        }
        if !self.0.complete {
            writeln!(f, "\nThe rest was not looked at: mend this first.")?;
        }
        Ok(())
    }
}

const fn sign(state: State) -> &'static str {
    match state {
        State::Ok => "[ok]  ",
        State::Warn => "[warn]",
        State::Fail => "[FAIL]",
    }
}
