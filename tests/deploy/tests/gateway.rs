//! A gateway as a process, on an address that nobody else takes while it is dead.

use std::{
    net::{Ipv4Addr, SocketAddr, TcpListener},
    sync::atomic::{AtomicU8, Ordering},
};

use e2e::{Scene, binary::Process, wait};

/// An address of the loopback network for one server alone. Outgoing connections leave from 127.0.0.1, so none of them
/// takes its port.
pub(crate) fn address() -> SocketAddr {
    static NEXT: AtomicU8 = AtomicU8::new(1);
    let host = Ipv4Addr::new(127, 0, 1, NEXT.fetch_add(1, Ordering::Relaxed));
    TcpListener::bind((host, 0)).and_then(|listener| listener.local_addr()).expect("a port")
}

/// `guassp gateway`, to be killed and started again.
#[derive(Debug)]
pub(crate) struct Gateway {
    address: SocketAddr,
    environment: Vec<(String, String)>,
    process: Option<Process>,
}

impl Gateway {
    /// One that has not been started.
    pub(crate) fn new(scene: &Scene, settings: &[(&str, &str)]) -> Self {
        let address = address();
        let (host, port) = (address.ip().to_string(), address.port().to_string());
        let mut all = vec![("LISTEN_ADDRESS", host.as_str()), ("LISTEN_PORT", port.as_str())];
        all.extend(settings);
        Self { address, environment: scene.environment(&all), process: None }
    }

    pub(crate) async fn started(scene: &Scene, settings: &[(&str, &str)]) -> Self {
        let mut gateway = Self::new(scene, settings);
        gateway.start().await;
        gateway
    }

    /// Starts it, and waits until it takes triggers.
    pub(crate) async fn start(&mut self) {
        self.process = Some(Process::start(&["gateway"], &self.environment));
        let url = format!("{}/health", self.url());
        let healthy = async || reqwest::get(&url).await.ok().filter(|answer| answer.status().is_success());
        wait::until("a healthy gateway", healthy).await;
    }

    /// `kill -9`.
    pub(crate) async fn kill(&mut self) {
        self.process.take().expect("it runs").kill().await;
    }

    pub(crate) const fn address(&self) -> SocketAddr {
        self.address
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }
}
