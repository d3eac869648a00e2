//! The commands, one a file.
#![expect(clippy::print_stdout, reason = "commands talk to the terminal")]

mod approve;
mod ask;
mod config;
mod consent;
mod directory;
mod doctor;
mod events;
mod explain;
mod gateway;
mod healthcheck;
mod heard;
mod hooks;
mod pause;
mod plan;
mod reject;
mod restore;
mod serve;
mod status;
mod sync;
mod token;
mod topology;
mod uninstall;

use std::{cell::OnceCell, path::PathBuf};

use self::ask::Output;
use crate::{exit::Failed, settings::Settings};
use clap::{ArgMatches, CommandFactory, FromArgMatches, Parser, Subcommand};
use runtime::cause::because;

/// Keeps SonarQube's project permissions in line with GitLab's memberships.
#[derive(Debug, Parser)]
#[command(version, arg_required_else_help = true)]
pub(crate) struct Cli {
    /// A file with settings; `guassp config show` lists them all.
    #[arg(long, global = true, env = "GUASSP_CONFIG", value_name = "FILE")]
    config: Option<PathBuf>,
    #[command(subcommand)]
    command: Command,
    /// What calls to other systems are told to be for: the command, without its arguments.
    #[arg(skip)]
    cause: String,
}

impl Cli {
    /// The command line of this process; ends the program where it is wrong, or asks for help.
    pub(crate) fn read() -> Self {
        let matches = Self::command().get_matches();
        let cli = Self::from_arg_matches(&matches).unwrap_or_else(|error| error.exit());
        Self { cause: cause(&matches), ..cli }
    }
}

/// `command hooks install`: the names alone, as arguments may say whom it is about.
fn cause(mut matches: &ArgMatches) -> String {
    let mut cause = "command".to_owned();
    while let Some((name, deeper)) = matches.subcommand() {
        cause = format!("{cause} {name}");
        matches = deeper;
    }
    cause
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Take tasks from CI jobs and tell how they went.
    Gateway,
    /// Read memberships from GitLab and publish permission plans.
    Resolver,
    /// Make SonarQube match the plans.
    Applier,
    /// Open issues in GitLab for what needs a person.
    Notifier,
    /// Run all of them, with a nats-server of their own where `NATS_URL` is not set.
    AllInOne,
    /// Create or update the streams, consumers and buckets on the nats-server at `NATS_URL`.
    Topology,
    /// Ask the process on this machine whether it is ready; for containers.
    Healthcheck,
    /// Tell what a person has in a project, by which memberships, and what that is worth in SonarQube.
    Explain {
        /// The project, by GitLab's id or by its path (group/subgroup/project).
        project: String,
        /// The person, by GitLab's id or by the username.
        person: String,
        #[arg(long, value_enum, default_value_t)]
        output: Output,
    },
    /// Tell whether GitLab, SonarQube, nats-server and the gateway are as guassp needs them, and how to mend what is not
    /// well.
    Doctor(doctor::Options),
    /// Tell what a sync of a project would change now. Nothing is changed.
    Plan {
        /// The project, by GitLab's id or by its path (group/subgroup/project).
        project: String,
        #[arg(long, value_enum, default_value_t)]
        output: Output,
    },
    /// Show the events of GitLab as they come, until it is stopped.
    Events(events::Arguments),
    /// Tell how far a project is, or all of them.
    Status {
        /// GitLab's id of the project; without it all projects are told.
        project: Option<u64>,
        #[arg(long, value_enum, default_value_t)]
        output: Output,
    },
    /// Tell which group owns a project, and where it lies and lay; or which projects a group has.
    Directory(directory::Arguments),
    /// Ask for a sync of projects, or of all.
    Sync(sync::Arguments),
    /// Have a held plan carried out.
    Approve(approve::Arguments),
    /// Forget the held plan of a project.
    Reject {
        /// GitLab's id of the project.
        project: u64,
        #[arg(long, value_enum, default_value_t)]
        output: Output,
    },
    /// Put a project back as it was before a task; it is paused first, and stays so.
    Restore(restore::Arguments),
    /// Begin and write nothing of a project until it is resumed.
    Pause {
        /// GitLab's id of the project.
        project: u64,
        /// Why, for whoever asks.
        #[arg(long)]
        reason: Option<String>,
        #[arg(long, value_enum, default_value_t)]
        output: Output,
    },
    /// Let a project go on, with a task that catches up.
    Resume {
        /// GitLab's id of the project.
        project: u64,
        #[arg(long, value_enum, default_value_t)]
        output: Output,
    },
    /// The webhooks by which GitLab tells of changes.
    Hooks {
        #[command(subcommand)]
        action: hooks::Action,
    },
    /// Take away what this installation has put into GitLab, SonarQube and nats-server. Grants stay.
    Uninstall(uninstall::Arguments),
    /// The tokens of people, which the gateway takes.
    Token {
        #[command(subcommand)]
        action: token::Action,
    },
    /// Look at the settings.
    Config {
        #[command(subcommand)]
        action: config::Action,
    },
}

/// Runs the command.
pub(crate) async fn run(cli: Cli) -> Result<(), Failed> {
    let Cli { config, command, cause } = cli;
    // Boxed: a command carries all settings.
    because(cause, Box::pin(carry_out(command, config))).await
}

async fn carry_out(command: Command, config: Option<PathBuf>) -> Result<(), Failed> {
    let quiet = || Settings::load(config.clone());
    // Dropped last, as that of a service is.
    let telemetry = OnceCell::new();
    let settings = || -> Result<Settings, Failed> {
        let settings = quiet()?;
        let started = heard::start(&settings)?;
        telemetry.get_or_init(|| started);
        Ok(settings)
    };
    match command {
        Command::Gateway => serve::run(&quiet()?, &[serve::Role::Gateway]).await,
        Command::Resolver => serve::run(&quiet()?, &[serve::Role::Resolver]).await,
        Command::Applier => serve::run(&quiet()?, &[serve::Role::Applier]).await,
        Command::Notifier => serve::run(&quiet()?, &[serve::Role::Notifier]).await,
        Command::AllInOne => serve::run(&quiet()?, &serve::Role::ALL).await,
        Command::Topology => topology::run(&settings()?).await,
        Command::Healthcheck => healthcheck::run(&quiet()?).await,
        Command::Explain { project, person, output } => {
            explain::run(&settings()?, &project, &person, output).await
        }
        Command::Doctor(options) => doctor::run(&settings()?, options).await,
        Command::Events(arguments) => events::run(&settings()?, &arguments).await,
        Command::Plan { project, output } => plan::run(&settings()?, &project, output).await,
        Command::Status { project, output } => status::run(&settings()?, project, output).await,
        Command::Directory(arguments) => directory::run(&settings()?, &arguments).await,
        Command::Sync(arguments) => sync::run(&settings()?, &arguments).await,
        Command::Approve(arguments) => approve::run(&settings()?, &arguments).await,
        Command::Reject { project, output } => reject::run(&settings()?, project, output).await,
        Command::Restore(arguments) => restore::run(&settings()?, &arguments).await,
        Command::Pause { project, reason, output } => {
            pause::pause(&settings()?, project, reason, output).await
        }
        Command::Resume { project, output } => pause::resume(&settings()?, project, output).await,
        Command::Hooks { action } => hooks::run(&settings()?, action).await,
        Command::Uninstall(arguments) => uninstall::run(&settings()?, &arguments).await,
        // Whoever makes a token need not have the settings.
        Command::Token { action } => token::run(&action),
        Command::Config { action } => config::run(&quiet()?, action),
    }
}
