//! nats-servers that a test makes to its own measure: with a small store, or three of them.

use std::{fmt::Write, net::TcpListener, path::Path, process::Stdio};

use broker::nats_server;
use tempfile::TempDir;
use tokio::process::{Child, Command};

/// One nats-server, or several that are one cluster. They end with the test.
pub(crate) struct Brokers {
    folder: TempDir,
    ports: Vec<u16>,
    running: Vec<Option<Child>>,
}

impl Brokers {
    /// A single one that stores so many bytes and no more.
    pub(crate) fn with_store(bytes: u64) -> Self {
        Self::start(1, bytes)
    }

    /// Three that hold a copy of everything each.
    pub(crate) fn cluster() -> Self {
        Self::start(3, 1 << 30)
    }

    fn start(count: usize, store: u64) -> Self {
        let folder = TempDir::new().unwrap();
        let ports = free_ports(2 * count);
        let (clients, routes) = ports.split_at(count);
        for (index, (client, route)) in clients.iter().zip(routes).enumerate() {
            let text = config(folder.path(), index, (*client, *route), routes, store);
            std::fs::write(folder.path().join(format!("{index}.conf")), text).unwrap();
        }
        let mut brokers =
            Self { ports: clients.to_vec(), running: (0..count).map(|_| None).collect(), folder };
        (0..count).for_each(|index| brokers.run(index));
        brokers
    }

    /// Where clients find the first of them. The others are never asked: they fail in some tests.
    pub(crate) fn url(&self) -> String {
        format!("nats://127.0.0.1:{}", self.ports[0])
    }

    pub(crate) fn replicas(&self) -> usize {
        self.ports.len()
    }

    pub(crate) fn run(&mut self, index: usize) {
        let config = self.folder.path().join(format!("{index}.conf"));
        let mut command = Command::new(nats_server());
        command.arg("-c").arg(config).stdout(Stdio::null()).stderr(Stdio::null()).kill_on_drop(true);
        self.running[index] = Some(command.spawn().expect("nats-server"));
    }

    pub(crate) async fn kill(&mut self, index: usize) {
        self.running[index].take().expect("a running server").kill().await.unwrap();
    }
}

fn config(folder: &Path, index: usize, own: (u16, u16), routes: &[u16], store: u64) -> String {
    let (client, route) = own;
    let store_dir = folder.join(index.to_string());
    let mut text = format!(
        "listen: 127.0.0.1:{client}\nserver_name: n{index}\n\
         jetstream {{ store_dir: {store_dir:?}, max_file_store: {store} }}\n"
    );
    if routes.len() > 1 {
        let routes: Vec<String> = routes.iter().map(|port| format!("\"nats://127.0.0.1:{port}\"")).collect();
        let routes = routes.join(", ");
        writeln!(text, "cluster {{ name: test, listen: 127.0.0.1:{route}, routes: [{routes}] }}").unwrap();
    }
    text
}

fn free_ports(count: usize) -> Vec<u16> {
    let listeners: Vec<_> = (0..count).map(|_| TcpListener::bind(("127.0.0.1", 0)).unwrap()).collect();
    listeners.iter().map(|listener| listener.local_addr().unwrap().port()).collect()
}
