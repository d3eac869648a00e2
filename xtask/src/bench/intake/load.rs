//! The load generator (`tests/load`): a process of its own for each run, which prints what it measured.

use crate::bench::gateway::Gateway;
use crate::shell;
use anyhow::{Context, Result};
use serde::Deserialize;
use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;
use std::process::Command;

/// The program, and what it posts.
#[derive(Debug)]
pub(super) struct Load {
    pub(super) program: PathBuf,
    /// The file with the tokens.
    pub(super) tokens: PathBuf,
    pub(super) requests: usize,
    pub(super) connections: usize,
}

/// What a post proves itself with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Job,
    Id,
}

/// What it measured. Times of answers are in milliseconds.
#[derive(Debug, Deserialize)]
pub(super) struct Report {
    pub(super) requests: usize,
    pub(super) accepted: usize,
    /// Every other end of a post, by its status.
    pub(super) others: BTreeMap<String, usize>,
    pub(super) seconds: f64,
    pub(super) per_second: f64,
    pub(super) p50: f64,
    pub(super) p99: f64,
}

impl Load {
    /// Posts with the first `count` tokens.
    pub(super) fn warm_up(&self, gateway: &Gateway, kind: Kind, count: usize) -> Result<Report> {
        self.run(gateway, kind, 0, count)
    }

    /// Makes the measured posts, with the tokens after the first `skip`.
    pub(super) fn post(&self, gateway: &Gateway, kind: Kind, skip: usize) -> Result<Report> {
        self.run(gateway, kind, skip, self.requests)
    }

    fn run(&self, gateway: &Gateway, kind: Kind, skip: usize, requests: usize) -> Result<Report> {
        let mut command = Command::new(&self.program);
        let url = format!("{}/task", gateway.url);
        command.args(["--url", &url, "--kind", &kind.to_string()]).arg("--tokens").arg(&self.tokens);
        command.args(["--skip", &skip.to_string(), "--requests", &requests.to_string()]);
        command.args(["--connections", &self.connections.to_string()]);
        let printed = shell::output(&mut command)?;
        serde_json::from_str(&printed).with_context(|| format!("the load generator printed {printed:?}"))
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Job => "job",
            Self::Id => "id",
        })
    }
}
