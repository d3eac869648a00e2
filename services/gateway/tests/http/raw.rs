//! A caller that writes its bytes itself.

use std::{collections::HashMap, net::SocketAddr};

use serde_json::Value;
use tokio::{
    io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader},
    net::{TcpSocket, TcpStream},
    time::timeout,
};

use crate::stage::{PATIENCE, Stage};

/// Where it calls from. Not 127.0.0.1: a nats-server that comes back would find its port taken.
pub(crate) const HOME: [u8; 4] = [127, 0, 0, 3];

pub(crate) struct Raw(BufReader<TcpStream>);

/// What came back.
#[derive(Debug)]
pub(crate) struct RawAnswer {
    pub(crate) status: u16,
    /// Names in lower case.
    pub(crate) headers: HashMap<String, String>,
    /// Null when the body is no JSON.
    pub(crate) body: Value,
}

impl RawAnswer {
    pub(crate) fn is_last(&self) -> bool {
        self.headers.get("connection").is_some_and(|value| value == "close")
    }
}

impl Raw {
    /// A connection from this address; each of 127.0.0.0/8 is a caller of its own.
    pub(crate) async fn connect(stage: &Stage, from: [u8; 4]) -> Self {
        let to: SocketAddr = stage.url.trim_start_matches("http://").parse().unwrap();
        let socket = TcpSocket::new_v4().unwrap();
        // A small buffer, so that answers that are not read are soon the gateway's to keep.
        socket.set_recv_buffer_size(4096).unwrap();
        socket.bind((from, 0).into()).unwrap();
        Self(BufReader::new(socket.connect(to).await.unwrap()))
    }

    /// A connection on which this was sent.
    pub(crate) async fn sending(stage: &Stage, bytes: &str) -> Self {
        let mut raw = Self::connect(stage, HOME).await;
        raw.send(bytes).await;
        raw
    }

    pub(crate) async fn send(&mut self, bytes: &str) {
        self.0.write_all(bytes.as_bytes()).await.unwrap();
    }

    /// Writes until nothing more is taken, or the connection is closed.
    pub(crate) async fn pour(&mut self, bytes: &str) {
        while self.0.write_all(bytes.as_bytes()).await.is_ok() {}
    }

    /// The next answer.
    pub(crate) async fn answer(&mut self) -> RawAnswer {
        timeout(PATIENCE, self.read()).await.expect("an answer in time").expect("an answer")
    }

    /// The answer to this request, if the connection is served at all.
    pub(crate) async fn ask(&mut self, request: &str) -> Option<RawAnswer> {
        self.0.write_all(request.as_bytes()).await.ok()?;
        timeout(PATIENCE, self.read()).await.expect("an answer in time, or none")
    }

    /// Waits until the other side closes; nothing more may come.
    pub(crate) async fn closed(&mut self) {
        let mut rest = Vec::new();
        // A reset is as good an end as any.
        let _ = timeout(PATIENCE, self.0.read_to_end(&mut rest)).await.expect("closed in time");
        assert!(rest.is_empty(), "{}", rest.escape_ascii());
    }

    async fn read(&mut self) -> Option<RawAnswer> {
        let status = self.line().await?.split(' ').nth(1)?.parse().ok()?;
        let mut headers = HashMap::new();
        loop {
            let line = self.line().await?;
            let Some((name, value)) = line.split_once(':') else { break };
            headers.insert(name.to_lowercase(), value.trim().to_owned());
        }
        let mut body = vec![0; headers.get("content-length")?.parse().ok()?];
        self.0.read_exact(&mut body).await.ok()?;
        Some(RawAnswer { status, headers, body: serde_json::from_slice(&body).unwrap_or_default() })
    }

    async fn line(&mut self) -> Option<String> {
        let mut line = String::new();
        let read = self.0.read_line(&mut line).await.ok()?;
        (read > 0).then(|| line.trim_end().to_owned())
    }
}
