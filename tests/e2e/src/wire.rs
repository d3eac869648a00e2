//! A wire between a service and nats-server that stops at a chosen change, so that a test can kill the service exactly
//! there: before the server has the change, or after it and before the service knows.
//!
//! Counted are the changes that a service makes: messages, keys of a bucket, acknowledgements. Questions and "in
//! progress" are not: a death at one of them is a death before the next change.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::{
    io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader},
    net::{
        TcpListener, TcpStream,
        tcp::{OwnedReadHalf, OwnedWriteHalf},
    },
    sync::watch,
    task::JoinHandle,
};

/// Which side of a change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Moment {
    /// The server never gets it.
    Before,
    /// The server has it; its answer does not reach the service.
    After,
}

/// The wire; cut when dropped.
#[derive(Debug)]
pub struct Wire {
    url: String,
    stop: Shared,
    listening: JoinHandle<()>,
}

/// Where a wire stops; counts from the moment it was made.
#[derive(Debug)]
pub struct Stop {
    stop: Shared,
    arrived: watch::Receiver<bool>,
}

type Shared = Arc<Mutex<Option<Armed>>>;

#[derive(Debug)]
struct Armed {
    nth: u32,
    moment: Moment,
    seen: u32,
    arrived: Arc<watch::Sender<bool>>,
}

/// The answer for which the server's side is watched; nothing of it reaches the service any more.
#[derive(Debug, Clone)]
struct Muted {
    reply: String,
    arrived: Arc<watch::Sender<bool>>,
}

impl Wire {
    /// A wire to the nats-server at `nats` (`nats://host:port`).
    pub async fn start(nats: &str) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.expect("a port");
        let url = format!("nats://{}", listener.local_addr().expect("an address"));
        let (stop, server) = (Shared::default(), nats.trim_start_matches("nats://").to_owned());
        let listening = tokio::spawn(listen(listener, server, stop.clone()));
        Self { url, stop, listening }
    }

    /// What the service is told as `NATS_URL`.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Stops at the `nth` change (from 1) from now on.
    #[must_use]
    pub fn stop_at(&self, nth: u32, moment: Moment) -> Stop {
        let (sender, arrived) = watch::channel(false);
        *lock(&self.stop) = Some(Armed { nth, moment, seen: 0, arrived: Arc::new(sender) });
        Stop { stop: self.stop.clone(), arrived }
    }
}

impl Drop for Wire {
    fn drop(&mut self) {
        self.listening.abort();
    }
}

impl Stop {
    /// Waits until the wire has stopped there; for ever when the change never comes.
    pub async fn arrived(&mut self) {
        if self.arrived.wait_for(|arrived| *arrived).await.is_err() {
            std::future::pending::<()>().await;
        }
    }

    /// Whether the change has come as far as the wire: it stops there in a moment, if it has not yet.
    #[must_use]
    pub fn is_struck(&self) -> bool {
        lock(&self.stop).as_ref().is_some_and(|armed| armed.seen >= armed.nth)
    }
}

impl Armed {
    fn strikes(&mut self) -> bool {
        self.seen += 1;
        self.seen == self.nth
    }
}

fn lock<T>(shared: &Mutex<T>) -> MutexGuard<'_, T> {
    shared.lock().unwrap_or_else(PoisonError::into_inner)
}

async fn listen(listener: TcpListener, server: String, stop: Shared) {
    while let Ok((client, _)) = listener.accept().await {
        tokio::spawn(connect(client, server.clone(), stop.clone()));
    }
}

/// Carries both ways until one side hangs up; then both are cut.
async fn connect(client: TcpStream, server: String, stop: Shared) {
    let Ok(server) = TcpStream::connect(server).await else { return };
    let fast = client.set_nodelay(true).and_then(|()| server.set_nodelay(true));
    fast.expect("a connection");
    let ((from_client, to_client), (from_server, to_server)) = (client.into_split(), server.into_split());
    let muted = Arc::new(Mutex::new(None));
    tokio::select! {
        _ = upwards(from_client, to_server, &stop, &muted) => {}
        _ = downwards(from_server, to_client, &muted) => {}
    }
}

async fn upwards(
    client: OwnedReadHalf,
    mut server: OwnedWriteHalf,
    stop: &Mutex<Option<Armed>>,
    muted: &Mutex<Option<Muted>>,
) -> std::io::Result<()> {
    let mut client = BufReader::new(client);
    while let Some(command) = Command::read(&mut client).await? {
        let moment = command.is_change().then(|| struck(stop)).flatten();
        match (moment, command.reply()) {
            (Some((Moment::Before, arrived)), _) => {
                arrived.send_replace(true);
                tokio::io::copy(&mut client, &mut tokio::io::sink()).await?;
                return Ok(());
            }
            (Some((Moment::After, arrived)), Some(reply)) => *lock(muted) = Some(Muted { reply, arrived }),
            _ => {}
        }
        server.write_all(&command.bytes).await?;
    }
    Ok(())
}

fn struck(stop: &Mutex<Option<Armed>>) -> Option<(Moment, Arc<watch::Sender<bool>>)> {
    let mut stop = lock(stop);
    let armed = stop.as_mut()?;
    armed.strikes().then(|| (armed.moment, armed.arrived.clone()))
}

async fn downwards(
    mut server: OwnedReadHalf,
    mut client: OwnedWriteHalf,
    muted: &Mutex<Option<Muted>>,
) -> std::io::Result<()> {
    let (mut buffer, mut unheard) = (vec![0; 64 << 10], Vec::new());
    loop {
        let read = server.read(&mut buffer).await?;
        let bytes = buffer.get(..read).filter(|bytes| !bytes.is_empty());
        let Some(bytes) = bytes else { return Ok(()) };
        let Some(Muted { reply, arrived }) = lock(muted).clone() else {
            client.write_all(bytes).await?;
            continue;
        };
        unheard.extend_from_slice(bytes);
        if unheard.windows(reply.len()).any(|window| window == reply.as_bytes()) {
            arrived.send_replace(true);
        }
    }
}

/// A command of the client: a line, and for a message its payload.
struct Command {
    bytes: Vec<u8>,
    line: usize,
}

impl Command {
    async fn read(client: &mut BufReader<OwnedReadHalf>) -> std::io::Result<Option<Self>> {
        let mut bytes = Vec::new();
        let line = client.read_until(b'\n', &mut bytes).await?;
        let mut command = Self { bytes, line };
        let size = command.message().and_then(|words| words.last()?.parse::<usize>().ok());
        if let Some(size) = size {
            // The payload ends with a line break of its own.
            let mut payload = vec![0; size + 2];
            client.read_exact(&mut payload).await?;
            command.bytes.extend_from_slice(&payload);
        }
        Ok((line > 0).then_some(command))
    }

    /// The words after `PUB` or `HPUB`: subject, reply where there is one, sizes.
    fn message(&self) -> Option<Vec<&str>> {
        let line = self.bytes.get(..self.line).and_then(|line| std::str::from_utf8(line).ok())?;
        let mut words = line.split_whitespace();
        matches!(words.next(), Some("PUB" | "HPUB")).then(|| words.collect())
    }

    fn reply(&self) -> Option<String> {
        let words = self.message()?;
        let sizes = if self.bytes.starts_with(b"HPUB") { 2 } else { 1 };
        (words.len() == sizes + 2).then(|| words.get(1).map(|reply| (*reply).to_owned())).flatten()
    }

    fn is_change(&self) -> bool {
        let subject = self.message().and_then(|words| words.first().map(|subject| (*subject).to_owned()));
        let Some(subject) = subject.filter(|_| self.reply().is_some()) else { return false };
        let is_progress = self.bytes.get(self.line..).is_some_and(|payload| payload.starts_with(b"+WPI"));
        let is_answer = subject.starts_with("$JS.ACK.") && !is_progress;
        is_answer || subject.starts_with("$KV.") || subject.starts_with("guassp.")
    }
}
