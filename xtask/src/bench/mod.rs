//! `cargo xtask bench`: how much one process of guassp takes on this machine.
//!
//! Release builds, a real nats-server, every program a process of its own. It measures and prints; what is fast enough
//! is for people to say.

mod api;
mod apply;
mod broker;
mod figures;
mod gateway;
mod hooks;
mod intake;
mod process;
mod programs;
mod resolve;
mod sandbox;
mod service;
mod stage;
mod table;

use anyhow::Result;
use clap::Subcommand;

/// What is measured.
#[derive(Debug, Subcommand)]
pub(crate) enum Bench {
    /// Verified posts to distinct projects that one gateway takes in a second.
    Intake(intake::Options),
    /// A burst of GitLab's webhooks to one gateway, undisturbed and with a gateway that is killed in the middle.
    Hooks(hooks::Options),
    /// Requests to GitLab, time and memory that one resolver takes for a project, and for a sweep of all.
    Resolve(resolve::Options),
    /// Time and calls that one sync takes on a real SonarQube with PostgreSQL, beside what SonarQube takes itself.
    Apply(apply::Options),
}

/// Runs the benchmark.
pub(crate) fn run(bench: &Bench) -> Result<()> {
    match bench {
        Bench::Intake(options) => intake::run(options),
        Bench::Hooks(options) => hooks::run(options),
        Bench::Resolve(options) => resolve::run(options),
        Bench::Apply(options) => apply::run(options),
    }
}
