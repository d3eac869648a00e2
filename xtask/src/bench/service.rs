//! A service of guassp as a process of its own: the program as it is, with the settings that it is given.

use super::broker::Broker;
use super::figures::Figures;
use crate::account::Account;
use crate::leash::Server;
use crate::scratch::{Folder, free_ports};
use crate::workspace::Workspace;
use crate::{http, shell};
use anyhow::Result;
use std::process::Command;
use std::time::Duration;

const START_LIMIT: Duration = Duration::from_secs(30);

/// The running service.
#[derive(Debug)]
pub(super) struct Service {
    admin: String,
    server: Server,
}

/// Creates the streams and buckets: no service does that.
pub(super) fn create_topology(workspace: &Workspace, broker: &Broker) -> Result<()> {
    let mut command = Command::new(workspace.built_release("guassp"));
    command.arg("topology").env_clear().env("NATS_URL", &broker.url);
    shell::output(&mut command).map(drop)
}

impl Service {
    /// Starts `guassp <role>` and waits until it is ready.
    pub(super) fn start(
        workspace: &Workspace,
        broker: &Broker,
        role: &str,
        settings: &[(&str, &str)],
    ) -> Result<Self> {
        let folder = Folder::create(&format!("bench-{role}"), Account::Own)?;
        let [port] = free_ports()?;
        let mut command = Command::new(workspace.built_release("guassp"));
        command.arg(role).env_clear().current_dir(&*folder);
        // A log line a task is the operator's choice.
        command.env("LOG_LEVEL", "warn").env("NATS_URL", &broker.url).envs(settings.iter().copied());
        command.env("EXPORTER_LISTEN_ADDRESS", "127.0.0.1").env("EXPORTER_LISTEN_PORT", port.to_string());
        let mut server = Server::start(&format!("the {role}"), command, folder)?;
        let admin = format!("http://127.0.0.1:{port}");
        let ready = format!("{admin}/ready");
        server.wait(START_LIMIT, || http::get(&ready, &[]).ok().filter(|answer| answer.status == 200))?;
        Ok(Self { admin, server })
    }

    /// Waits until `ready` has an answer.
    pub(super) fn wait<T>(&mut self, ready: impl Fn() -> Option<T>) -> Result<T> {
        self.server.wait(START_LIMIT, ready)
    }

    /// What it has counted so far.
    pub(super) fn figures(&self) -> Result<Figures> {
        let answer = http::get(&format!("{}/metrics", self.admin), &[])?;
        Ok(Figures::new(answer.success()?.to_owned()))
    }

    /// Ends it at once, with no time for a last word.
    pub(super) fn kill(self) -> Result<()> {
        self.server.kill()
    }

    /// An error when it has ended by itself.
    pub(super) fn check_alive(&mut self) -> Result<()> {
        self.server.check_alive()
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
