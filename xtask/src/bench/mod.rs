//! `cargo xtask bench`: how much one process of guassp takes on this machine.
//!
//! Release builds, a real nats-server, every program a process of its own. It measures and prints; what is fast enough
//! is for people to say.

mod broker;
mod gateway;
mod gitlab;
mod intake;
mod load;
mod process;
mod round;
mod table;

use anyhow::Result;
use clap::Subcommand;

/// What is measured.
#[derive(Debug, Subcommand)]
pub(crate) enum Bench {
    /// Verified posts to distinct projects that one gateway takes in a second.
    Intake(intake::Options),
}

/// Runs the benchmark.
pub(crate) fn run(bench: &Bench) -> Result<()> {
    match bench {
        Bench::Intake(options) => intake::run(options),
    }
}
