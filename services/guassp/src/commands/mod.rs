//! The commands, one a file.
#![expect(clippy::print_stdout, reason = "commands talk to the terminal")]

mod ask;
mod config;
mod explain;
mod healthcheck;
mod plan;
mod serve;
mod token;
mod topology;

use std::path::PathBuf;

use clap::{Parser, Subcommand};
use proto::LeftOutReason;

use self::ask::Output;
use crate::{exit::Failed, settings::Settings};

/// Keeps SonarQube's project permissions in line with GitLab's memberships.
#[derive(Debug, Parser)]
#[command(version, arg_required_else_help = true)]
pub(crate) struct Cli {
    /// A file with settings; `guassp config show` lists them all.
    #[arg(long, global = true, env = "GUASSP_CONFIG", value_name = "FILE")]
    config: Option<PathBuf>,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Take tasks from CI jobs and tell how they went.
    Gateway,
    /// Read memberships from GitLab and publish permission plans.
    Resolver,
    /// Make SonarQube match the plans.
    Applier,
    /// Run all three, with a nats-server of their own where `NATS_URL` is not set.
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
    /// Tell what a sync of a project would change now. Nothing is changed.
    Plan {
        /// The project, by GitLab's id or by its path (group/subgroup/project).
        project: String,
        #[arg(long, value_enum, default_value_t)]
        output: Output,
    },
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
    let Cli { config, command } = cli;
    let settings = || Settings::load(config);
    match command {
        Command::Gateway => serve::run(&settings()?, &[serve::Role::Gateway]).await,
        Command::Resolver => serve::run(&settings()?, &[serve::Role::Resolver]).await,
        Command::Applier => serve::run(&settings()?, &[serve::Role::Applier]).await,
        Command::AllInOne => serve::run(&settings()?, &serve::Role::ALL).await,
        Command::Topology => topology::run(&settings()?).await,
        Command::Healthcheck => healthcheck::run(&settings()?).await,
        Command::Explain { project, person, output } => {
            explain::run(&settings()?, &project, &person, output).await
        }
        Command::Plan { project, output } => plan::run(&settings()?, &project, output).await,
        // Whoever makes a token need not have the settings.
        Command::Token { action } => token::run(&action),
        Command::Config { action } => config::run(&settings()?, action),
    }
}

/// Why somebody gets nothing, behind "because".
const fn reason(reason: LeftOutReason) -> &'static str {
    match reason {
        LeftOutReason::NoAccess => "the membership gives no access",
        LeftOutReason::NotActive => "the account is blocked, deactivated or not approved yet",
        LeftOutReason::Awaiting => "the membership waits for a seat",
        LeftOutReason::Bot => "the account belongs to an access token",
        LeftOutReason::Exempt => "a setting exempts the person",
    }
}
