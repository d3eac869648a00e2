//! `cargo xtask bench intake`: posts to one gateway, each to another project, with each kind of token.
//!
//! The rounds of the kinds take turns, so that whatever else the machine does falls on all of them. The sandbox GitLab
//! stays up; nats-server and gateway are fresh in each round, so each begins with empty streams and caches.

mod load;
mod round;
mod rows;

use super::gateway::AUDIENCE;
use super::programs::Programs;
use super::sandbox::Sandbox;
use crate::say;
use anyhow::{Context, Result};
use clap::{Args, ValueEnum};
use load::{Kind, Load};
use round::Round;
use std::thread;

/// How much is posted.
#[derive(Args, Debug)]
pub(crate) struct Options {
    /// Which tokens the posts carry.
    #[arg(long, value_enum, default_value_t = Tokens::Both)]
    tokens: Tokens,
    /// Posts in a round, each to a project of its own.
    #[arg(long, default_value_t = 20_000)]
    requests: usize,
    /// Connections that post at the same time.
    #[arg(long, default_value_t = 64)]
    connections: usize,
    /// Rounds with each kind of token.
    #[arg(long, default_value_t = 3)]
    rounds: usize,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Tokens {
    Job,
    Id,
    Both,
}

/// What every round uses.
#[derive(Debug)]
struct Bench {
    programs: Programs,
    sandbox: Sandbox,
    load: Load,
}

/// Posts that are not measured: connections are made, caches and allocators are warm afterwards.
const WARM_UP: usize = 1_000;

/// Builds, starts, posts and prints.
pub(super) fn run(options: &Options) -> Result<()> {
    let programs = Programs::build()?;
    say::heading("bench intake: posts to distinct projects, taken by one gateway");
    let jobs = (WARM_UP + options.requests).to_string();
    let sandbox = Sandbox::start(
        &programs.workspace,
        &["--jobs", &jobs, "--tokens", "tokens", "--audience", AUDIENCE],
    )?;
    let load = Load {
        program: programs.workspace.built_release("load"),
        tokens: sandbox.folder().join("tokens"),
        requests: options.requests,
        connections: options.connections,
    };
    let mut bench = Bench { programs, sandbox, load };
    let rounds = bench.rounds(options)?;
    let processors = thread::available_parallelism().context("cannot count the processors")?.get();
    say::result(&rows::tables(&rounds, processors));
    Ok(())
}

impl Bench {
    /// Every kind with its rounds.
    fn rounds(&mut self, options: &Options) -> Result<Vec<(Kind, Vec<Round>)>> {
        let mut rounds: Vec<(Kind, Vec<Round>)> =
            options.tokens.kinds().iter().map(|kind| (*kind, Vec::new())).collect();
        for number in 1..=options.rounds {
            for (kind, rounds) in &mut rounds {
                let round = round::run(self, *kind)?;
                say::note(&format!("round {number}, {kind} tokens: {round}"));
                rounds.push(round);
            }
        }
        Ok(rounds)
    }
}

impl Tokens {
    const fn kinds(self) -> &'static [Kind] {
        match self {
            Self::Job => &[Kind::Job],
            Self::Id => &[Kind::Id],
            Self::Both => &[Kind::Job, Kind::Id],
        }
    }
}
