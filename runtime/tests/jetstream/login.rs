//! Secrets of nats-server that change while a process is connected.

mod operator;

use std::{
    path::{Path, PathBuf},
    process::Stdio,
    sync::atomic::Ordering,
    time::Duration,
};

use async_nats::Client;
use broker::nats_server;
use futures::StreamExt;
use runtime::{
    jetstream::connect::{ConnectError, Nats, Obstacle, connect},
    readiness::Readiness,
    secret::Secret,
};
use rustix::process::{Pid, Signal, kill_process};
use tempfile::TempDir;
use tokio::process::{Child, Command};

use self::operator::{LONG_LIVED, Life, Operator};
use crate::stage::at_once;

/// A nats-server that lets in whom its settings name.
struct Guarded {
    process: Child,
    url: String,
    folder: TempDir,
}

impl Guarded {
    fn start(settings: &str) -> Self {
        let folder = TempDir::new().unwrap();
        let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let config = write(folder.path(), "nats.conf", settings);
        let process = Command::new(nats_server())
            .args(["--addr", "127.0.0.1", "--port", &port.to_string(), "--config"])
            .arg(config)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        Self { process, url: format!("nats://127.0.0.1:{port}"), folder }
    }

    /// Has it read other settings; whoever may not be there any more is sent away.
    fn change(&self, settings: &str) {
        write(self.folder.path(), "nats.conf", settings);
        let process = Pid::from_raw(self.process.id().unwrap().try_into().unwrap()).unwrap();
        kill_process(process, Signal::HUP).unwrap();
    }

    fn file(&self, name: &str, content: &str) -> PathBuf {
        write(self.folder.path(), name, content)
    }

    async fn client(&self, nats: Nats) -> Result<Client, ConnectError> {
        let latch = Readiness::default().latch("nats");
        let context = connect(&nats, &self.url, "test", latch).await?;
        Ok(context.client())
    }
}

fn write(folder: &Path, name: &str, content: &str) -> PathBuf {
    let file = folder.join(name);
    std::fs::write(&file, content).unwrap();
    file
}

/// Waits until the client has connected so often.
async fn connected(client: &Client, times: u64) {
    let statistics = client.statistics();
    let is_so = async {
        while statistics.connects.load(Ordering::Relaxed) < times {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    at_once("another connection", is_so).await;
    client.flush().await.unwrap();
}

#[tokio::test]
async fn a_token_that_has_changed_is_shown_at_the_next_connection() {
    let settings = |token| format!("authorization {{ token: {token:?} }}");
    let server = Guarded::start(&settings("one"));
    let file = server.file("token", "one\n");
    let token = Some(Secret::of_file(&file).unwrap());
    let client = server.client(Nats { token, ..broker::connection() }).await.unwrap();
    server.file("token", "two\n");
    server.change(&settings("two"));
    connected(&client, 2).await;
}

#[tokio::test]
async fn a_password_that_has_changed_is_shown_at_the_next_connection() {
    let settings = |password| format!("authorization {{ user: guassp, password: {password:?} }}");
    let server = Guarded::start(&settings("one"));
    let password = Secret::of_file(&server.file("password", "one")).unwrap();
    let user = Some("guassp".to_owned());
    let nats = Nats { user, password: Some(password), ..broker::connection() };
    let client = server.client(nats).await.unwrap();
    // First the server, then the file: until then the old one is tried.
    server.change(&settings("two"));
    server.file("password", "two");
    connected(&client, 2).await;
}

/// nats-server sends a user away whose JWT has expired.
#[tokio::test]
async fn credentials_that_were_renewed_are_shown_when_the_old_ones_have_expired() {
    let operator = Operator::new();
    let server = Guarded::start(&operator.settings());
    let creds = server.file("guassp.creds", &operator.user(Life::Short));
    let client = server.client(Nats { creds: Some(creds), ..broker::connection() }).await.unwrap();
    server.file("guassp.creds", &operator.user(Life::Long));
    // Only the second user may publish that.
    let mut heard = client.subscribe(LONG_LIVED).await.unwrap();
    let is_heard = async {
        loop {
            client.publish(LONG_LIVED, "".into()).await.unwrap();
            if tokio::time::timeout(Duration::from_millis(100), heard.next()).await.is_ok() {
                return;
            }
        }
    };
    at_once("the other user", is_heard).await;
}

#[tokio::test]
async fn a_wrong_token_and_credentials_that_are_none_are_told_apart() {
    let server = Guarded::start("authorization { token: one }");
    let token = Some(Secret::from("two"));
    let wrong = server.client(Nats { token, ..broker::connection() }).await.unwrap_err();
    assert_eq!(wrong.obstacle, Obstacle::Credentials, "{wrong}");
    let creds =
        Some(server.file("guassp.creds", "SUAIO3FHUX5PNV2LQIIP7TZ3N4L7TX3W53MQGEIVYFIGA635OZCKEYHFLM"));
    let none = server.client(Nats { creds, ..broker::connection() }).await.unwrap_err();
    assert_eq!(none.obstacle, Obstacle::Settings, "{none}");
    let told = none.to_string();
    assert!(
        told.contains("NATS_CREDS") && told.contains("guassp.creds") && !told.contains("SUAIO"),
        "{told}"
    );
    let creds = Some(PathBuf::from("/nowhere/guassp.creds"));
    let missing = server.client(Nats { creds, ..broker::connection() }).await.unwrap_err();
    assert_eq!(missing.obstacle, Obstacle::Settings, "{missing}");
    assert!(missing.to_string().contains("/nowhere/guassp.creds"), "{missing}");
}
