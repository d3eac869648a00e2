//! `guassp doctor`: whether everything is as guassp needs it, and how to mend what is not. What this machine has no
//! settings for is told as that.

mod mend;
mod report;

use clap::{Args, ValueEnum};
use resolver::hooks::Choice;
use runtime::{
    clock::Clock,
    config::ConfigError,
    doctor::{Report, nats},
};

use self::report::{Reports, System};
use super::ask::{Output, nats_url};
use crate::{exit::Failed, settings::Settings};

/// What to look at, and what to mend.
#[derive(Debug, Clone, Args)]
pub(crate) struct Options {
    /// Look at this alone.
    #[arg(long, value_enum, conflicts_with = "mend")]
    only: Option<System>,
    /// Look for hooks at this group, by id or path, in place of those that the token owns.
    #[arg(long, value_name = "GROUP")]
    group: Vec<String>,
    /// Look for hooks at this project, by id or path.
    #[arg(long, value_name = "PROJECT")]
    project: Vec<String>,
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
        None => look(settings, options).await,
        Some(Mend::DefaultTemplate) => mend::default_template(settings, &options).await,
    }
}

async fn look(settings: &Settings, options: Options) -> Result<(), Failed> {
    let places = Choice { groups: options.group, projects: options.project, ..Choice::default() };
    // Issues are off by default, which is nothing to be told of.
    let with_issues = settings.notifies();
    let all = System::ALL.into_iter().filter(|system| with_issues || *system != System::Issues);
    let systems: Vec<System> = options.only.map_or_else(|| all.collect(), |only| vec![only]);
    let mut reports = Reports::default();
    for system in systems {
        reports.add(system, examine(settings, system, places.clone()).await?);
    }
    options.output.print(&reports)?;
    match reports.failed() {
        0 => Ok(()),
        failed => Err(Failed::because(format!("{failed} of {} checks failed", reports.count()))),
    }
}

async fn examine(settings: &Settings, system: System, places: Choice) -> Result<Report, Failed> {
    let clock = Clock::system();
    Ok(match system {
        System::GitLab => match settings.gitlab_doctor(places) {
            Ok(config) => resolver::doctor::examine(&config, &clock).await?,
            Err(error) => unset(error)?,
        },
        System::SonarQube => match settings.doctor() {
            Ok(config) => applier::doctor::examine(&config, clock.now()).await?,
            Err(error) => unset(error)?,
        },
        System::Nats => match nats_url(settings) {
            Some(url) => nats::examine(&settings.nats, &url, &clock).await,
            None => Report::not_set("nats-server", "NATS_URL"),
        },
        // Whoever has no nats-server has no gateway.
        System::Gateway if nats_url(settings).is_none() => Report::not_set("gateway", "NATS_URL"),
        System::Gateway => gateway::doctor::examine(&settings.gateway_doctor()?).await?,
        System::Issues => match settings.notifier() {
            Ok(Some(config)) => notifier::doctor::examine(&config, &clock).await?,
            Ok(None) => Report::not_set("issues", "issues.project"),
            Err(error) => unset(error)?,
        },
    })
}

/// What is not set is another machine's; what is set wrongly is an error.
fn unset(error: ConfigError) -> Result<Report, Failed> {
    if error.problem == "is not set" {
        return Ok(Report::not_set("settings", error.setting));
    }
    Err(error.into())
}
