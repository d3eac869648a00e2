//! The server.

use std::path::PathBuf;

use runtime::jetstream::server::{Server, program};
use tempfile::TempDir;

/// A nats-server with its store in a folder of its own; stopped and removed when dropped.
#[derive(Debug)]
pub struct Nats {
    /// Gone while it is stopped.
    server: Option<Server>,
    url: String,
    folder: TempDir,
}

impl Nats {
    /// Starts one on a port that is free.
    pub async fn start() -> Self {
        let folder = TempDir::new().expect("a folder");
        let server = Server::start(&nats_server(), folder.path(), None).await;
        let server = server.expect("nats-server; see README");
        Self { url: server.url().to_owned(), server: Some(server), folder }
    }

    /// Where it listens, also after it was stopped and started.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Stops it; its store stays.
    pub async fn stop(&mut self) {
        self.server.take().expect("a running server").stop().await;
    }

    /// Starts it on the same store and port, after [`Self::stop`].
    pub async fn start_again(&mut self) {
        let port = self.url.rsplit(':').next().and_then(|port| port.parse().ok());
        let server = Server::start(&nats_server(), self.folder.path(), port).await;
        self.server = Some(server.expect("nats-server again"));
    }

    /// `kill -9`, and a start on the same store and port.
    pub async fn kill(&mut self) {
        // A server that is dropped is killed.
        self.server = None;
        self.start_again().await;
    }
}

/// The program that `NATS_SERVER_BIN` names, or the one on PATH.
#[must_use]
pub fn nats_server() -> PathBuf {
    program(std::env::var_os("NATS_SERVER_BIN").map(PathBuf::from))
}
