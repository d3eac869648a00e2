//! The two programs of the demo: the sandbox, and guassp with exactly the settings a person needs.

use super::gitlab::GitLab;
use super::show;
use super::sonarqube::SonarQube;
use crate::account::Account;
use crate::http;
use crate::leash::{CONSOLE, Server};
use crate::scratch::{Folder, free_ports};
use crate::workspace::Workspace;
use anyhow::{Context, Result};
use serde_json::Value;
use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

const START_LIMIT: Duration = Duration::from_secs(60);

/// The running sandbox, and what it said about itself.
#[derive(Debug)]
pub(super) struct Sandbox {
    pub(super) gitlab: GitLab,
    pub(super) sonarqube: SonarQube,
    /// What a CI job of the project has in `CI_JOB_TOKEN`.
    pub(super) job_token: String,
    server: Server,
}

/// The running guassp.
#[derive(Debug)]
pub(super) struct Guassp {
    pub(super) url: String,
    pub(super) admin_url: String,
    server: Server,
}

impl Sandbox {
    /// Starts it and waits for the line of JSON that it prints when it is ready.
    pub(super) fn start(workspace: &Workspace) -> Result<Self> {
        let folder = Folder::create("sandbox", Account::Own)?;
        show::typed("target/debug/sandbox");
        let console = folder.join(CONSOLE);
        let mut server = Server::start("the sandbox", Command::new(workspace.built("sandbox")), folder)?;
        let ready = server.wait(START_LIMIT, || first_json(&console))?;
        let text = |pointer: &str| {
            let found = ready.pointer(pointer).and_then(Value::as_str).map(str::to_owned);
            found.with_context(|| format!("the sandbox said nothing about {pointer}"))
        };
        let project = ready.pointer("/project/id").and_then(Value::as_u64);
        let project = project.context("the sandbox named no project")?;
        let gitlab = GitLab { url: text("/gitlab/url")?, token: text("/gitlab/token")?, project };
        let sonarqube = SonarQube {
            url: text("/sonarqube/url")?,
            token: text("/sonarqube/token")?,
            project_key: text("/project/key")?,
        };
        Ok(Self { gitlab, sonarqube, job_token: text("/job_token")?, server })
    }

    /// An error when it has ended by itself.
    pub(super) fn check_alive(&mut self) -> Result<()> {
        self.server.check_alive()
    }
}

impl Guassp {
    /// Starts all services in one process and waits until `/health` is good.
    pub(super) fn start(workspace: &Workspace, nats_server: &Path, sandbox: &Sandbox) -> Result<Self> {
        let folder = Folder::create("demo", Account::Own)?;
        let [port, admin_port] = free_ports()?;
        let (gitlab, sonarqube) = (&sandbox.gitlab, &sandbox.sonarqube);
        show::typed(&format!("GITLAB_URL={} GITLAB_TOKEN={} \\", gitlab.url, gitlab.token));
        show::typed(&format!("SONARQUBE_URL={} SONARQUBE_TOKEN={} \\", sonarqube.url, sonarqube.token));
        show::typed("  target/debug/guassp all-in-one");
        let mut command = Command::new(workspace.built("guassp"));
        command.arg("all-in-one").env_clear().current_dir(&*folder);
        command.env("GITLAB_URL", &gitlab.url).env("GITLAB_TOKEN", &gitlab.token);
        command.env("SONARQUBE_URL", &sonarqube.url).env("SONARQUBE_TOKEN", &sonarqube.token);
        command.env("LISTEN_PORT", port.to_string()).env("EXPORTER_LISTEN_PORT", admin_port.to_string());
        command.env("GUASSP_DATA_DIR", folder.join("data")).env("NATS_SERVER_BIN", nats_server);
        let mut server = Server::start("guassp", command, folder)?;
        let url = format!("http://127.0.0.1:{port}");
        let health = format!("{url}/health");
        server.wait(START_LIMIT, || http::get(&health, &[]).ok().filter(|answer| answer.status == 200))?;
        Ok(Self { url, admin_url: format!("http://127.0.0.1:{admin_port}"), server })
    }

    /// The end of its log, for an error message.
    pub(super) fn log(&self) -> String {
        self.server.log()
    }

    /// An error when it has ended by itself.
    pub(super) fn check_alive(&mut self) -> Result<()> {
        self.server.check_alive()
    }
}

fn first_json(console: &Path) -> Option<Value> {
    let text = fs::read_to_string(console).unwrap_or_default();
    text.lines().find_map(|line| serde_json::from_str(line).ok().filter(Value::is_object))
}
