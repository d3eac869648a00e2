//! The load generator (`tests/load`) with webhooks, as a process of its own.

use crate::shell;
use anyhow::{Context, Result};
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The secret token of the hook.
pub(super) const SECRET: &str = "bench-secret";

/// The program, and what it posts.
#[derive(Debug)]
pub(super) struct Load {
    pub(super) program: PathBuf,
    pub(super) hooks: usize,
    pub(super) projects: usize,
}

/// What it measured. Times of answers are in milliseconds.
#[derive(Debug, Deserialize)]
pub(super) struct Report {
    /// With those that were made again.
    pub(super) requests: usize,
    pub(super) accepted: usize,
    /// Every other end of a post, by its status.
    pub(super) others: BTreeMap<String, usize>,
    pub(super) seconds: f64,
    pub(super) per_second: f64,
    pub(super) p50: f64,
    pub(super) p99: f64,
    pub(super) max: f64,
}

impl Report {
    /// Posts whose connection was lost, or that nobody answered in time.
    pub(super) fn unanswered(&self) -> usize {
        self.others.get("no answer").copied().unwrap_or_default()
    }

    /// Posts that had another answer than 202.
    pub(super) fn refused(&self) -> usize {
        self.requests - self.accepted - self.unanswered()
    }
}

impl Load {
    /// Makes all posts over so many connections. Returns what was measured, and the ids of the webhooks that were
    /// accepted.
    pub(super) fn post(
        &self,
        url: &str,
        connections: usize,
        folder: &Path,
    ) -> Result<(Report, BTreeSet<String>)> {
        let file = folder.join("accepted");
        let mut command = Command::new(&self.program);
        command.args(["--url", &format!("{url}/webhooks/gitlab"), "--hooks", SECRET]);
        command.args(["--requests", &self.hooks.to_string(), "--projects", &self.projects.to_string()]);
        command.args(["--connections", &connections.to_string()]).arg("--accepted").arg(&file);
        let printed = shell::output(&mut command)?;
        let report = serde_json::from_str(&printed)
            .with_context(|| format!("the load generator printed {printed:?}"))?;
        let ids = fs::read_to_string(&file).with_context(|| file.display().to_string())?;
        Ok((report, ids.lines().map(str::to_owned).collect()))
    }
}
