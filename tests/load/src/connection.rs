//! One kept-alive connection to the gateway.

use anyhow::{Context, Result};
use bytes::Bytes;
use http::{
    HeaderValue, Method, Request, Uri,
    header::{CONTENT_LENGTH, HOST},
};
use http_body_util::{BodyExt, Full};
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper_util::rt::TokioIo;
use tokio::{
    net::TcpStream,
    task::JoinSet,
    time::{Duration, Instant, sleep},
};

use crate::{answer::Answer, post::Post};

/// Between two tries to connect.
const PAUSE: Duration = Duration::from_millis(50);

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

    fn request(&self, post: &Post) -> Request<Full<Bytes>> {
        let mut request = Request::new(Full::new(post.body.clone()));
        *request.method_mut() = Method::POST;
        *request.uri_mut() = self.path.clone();
        let headers = request.headers_mut();
        headers.insert(HOST, self.host.clone());
        headers.insert(CONTENT_LENGTH, HeaderValue::from(post.body.len()));
        headers.extend(post.headers.iter().cloned());
        request
    }
}

/// Dropping it closes it.
#[derive(Debug)]
pub(crate) struct Connection {
    sender: SendRequest<Full<Bytes>>,
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

    /// The same again and again for so long: a gateway may be started again.
    pub(crate) async fn reopen(target: &Target, patience: Duration) -> Result<Self> {
        let deadline = Instant::now() + patience;
        loop {
            match Self::open(target).await {
                Err(_) if Instant::now() < deadline => sleep(PAUSE).await,
                opened => return opened,
            }
        }
    }

    /// Whether it can carry a post: the gateway may close one after an answer.
    pub(crate) async fn is_open(&mut self) -> bool {
        self.sender.ready().await.is_ok()
    }

    /// Posts and reads the whole answer; an error when the connection is lost on the way.
    pub(crate) async fn post(&mut self, target: &Target, post: &Post) -> hyper::Result<Answer> {
        let answer = self.sender.send_request(target.request(post)).await?;
        let status = answer.status();
        let body = answer.into_body().collect().await?.to_bytes();
        Ok(Answer::of(&post.kind, status, &body))
    }
}
