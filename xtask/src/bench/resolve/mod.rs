//! `cargo xtask bench resolve`: what one resolver takes to read projects of several sizes, and to sweep many projects
//! in which nothing has changed.
//!
//! Everything is fresh for each size: the sandbox with its world, nats-server, gateway, resolver, applier.

mod project;
mod rows;
mod sweep;

use super::programs::Programs;
use crate::say;
use anyhow::{Context, Result};
use clap::{Args, value_parser};

/// How much is read.
#[derive(Args, Debug)]
pub(crate) struct Options {
    /// Members of the one project that is read; `--sizes` alone leaves these readings out.
    #[arg(long, num_args = 0.., value_delimiter = ',', default_values_t = [10_u64, 1_000, 20_000])]
    sizes: Vec<u64>,
    /// Projects that are swept, in a tenth as many groups; `--projects` alone leaves the sweeps out.
    #[arg(long, num_args = 0.., value_delimiter = ',', default_values_t = [500_u64, 1_000, 2_000])]
    projects: Vec<u64>,
    /// Readings of the one project, at each size.
    #[arg(long, default_value_t = 3, value_parser = value_parser!(u32).range(1..))]
    rounds: u32,
}

/// Builds, measures and prints.
pub(super) fn run(options: &Options) -> Result<()> {
    let programs = Programs::build()?;
    if !options.sizes.is_empty() {
        read_projects(&programs, options)?;
    }
    if !options.projects.is_empty() {
        sweep_projects(&programs, options)?;
    }
    Ok(())
}

fn read_projects(programs: &Programs, options: &Options) -> Result<()> {
    say::heading("bench resolve: one project, from the beginning of its reading to the plan");
    let measure = |members: &u64| {
        let size = project::measure(programs, *members, options.rounds);
        size.with_context(|| format!("a project of {members} members was not measured"))
    };
    let sizes: Vec<_> = options.sizes.iter().map(measure).collect::<Result<_>>()?;
    say::result(&rows::of_projects(&sizes));
    Ok(())
}

fn sweep_projects(programs: &Programs, options: &Options) -> Result<()> {
    say::heading("bench resolve: a sweep of all projects, when nothing has changed");
    let measure = |projects: &u64| {
        let swept = sweep::measure(programs, *projects);
        swept.with_context(|| format!("a sweep of {projects} projects was not measured"))
    };
    let sweeps: Vec<_> = options.projects.iter().map(measure).collect::<Result<_>>()?;
    say::result(&rows::of_sweeps(&sweeps));
    Ok(())
}
