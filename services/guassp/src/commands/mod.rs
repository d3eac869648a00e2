//! The commands, one a file.
#![expect(clippy::print_stdout, reason = "commands talk to the terminal")]

mod config;
mod healthcheck;
mod serve;
mod token;
mod topology;

use std::path::PathBuf;

use clap::{Parser, Subcommand};

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
        // Whoever makes a token need not have the settings.
        Command::Token { action } => token::run(&action),
        Command::Config { action } => config::run(&settings()?, action),
    }
}
