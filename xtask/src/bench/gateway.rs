//! The gateway under load: the program as it is, with its limits for single callers out of the way.

use super::broker::Broker;
use super::gitlab::{AUDIENCE, GitLab};
use crate::account::Account;
use crate::leash::Server;
use crate::scratch::{Folder, free_ports};
use crate::workspace::Workspace;
use crate::{http, shell};
use anyhow::Result;
use std::process::Command;
use std::time::Duration;

const START_LIMIT: Duration = Duration::from_secs(30);

/// A log line a post is the operator's choice. All posts come from one address here, which is no caller's case.
const SETTINGS: [(&str, &str); 4] = [
    ("LOG_LEVEL", "warn"),
    ("GUASSP_GATEWAY__ID_TOKENS__AUDIENCE", AUDIENCE),
    ("GUASSP_GATEWAY__LIMITS__CALLER_PER_SECOND", "1000000"),
    ("GUASSP_GATEWAY__LIMITS__CALLER_BURST", "1000000"),
];

/// The running gateway.
#[derive(Debug)]
pub(super) struct Gateway {
    /// Where tasks are posted.
    pub(super) url: String,
    server: Server,
}

impl Gateway {
    /// Creates the streams, starts the gateway and waits until it can take posts.
    pub(super) fn start(workspace: &Workspace, broker: &Broker, gitlab: &GitLab) -> Result<Self> {
        let program = workspace.built_release("guassp");
        shell::output(Command::new(&program).arg("topology").env_clear().env("NATS_URL", &broker.url))?;
        let folder = Folder::create("bench-gateway", Account::Own)?;
        let [port] = free_ports()?;
        let mut command = Command::new(program);
        command.arg("gateway").env_clear().current_dir(&*folder).envs(SETTINGS);
        command.env("NATS_URL", &broker.url).env("GITLAB_URL", &gitlab.url);
        command.env("LISTEN_ADDRESS", "127.0.0.1").env("LISTEN_PORT", port.to_string());
        command.env("EXPORTER_LISTEN_ADDRESS", "127.0.0.1").env("EXPORTER_LISTEN_PORT", "0");
        let mut server = Server::start("the gateway", command, folder)?;
        let url = format!("http://127.0.0.1:{port}");
        let health = format!("{url}/health");
        server.wait(START_LIMIT, || http::get(&health, &[]).ok().filter(|answer| answer.status == 200))?;
        Ok(Self { url: format!("{url}/task"), server })
    }

    /// Its process.
    pub(super) fn id(&self) -> u32 {
        self.server.id()
    }

    /// The end of its log, for an error message.
    pub(super) fn log(&self) -> String {
        self.server.log()
    }
}
