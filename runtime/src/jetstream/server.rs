//! A nats-server of one's own: `all-in-one` starts one when no other is named, and tests do.

use std::{
    ffi::OsString,
    fs::File,
    io,
    os::unix::ffi::OsStringExt,
    path::{Path, PathBuf},
    process::Stdio,
    time::Duration,
};

use rustix::fs::FlockOperation;
use tokio::{
    net::TcpListener,
    process::{Child, Command},
};

/// How long the server may take to answer after its start.
const PATIENCE: Duration = Duration::from_secs(20);
/// The file with the server's process id, and the folder of its store.
const PID: &str = "nats-server.pid";
const STORE: &str = "jetstream";

/// A running nats-server on loopback with a file store. Killed when dropped; [`Server::stop`] ends it cleanly.
#[derive(Debug)]
pub struct Server {
    child: Child,
    url: String,
    /// Held while the server lives: a second process on the same folder must not end it as a leftover.
    _lock: File,
}

/// The server could not be started.
#[derive(Debug, thiserror::Error)]
pub enum ServerError {
    /// There is no such program.
    #[error(
        "nats-server cannot be started ({program}: {error}): install nats-server 2.12 or newer, or name it by NATS_SERVER_BIN, or set NATS_URL to use one that runs"
    )]
    NotFound {
        /// What was tried.
        program: String,
        /// The system's words.
        error: io::Error,
    },
    /// Another process has the folder.
    #[error(
        "{folder} is in use by another guassp: stop that one, or give this one a GUASSP_DATA_DIR of its own"
    )]
    InUse {
        /// The folder.
        folder: String,
    },
    /// It ended at once, or never answered.
    #[error("nats-server did not come up on {url}: {reason} (its log is {log})")]
    NotUp {
        /// Where.
        url: String,
        /// What was seen.
        reason: String,
        /// Where it wrote its log.
        log: String,
    },
    /// The folder or a port could not be had.
    #[error("nats-server's folder {folder} cannot be used: {error}")]
    Folder {
        /// The folder.
        folder: String,
        /// The system's words.
        error: io::Error,
    },
}

impl Server {
    /// Starts `program` with its store and log in `folder`, on a free port of the loopback interface, or on `port`.
    ///
    /// # Errors
    /// When the program is not there, the folder cannot be used, or the server does not come up in 20 seconds.
    pub async fn start(program: &Path, folder: &Path, port: Option<u16>) -> Result<Self, ServerError> {
        let unusable = |error| ServerError::Folder { folder: folder.display().to_string(), error };
        std::fs::create_dir_all(folder).map_err(unusable)?;
        // One spelling of the path: the leftover of an earlier run is told by it.
        let folder = &folder.canonicalize().map_err(unusable)?;
        let lock = lock(folder)?;
        let port = match port {
            Some(port) => port,
            None => free_port().await.map_err(unusable)?,
        };
        let (log, pid) = (folder.join("nats-server.log"), folder.join(PID));
        end_leftover(&pid, folder).await;
        let child = Command::new(program)
            .args(["--addr", "127.0.0.1", "--port", &port.to_string(), "--jetstream", "--store_dir"])
            .arg(folder.join(STORE))
            .arg("--log")
            .arg(&log)
            .arg("--pid")
            .arg(&pid)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .kill_on_drop(true)
            // Its own group: Ctrl-C at the terminal stops this process first, which then stops the server.
            .process_group(0)
            .spawn()
            .map_err(|error| ServerError::NotFound { program: program.display().to_string(), error })?;
        let mut server = Self { child, url: format!("nats://127.0.0.1:{port}"), _lock: lock };
        server.wait_until_up(port, &log).await?;
        Ok(server)
    }

    /// Where the server listens that another process has started in `folder`; nothing when none runs there.
    #[must_use]
    pub fn running_in(folder: &Path) -> Option<String> {
        let folder = folder.canonicalize().ok()?;
        let arguments = arguments(process_in(&folder.join(PID))?);
        let is_here = arguments.iter().any(|argument| Path::new(argument) == folder.join(STORE));
        let port = arguments.iter().skip_while(|argument| *argument != "--port").nth(1)?;
        is_here.then(|| format!("nats://127.0.0.1:{}", port.display()))
    }

    /// Where it listens.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The process.
    #[must_use]
    pub fn process_id(&self) -> Option<u32> {
        self.child.id()
    }

    /// Resolves when the server has ended by itself.
    pub async fn ended(&mut self) {
        if let Err(error) = self.child.wait().await {
            tracing::debug!(%error, "nats-server cannot be watched");
        }
    }

    /// Asks the server to stop, and waits: what it has confirmed is on disk.
    pub async fn stop(mut self) {
        if self.child.id().is_some_and(terminate)
            && tokio::time::timeout(PATIENCE, self.child.wait()).await.is_ok()
        {
            return;
        }
        if let Err(error) = self.child.kill().await {
            tracing::debug!(%error, "nats-server had ended already");
        }
    }

    async fn wait_until_up(&mut self, port: u16, log: &Path) -> Result<(), ServerError> {
        let url = self.url.clone();
        let failed = |reason: String| ServerError::NotUp { url, reason, log: log.display().to_string() };
        let deadline = tokio::time::Instant::now() + PATIENCE;
        loop {
            if let Ok(Some(status)) = self.child.try_wait() {
                return Err(failed(format!("it ended with {status}")));
            }
            if answers(port).await {
                return Ok(());
            }
            if tokio::time::Instant::now() >= deadline {
                return Err(failed(format!("no answer for {PATIENCE:?}")));
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }
}

/// Takes the folder for as long as the file is held, also over `kill -9`: the system lets go of it then.
fn lock(folder: &Path) -> Result<File, ServerError> {
    let folder_name = || folder.display().to_string();
    let file = File::create(folder.join("lock"))
        .map_err(|error| ServerError::Folder { folder: folder_name(), error })?;
    match rustix::fs::flock(&file, FlockOperation::NonBlockingLockExclusive) {
        Ok(()) => Ok(file),
        Err(_) => Err(ServerError::InUse { folder: folder_name() }),
    }
}

/// Ends the server that a killed process left behind: two servers on one store would ruin it.
async fn end_leftover(pid: &Path, folder: &Path) {
    let Some(id) = process_in(pid) else { return };
    let deadline = tokio::time::Instant::now() + PATIENCE;
    while is_server_of(id, folder) && tokio::time::Instant::now() < deadline {
        tracing::info!(process.id = id, "ending the nats-server that an earlier run left behind");
        terminate(id);
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
}

/// Whether the process is a nats-server on this very folder, and not another that got the same id since.
fn is_server_of(id: u32, folder: &Path) -> bool {
    arguments(id).iter().any(|argument| Path::new(argument) == folder.join(STORE))
}

/// The process whose id the file holds.
fn process_in(pid: &Path) -> Option<u32> {
    std::fs::read_to_string(pid).ok()?.trim().parse().ok()
}

/// The command line of a process; empty when there is none.
fn arguments(id: u32) -> Vec<OsString> {
    let command = std::fs::read(format!("/proc/{id}/cmdline")).unwrap_or_default();
    command.split(|byte| *byte == 0).map(|argument| OsString::from_vec(argument.to_vec())).collect()
}

fn terminate(id: u32) -> bool {
    let pid = i32::try_from(id).ok().and_then(rustix::process::Pid::from_raw);
    pid.is_some_and(|pid| rustix::process::kill_process(pid, rustix::process::Signal::TERM).is_ok())
}

/// The program that `name` stands for: a path as it is, a bare name as found on PATH.
#[must_use]
pub fn program(named: Option<PathBuf>) -> PathBuf {
    named.unwrap_or_else(|| PathBuf::from("nats-server"))
}

/// A server greets with a line that begins with INFO; JetStream is up by then.
async fn answers(port: u16) -> bool {
    use tokio::io::AsyncReadExt;
    let Ok(mut stream) = tokio::net::TcpStream::connect(("127.0.0.1", port)).await else { return false };
    let mut greeting = [0; 4];
    stream.read_exact(&mut greeting).await.is_ok() && &greeting == b"INFO"
}

async fn free_port() -> io::Result<u16> {
    Ok(TcpListener::bind(("127.0.0.1", 0)).await?.local_addr()?.port())
}
