//! The gateway: the program as it is, with its limits for single callers out of the way, because all calls come from
//! one address here, which is no caller's case.

use super::broker::Broker;
use super::sandbox::Sandbox;
use super::service::Service;
use crate::http;
use crate::scratch::free_ports;
use crate::workspace::Workspace;
use anyhow::Result;

/// What the ID tokens are for.
pub(super) const AUDIENCE: &str = "guassp";

/// More than a benchmark can send.
const NO_LIMIT: &str = "1000000";

/// A port that nobody listens on.
pub(super) fn free_port() -> Result<u16> {
    let [port] = free_ports()?;
    Ok(port)
}

/// The running gateway.
#[derive(Debug)]
pub(super) struct Gateway {
    /// Where it is called.
    pub(super) url: String,
    service: Service,
}

impl Gateway {
    /// Starts it, with more settings if any are given, and waits until it can take posts.
    pub(super) fn start(
        workspace: &Workspace,
        broker: &Broker,
        sandbox: &Sandbox,
        more: &[(&str, &str)],
    ) -> Result<Self> {
        Self::start_at(free_port()?, workspace, broker, sandbox, more)
    }

    /// The same on this port.
    pub(super) fn start_at(
        port: u16,
        workspace: &Workspace,
        broker: &Broker,
        sandbox: &Sandbox,
        more: &[(&str, &str)],
    ) -> Result<Self> {
        let port = port.to_string();
        let settings = [
            ("GITLAB_URL", sandbox.gitlab.url.as_str()),
            ("LISTEN_ADDRESS", "127.0.0.1"),
            ("LISTEN_PORT", &port),
            ("GUASSP_GATEWAY__ID_TOKENS__AUDIENCE", AUDIENCE),
            ("GUASSP_GATEWAY__LIMITS__CALLER_PER_SECOND", NO_LIMIT),
            ("GUASSP_GATEWAY__LIMITS__CALLER_BURST", NO_LIMIT),
        ];
        let mut service = Service::start(workspace, broker, "gateway", &[&settings, more].concat())?;
        let url = format!("http://127.0.0.1:{port}");
        let health = format!("{url}/health");
        service.wait(|| http::get(&health, &[]).ok().filter(|answer| answer.status == 200))?;
        Ok(Self { url, service })
    }

    /// Ends it at once, with no time for a last word.
    pub(super) fn kill(self) -> Result<()> {
        self.service.kill()
    }

    /// Its process.
    pub(super) fn id(&self) -> u32 {
        self.service.id()
    }

    /// The end of its log, for an error message.
    pub(super) fn log(&self) -> String {
        self.service.log()
    }
}
