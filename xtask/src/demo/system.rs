//! The two programs of the demo: the sandbox, and guassp with exactly the settings a person needs. The fuzzing uses
//! them, too.

use super::gitlab::GitLab;
use super::show;
use super::sonarqube::SonarQube;
use crate::account::Account;
use crate::leash::Server;
use crate::scratch::{Folder, free_ports};
use crate::workspace::Workspace;
use crate::{http, shell};
use anyhow::{Context, Result};
use serde_json::Value;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

const START_LIMIT: Duration = Duration::from_secs(60);

/// The running sandbox, and what it said about itself.
#[derive(Debug)]
pub(crate) struct Sandbox {
    pub(super) gitlab: GitLab,
    pub(super) sonarqube: SonarQube,
    /// What a CI job of the project has in `CI_JOB_TOKEN`.
    pub(crate) job_token: String,
    server: Server,
}

/// The running guassp.
#[derive(Debug)]
pub(crate) struct Guassp {
    pub(crate) url: String,
    pub(super) admin_url: String,
    program: PathBuf,
    server: Server,
}

impl Sandbox {
    /// Starts it and waits for the line of JSON that it prints when it is ready.
    pub(crate) fn start(workspace: &Workspace) -> Result<Self> {
        let folder = Folder::create("sandbox", Account::Own)?;
        let addresses = free_ports::<2>()?.map(|port| format!("127.0.0.1:{port}"));
        let [gitlab, sonarqube] = &addresses;
        show::typed(&format!("target/debug/sandbox --gitlab {gitlab} --sonarqube {sonarqube}"));
        let mut command = Command::new(workspace.built("sandbox"));
        command.args(["--gitlab", gitlab, "--sonarqube", sonarqube]);
        let mut server = Server::start("the sandbox", command, folder)?;
        let ready = server.announcement(START_LIMIT)?;
        Self::read(&ready, server).context("the sandbox did not say everything about itself")
    }

    fn read(ready: &Value, server: Server) -> Option<Self> {
        let text = |pointer: &str| Some(ready.pointer(pointer)?.as_str()?.to_owned());
        let gitlab = GitLab {
            url: text("/gitlab/url")?,
            token: text("/gitlab/token")?,
            project: ready.pointer("/project/gitlab_id")?.as_u64()?,
            group: ready.pointer("/groups/backend")?.as_u64()?,
            people: ready.get("people")?.as_array()?.clone(),
        };
        let sonarqube = SonarQube {
            url: text("/sonarqube/url")?,
            token: text("/sonarqube/token")?,
            project_key: text("/project/sonarqube_key")?,
        };
        Some(Self { gitlab, sonarqube, job_token: text("/project/job_token")?, server })
    }

    /// An error when it has ended by itself.
    pub(super) fn check_alive(&mut self) -> Result<()> {
        self.server.check_alive()
    }
}

impl Guassp {
    /// Starts all services in one process, with more settings than it needs if any are given, and waits until
    /// `/health` is good.
    pub(crate) fn start(
        workspace: &Workspace,
        nats_server: &Path,
        sandbox: &Sandbox,
        more: &[(&str, &str)],
    ) -> Result<Self> {
        let folder = Folder::create("demo", Account::Own)?;
        let [port, admin_port] = free_ports()?;
        let (gitlab, sonarqube) = (&sandbox.gitlab, &sandbox.sonarqube);
        let settings = [
            ("GITLAB_URL", gitlab.url.as_str()),
            ("GITLAB_TOKEN", &gitlab.token),
            ("SONARQUBE_URL", &sonarqube.url),
            ("SONARQUBE_TOKEN", &sonarqube.token),
        ];
        let settings = [&settings, more].concat();
        show::typed_with(&settings, "target/debug/guassp all-in-one");
        let program = workspace.built("guassp");
        let mut command = Command::new(&program);
        command.arg("all-in-one").env_clear().current_dir(&*folder).envs(settings);
        command.env("LISTEN_PORT", port.to_string()).env("EXPORTER_LISTEN_PORT", admin_port.to_string());
        command.env("GUASSP_DATA_DIR", folder.join("data")).env("NATS_SERVER_BIN", nats_server);
        let mut server = Server::start("guassp", command, folder)?;
        let url = format!("http://127.0.0.1:{port}");
        let health = format!("{url}/health");
        server.wait(START_LIMIT, || http::get(&health, &[]).ok().filter(|answer| answer.status == 200))?;
        Ok(Self { url, admin_url: format!("http://127.0.0.1:{admin_port}"), program, server })
    }

    /// Runs one of its commands with these settings; gives the lines that it prints.
    pub(super) fn command(&self, settings: &[(&str, &str)], arguments: &[&str]) -> Result<Vec<String>> {
        show::typed_with(settings, &format!("target/debug/guassp {}", arguments.join(" ")));
        let mut command = Command::new(&self.program);
        command.args(arguments).env_clear().envs(settings.iter().copied());
        Ok(shell::output(&mut command)?.lines().map(str::to_owned).collect())
    }

    /// Waits until `ready` has an answer.
    pub(crate) fn wait<T>(&mut self, ready: impl Fn() -> Option<T>) -> Result<T> {
        self.server.wait(START_LIMIT, ready)
    }

    /// The end of its log, for an error message.
    pub(crate) fn log(&self) -> String {
        self.server.log()
    }

    /// An error when it has ended by itself.
    pub(crate) fn check_alive(&mut self) -> Result<()> {
        self.server.check_alive()
    }
}
