//! One kept-alive connection to the gateway.

use anyhow::{Context, Result};
use bytes::Bytes;
use http::{
    HeaderValue, Method, Request, Uri,
    header::{CONTENT_LENGTH, HOST},
};
use http_body_util::{BodyExt, Empty};
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper_util::rt::TokioIo;
use tokio::{net::TcpStream, task::JoinSet};

use crate::{answer::Answer, tokens::Header};

/// Where the posts go, in the forms that a request needs.
#[derive(Debug, Clone)]
pub(crate) struct Target {
    address: String,
    host: HeaderValue,
    path: Uri,
}

impl Target {
    /// Takes `http://host:port/path` apart.
    pub(crate) fn of(url: &Uri) -> Result<Self> {
        let address = url.authority().with_context(|| format!("{url} names no host"))?.to_string();
        let path = Uri::builder().path_and_query(url.path()).build()?;
        Ok(Self { host: HeaderValue::from_str(&address)?, address, path })
    }

    fn request(&self, (name, token): &Header) -> Request<Empty<Bytes>> {
        let mut request = Request::new(Empty::new());
        *request.method_mut() = Method::POST;
        *request.uri_mut() = self.path.clone();
        let headers = request.headers_mut();
        headers.insert(HOST, self.host.clone());
        headers.insert(CONTENT_LENGTH, HeaderValue::from_static("0"));
        headers.insert(name, token.clone());
        request
    }
}

/// Dropping it closes it.
#[derive(Debug)]
pub(crate) struct Connection {
    sender: SendRequest<Empty<Bytes>>,
    /// Moves the bytes.
    _driver: JoinSet<()>,
}

impl Connection {
    /// Connects to the host of `target`.
    pub(crate) async fn open(target: &Target) -> Result<Self> {
        let unreachable = || format!("cannot connect to {}", target.address);
        let stream = TcpStream::connect(&target.address).await.with_context(unreachable)?;
        stream.set_nodelay(true)?;
        let (sender, connection) = handshake(TokioIo::new(stream)).await.with_context(unreachable)?;
        let mut driver = JoinSet::new();
        driver.spawn(async move {
            // How it ended is told by the post that it cuts off.
            let _ended = connection.await;
        });
        Ok(Self { sender, _driver: driver })
    }

    /// Posts a task and reads the whole answer; an error when the connection is lost on the way.
    pub(crate) async fn post(&mut self, target: &Target, token: &Header) -> hyper::Result<Answer> {
        self.sender.ready().await?;
        let answer = self.sender.send_request(target.request(token)).await?;
        let status = answer.status();
        let body = answer.into_body().collect().await?.to_bytes();
        Ok(Answer::of(status, &body))
    }
}
