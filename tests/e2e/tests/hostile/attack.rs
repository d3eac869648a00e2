//! One hostile request: bytes on a connection of its own, and what may come back.

use std::{
    net::{Ipv4Addr, SocketAddr},
    time::Duration,
};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{
        TcpSocket, TcpStream,
        tcp::{ReadHalf, WriteHalf},
    },
    time::timeout,
};

/// The gateway gives up everything sooner.
const LONGEST: Duration = Duration::from_secs(60);

/// A hostile request.
#[derive(Debug)]
pub(crate) struct Attack {
    what: String,
    /// What is sent, and how often.
    pieces: Vec<(Vec<u8>, usize)>,
    /// The sender closes its side afterwards.
    hangs_up: bool,
    expected: Expected,
}

/// What may come back.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Expected {
    /// One answer, with this status.
    Status(u16),
    /// One answer, with this status, and then the connection is closed: what follows the request is not read.
    Last(u16),
    /// A refusal, or a closed connection.
    Refusal,
    /// Nothing but a closed connection.
    Silence,
    /// Any answer of a gateway in its right mind: the request is odd, and may be understood.
    Sanity,
}

use Expected::{Last, Refusal, Sanity, Silence, Status};

impl Attack {
    pub(crate) fn new(what: impl Into<String>, bytes: impl Into<Vec<u8>>, expected: Expected) -> Self {
        Self { what: what.into(), pieces: vec![(bytes.into(), 1)], hangs_up: false, expected }
    }

    /// This follows, so many times.
    pub(crate) fn then(mut self, bytes: impl Into<Vec<u8>>, times: usize) -> Self {
        self.pieces.push((bytes.into(), times));
        self
    }

    pub(crate) fn hang_up(mut self) -> Self {
        self.hangs_up = true;
        self
    }

    /// Sends it from this address; tells what came back when that was not expected.
    pub(crate) async fn launch(&self, to: SocketAddr, from: Ipv4Addr) -> Result<(), String> {
        let mut stream = connect(to, from).await;
        let (reader, writer) = stream.split();
        let mut reader = Box::pin(timeout(LONGEST, self.listen(reader)));
        let heard = tokio::select! {
            heard = &mut reader => heard,
            // Once everything is sent there is nothing to do but to listen.
            () = self.send(writer) => reader.await,
        };
        let Self { what, expected, .. } = self;
        match heard {
            Err(_) => Err(format!("{what}: neither answered nor closed in {LONGEST:?}")),
            Ok((statuses, is_closed)) if self.is_expected(&statuses, is_closed) => Ok(()),
            Ok((statuses, _)) => Err(format!("{what}: {statuses:?}, not {expected:?}")),
        }
    }

    /// A gateway that has heard enough stops reading: what cannot be sent is not sent.
    async fn send(&self, mut writer: WriteHalf<'_>) {
        for (bytes, times) in &self.pieces {
            for _ in 0..*times {
                if writer.write_all(bytes).await.is_err() {
                    return;
                }
            }
        }
        if self.hangs_up {
            let _ = writer.shutdown().await;
        }
    }

    /// The statuses of what comes back, and whether the gateway closed the connection.
    async fn listen(&self, mut reader: ReadHalf<'_>) -> (Vec<u16>, bool) {
        let (mut heard, mut buffer) = (Vec::new(), vec![0; 16 << 10]);
        loop {
            let statuses = statuses(&heard);
            if matches!(self.expected, Status(_) | Refusal | Sanity) && !statuses.is_empty() {
                return (statuses, false);
            }
            match reader.read(&mut buffer).await {
                Ok(0) | Err(_) => return (statuses, true),
                Ok(read) => heard.extend_from_slice(buffer.get(..read).unwrap_or_default()),
            }
        }
    }

    fn is_expected(&self, statuses: &[u16], is_closed: bool) -> bool {
        let is_refusal = |status: &u16| matches!(status, 400..=428 | 430..=499 | 503);
        match self.expected {
            Status(status) => statuses == [status],
            Last(status) => statuses == [status] && is_closed,
            Refusal => statuses.iter().all(is_refusal),
            Silence => statuses.is_empty() && is_closed,
            Sanity => statuses.iter().all(|status| (200..300).contains(status) || is_refusal(status)),
        }
    }
}

/// A connection from this address; each of 127.0.0.0/8 is a caller of its own.
pub(crate) async fn connect(to: SocketAddr, from: Ipv4Addr) -> TcpStream {
    let socket = TcpSocket::new_v4().expect("a socket");
    socket.bind((from, 0).into()).expect("an address of this machine");
    socket.connect(to).await.expect("a connection")
}

/// The statuses of the answers so far; interim ones are none.
pub(crate) fn statuses(mut heard: &[u8]) -> Vec<u16> {
    let mut statuses = Vec::new();
    while let Some(end) = heard.windows(4).position(|window| window == b"\r\n\r\n") {
        let head = String::from_utf8_lossy(heard.get(..end).unwrap_or_default()).to_lowercase();
        let status = head.strip_prefix("http/1.").and_then(|rest| rest.get(2..5)?.parse().ok());
        let status = status.unwrap_or_else(|| panic!("not HTTP: {head}"));
        let length = head.lines().find_map(|line| line.strip_prefix("content-length:")?.trim().parse().ok());
        let next = end + 4 + length.unwrap_or(0);
        if heard.len() < next {
            break;
        }
        heard = heard.get(next..).unwrap_or_default();
        if status >= 200 {
            statuses.push(status);
        }
    }
    statuses
}
