//! The sandbox GitLab, with a project and a running job for each post.

use crate::account::Account;
use crate::leash::Server;
use crate::scratch::{Folder, free_ports};
use crate::workspace::Workspace;
use anyhow::Result;
use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

/// What the ID tokens are for.
pub(super) const AUDIENCE: &str = "guassp";
/// Signing tens of thousands of ID tokens takes a while.
const START_LIMIT: Duration = Duration::from_secs(300);

/// The running sandbox.
#[derive(Debug)]
pub(super) struct GitLab {
    pub(super) url: String,
    /// The file with the tokens of all jobs.
    pub(super) tokens: PathBuf,
    server: Server,
}

impl GitLab {
    /// Starts it with so many jobs, each in a project of its own, and waits until the file of tokens is whole.
    pub(super) fn start(workspace: &Workspace, jobs: usize) -> Result<Self> {
        let folder = Folder::create("bench-gitlab", Account::Own)?;
        let tokens = folder.join("tokens");
        let [gitlab, sonarqube] = free_ports::<2>()?.map(|port| format!("127.0.0.1:{port}"));
        let mut command = Command::new(workspace.built_release("sandbox"));
        command.args(["--gitlab", &gitlab, "--sonarqube", &sonarqube, "--jobs", &jobs.to_string()]);
        command.arg("--tokens").arg(&tokens).args(["--audience", AUDIENCE]);
        let mut server = Server::start("the sandbox", command, folder)?;
        server.announcement(START_LIMIT)?;
        Ok(Self { url: format!("http://{gitlab}"), tokens, server })
    }

    /// Its process.
    pub(super) fn id(&self) -> u32 {
        self.server.id()
    }
}
