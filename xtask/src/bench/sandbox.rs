//! The sandbox: GitLab and SonarQube in one process, with the world that a benchmark asks for.

use crate::account::Account;
use crate::leash::Server;
use crate::scratch::{Folder, free_ports};
use crate::workspace::Workspace;
use anyhow::{Context, Result};
use serde_json::Value;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

/// Signing tens of thousands of ID tokens takes a while.
const START_LIMIT: Duration = Duration::from_secs(300);

/// The running sandbox.
#[derive(Debug)]
pub(super) struct Sandbox {
    pub(super) gitlab: System,
    pub(super) sonarqube: System,
    /// All that it said about itself.
    pub(super) about: Value,
    server: Server,
}

/// One of the two, as a service is told of it.
#[derive(Debug)]
pub(super) struct System {
    pub(super) url: String,
    pub(super) token: String,
}

impl Sandbox {
    /// Starts it with these arguments and waits until it says that it is ready. Files that they name lie in its folder.
    pub(super) fn start(workspace: &Workspace, arguments: &[&str]) -> Result<Self> {
        let folder = Folder::create("bench-sandbox", Account::Own)?;
        let [gitlab, sonarqube] = free_ports::<2>()?.map(|port| format!("127.0.0.1:{port}"));
        let mut command = Command::new(workspace.built_release("sandbox"));
        command.args(["--gitlab", &gitlab, "--sonarqube", &sonarqube]).args(arguments).current_dir(&*folder);
        let mut server = Server::start("the sandbox", command, folder)?;
        let about = server.announcement(START_LIMIT)?;
        let system = |name: &str| {
            let text = |field: &str| Some(about.get(name)?.get(field)?.as_str()?.to_owned());
            let system = || Some(System { url: text("url")?, token: text("token")? });
            system().with_context(|| format!("the sandbox named no address or token of {name}"))
        };
        Ok(Self { gitlab: system("gitlab")?, sonarqube: system("sonarqube")?, about, server })
    }

    /// Its folder.
    pub(super) fn folder(&self) -> &Path {
        self.server.folder()
    }

    /// Its process.
    pub(super) fn id(&self) -> u32 {
        self.server.id()
    }
}
