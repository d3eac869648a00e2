//! A nats-server of one's own.

use std::{path::Path, process::Stdio};

use broker::nats_server;
use proto::subject;
use runtime::jetstream::server::{Server, ServerError};
use tempfile::TempDir;
use tokio::process::{Child, Command};

use crate::stage::{LONG, Stage, runtime, task};

/// The arguments of a process that lives; a dead one that nobody has buried yet has none.
fn arguments(process: u32) -> Vec<u8> {
    std::fs::read(format!("/proc/{process}/cmdline")).unwrap_or_default()
}

/// A nats-server as an earlier run of the product would have left it.
fn leftover(folder: &Path) -> (Child, String) {
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let store = folder.canonicalize().unwrap().join("jetstream");
    let child = Command::new(nats_server())
        .args(["--addr", "127.0.0.1", "--port", &port.to_string(), "--jetstream", "--store_dir"])
        .arg(store)
        .arg("--pid")
        .arg(folder.join("nats-server.pid"))
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .kill_on_drop(true)
        .spawn()
        .unwrap();
    (child, format!("nats://127.0.0.1:{port}"))
}

#[tokio::test]
async fn a_folder_that_is_in_use_is_refused_and_its_server_lives_on() {
    let folder = TempDir::new().unwrap();
    let first = Server::start(&nats_server(), folder.path(), None).await.unwrap();
    let error = Server::start(&nats_server(), folder.path(), None).await.unwrap_err();
    assert!(matches!(error, ServerError::InUse { .. }), "{error}");
    assert!(!arguments(first.process_id().unwrap()).is_empty());
}

#[tokio::test]
async fn the_server_of_a_killed_process_is_ended_at_the_next_start_on_its_folder() {
    let folder = TempDir::new().unwrap();
    // A killed process ends nothing that it started, and the system lets go of its lock.
    let (leftover, url) = leftover(folder.path());
    let process = leftover.id().unwrap();
    let jetstream = runtime(&url, LONG).await.jetstream;
    jetstream.publish_task(&task(7)).await.unwrap();
    assert!(!arguments(process).is_empty());
    let second = Server::start(&nats_server(), folder.path(), None).await.unwrap();
    assert!(arguments(process).is_empty());
    assert_ne!(second.process_id(), Some(process));
    let found = runtime(second.url(), LONG).await.jetstream;
    let stream = found.context().get_stream(subject::TASKS).await.unwrap();
    assert_eq!(stream.cached_info().state.messages, 1);
}

#[tokio::test]
async fn a_process_that_has_the_number_of_a_former_server_is_left_alone() {
    let mut stranger =
        Command::new("cat").stdin(Stdio::piped()).stdout(Stdio::null()).kill_on_drop(true).spawn().unwrap();
    let folder = TempDir::new().unwrap();
    std::fs::write(folder.path().join("nats-server.pid"), stranger.id().unwrap().to_string()).unwrap();
    let server = Server::start(&nats_server(), folder.path(), None).await.unwrap();
    assert!(stranger.try_wait().unwrap().is_none());
    server.stop().await;
    assert!(stranger.try_wait().unwrap().is_none());
}

#[tokio::test]
async fn a_server_on_another_folder_is_left_alone() {
    let (one, other) = (TempDir::new().unwrap(), TempDir::new().unwrap());
    let first = Server::start(&nats_server(), one.path(), None).await.unwrap();
    std::fs::copy(one.path().join("nats-server.pid"), other.path().join("nats-server.pid")).unwrap();
    let _second = Server::start(&nats_server(), other.path(), None).await.unwrap();
    assert!(!arguments(first.process_id().unwrap()).is_empty());
}

#[tokio::test]
async fn what_a_server_has_confirmed_is_there_after_a_restart() {
    let mut stage = Stage::start().await;
    let task = task(7);
    stage.jetstream().records.create(&task).await.unwrap();
    stage.jetstream().publish_task(&task).await.unwrap();
    let born = stage.jetstream().refresh_incarnation().await.unwrap();
    stage.stop_server().await;
    stage.start_server().await;
    let jetstream = stage.another().await.jetstream;
    assert!(jetstream.has_task_message(task.project).await.unwrap());
    assert!(jetstream.records.get(task.id).await.unwrap().is_some());
    assert_eq!(jetstream.refresh_incarnation().await.unwrap(), born);
}

#[tokio::test]
async fn a_stopped_server_has_ended() {
    let folder = TempDir::new().unwrap();
    let server = Server::start(&nats_server(), folder.path(), None).await.unwrap();
    let process = server.process_id().unwrap();
    server.stop().await;
    assert!(arguments(process).is_empty());
}

#[tokio::test]
async fn a_program_that_is_not_there_is_named_with_what_to_do() {
    let folder = TempDir::new().unwrap();
    let error = Server::start(Path::new("/no/such/nats-server"), folder.path(), None).await.unwrap_err();
    assert!(matches!(error, ServerError::NotFound { .. }));
    let text = error.to_string();
    assert!(text.contains("/no/such/nats-server") && text.contains("NATS_SERVER_BIN"), "{text}");
}

#[tokio::test]
async fn a_program_that_ends_at_once_is_told_with_its_log() {
    let folder = TempDir::new().unwrap();
    let error = Server::start(Path::new("/bin/true"), folder.path(), None).await.unwrap_err();
    let text = error.to_string();
    assert!(text.contains("did not come up") && text.contains("nats-server.log"), "{text}");
}
