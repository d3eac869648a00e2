//! `cargo xtask bench hooks`: a burst of webhooks to one gateway; and one in which the gateway is killed and started again.
//!
//! The sender repeats what was not answered with 202, so in the end every webhook must be stored, once, and every project
//! must have a task. A resolver works meanwhile, so that tasks are begun, and a later webhook needs another.

mod load;
mod round;
mod rows;
mod stored;

use super::programs::Programs;
use super::sandbox::Sandbox;
use crate::say;
use anyhow::Result;
use clap::Args;
use load::Load;
use round::Gateway;

/// How much is posted.
#[derive(Args, Debug)]
pub(crate) struct Options {
    /// Webhooks in a burst.
    #[arg(long, default_value_t = 10_000)]
    hooks: usize,
    /// Projects that they are about.
    #[arg(long, default_value_t = 500)]
    projects: usize,
    /// Connections that post at the same time; each number has its bursts.
    #[arg(long, value_delimiter = ',', default_values_t = [64_usize, 512])]
    connections: Vec<usize>,
}

/// Builds, starts, posts and prints.
pub(super) fn run(options: &Options) -> Result<()> {
    let programs = Programs::build()?;
    say::heading("bench hooks: a burst of webhooks, taken by one gateway");
    let sandbox = Sandbox::start(
        &programs.workspace,
        &["--jobs", &options.projects.to_string(), "--tokens", "tokens"],
    )?;
    let load = Load {
        program: programs.workspace.built_release("load"),
        hooks: options.hooks,
        projects: options.projects,
    };
    let mut bursts = Vec::new();
    for connections in &options.connections {
        for fate in [Gateway::Stays, Gateway::IsKilled] {
            let burst = round::run(&programs, &sandbox, &load, *connections, fate)?;
            say::note(&format!("{connections} connections, {fate}: {burst}"));
            bursts.push(burst);
        }
    }
    say::result(&rows::of_bursts(&bursts));
    Ok(())
}
