//! What a benchmark runs: release builds of this workspace, and the message broker.

use crate::workspace::Workspace;
use crate::{nats_server, shell};
use anyhow::Result;
use std::path::PathBuf;

/// Where they are.
#[derive(Debug)]
pub(super) struct Programs {
    pub(super) workspace: Workspace,
    pub(super) nats_server: PathBuf,
}

impl Programs {
    /// Builds them, and fetches nats-server when it is missing. All benchmarks build the same, so that none has to build
    /// again what another one has built with other features.
    pub(super) fn build() -> Result<Self> {
        let programs = Self { nats_server: nats_server::find_or_fetch()?, workspace: Workspace::find()? };
        let arguments = ["build", "--release", "-p", "guassp", "-p", "sandbox", "-p", "load", "--bins"];
        shell::run(&mut programs.workspace.cargo(&arguments))?;
        Ok(programs)
    }
}
