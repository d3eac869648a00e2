//! `cargo xtask bench apply`: what one sync takes on a real SonarQube whose PostgreSQL waits for the disk, from the
//! acceptance of the task to its end.
//!
//! SonarQube is filled with the people once and kept warm. Each round begins with a project that nobody holds anything on, and
//! with fresh streams and services. Beside the syncs stands what no sync can beat: the lines of the same template, filled
//! in by as many connections, with nothing else done.

mod fill;
mod gitlab;
mod round;
mod rows;
mod server;
mod sync;
mod world;

use super::programs::Programs;
use super::sandbox::System;
use crate::postgres::Durability;
use crate::say;
use crate::sonarqube::{self, Database, SonarQube};
use anyhow::{Context, Result};
use clap::{Args, value_parser};
use round::{Round, Setting};
use server::Server;

/// How much is synchronised.
#[derive(Args, Debug)]
pub(crate) struct Options {
    /// Members of the project.
    #[arg(long, default_value_t = 1_000, value_parser = value_parser!(u64).range(20..))]
    members: u64,
    /// Members of the same project when it is written by single calls; 0 leaves that out.
    #[arg(long, default_value_t = 100)]
    single: u64,
    /// Rounds, each with a first sync and those that follow it.
    #[arg(long, default_value_t = 3, value_parser = value_parser!(u32).range(1..))]
    rounds: u32,
    /// The version of the Community Build.
    #[arg(long, default_value = sonarqube::VERSION)]
    version: String,
}

/// Builds, starts, measures and prints.
pub(super) fn run(options: &Options) -> Result<()> {
    let Options { members, single, rounds, version } = options;
    say::heading(&format!("bench apply: a project of {members} members on SonarQube {version}"));
    let programs = Programs::build()?;
    let running = SonarQube::start(version, &Database::Fresh(Durability::Lasting))?;
    let sonarqube = System { url: running.url.clone(), token: running.token.clone() };
    let server = Server::new(&sonarqube);
    let setting = Setting { programs: &programs, sonarqube: &sonarqube, server: &server };
    let lines = setting.warm_up(*members).context("SonarQube was not prepared")?;
    let round = |number| {
        say::note(&format!("round {number} of {rounds}"));
        setting.round(*members, &lines).with_context(|| format!("round {number}"))
    };
    let measured: Vec<Round> = (1..=*rounds).map(round).collect::<Result<_>>()?;
    let single = match single {
        0 => None,
        sample => Some((*sample, setting.by_single_calls(*sample).context("single calls")?)),
    };
    say::result(&rows::table(&measured, single.as_ref(), *members));
    Ok(())
}
