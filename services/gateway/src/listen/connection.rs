//! One active connection: hyper from the first request to the last, and a close that does not take the answer back.

use std::{
    io,
    net::SocketAddr,
    pin::{Pin, pin},
    sync::Arc,
    time::Duration,
};

use axum::{
    Router,
    body::Body,
    extract::Request,
    http::{HeaderValue, header::CONNECTION},
    response::Response,
};
use hyper::{body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::TokioTimer;
use runtime::lifecycle::Lifecycle;
use tokio::{io::AsyncWriteExt, net::TcpStream};
use tower::Service;

use super::{head, places::Active, sips::Sips};
use crate::caller::network::Peer;

/// How long what still comes is thrown away after the last answer.
const LINGER: Duration = Duration::from_secs(1);

/// hyper with the port's limits. Tried on hyper 1.12: `header_timeout` counts anew from the end of each answer, and so
/// is the longest rest of a connection that is kept, too; more than 100 headers are 431 without a setting.
pub(super) fn http(header_timeout: Duration) -> http1::Builder {
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new())
        .header_read_timeout(header_timeout)
        .max_header_size(head::LARGEST)
        .max_buf_size(head::LARGEST);
    http
}

/// Answers requests until the connection or the life ends. Gives the socket back.
///
/// A caller that closes its side while it waits has gone: its request is given up.
pub(super) async fn serve(
    http: &http1::Builder,
    stream: TcpStream,
    peer: SocketAddr,
    router: &Router,
    active: &Arc<Active>,
    life: &Lifecycle,
) -> TcpStream {
    let service = service_fn(|request| Box::pin(answer(router.clone(), peer, request, active.clone())));
    let mut connection = http.serve_connection(Sips::new(stream), service);
    let mut stopping = pin!(life.stopping());
    let mut is_stopping = false;
    loop {
        let has_ended = tokio::select! {
            // An error is the caller's, who was told of it where hyper could.
            _ = &mut connection => true,
            () = &mut stopping, if !is_stopping => false,
        };
        if has_ended {
            break;
        }
        is_stopping = true;
        Pin::new(&mut connection).graceful_shutdown();
    }
    connection.into_parts().io.into_inner()
}

async fn answer(
    mut router: Router,
    peer: SocketAddr,
    request: Request<Incoming>,
    active: Arc<Active>,
) -> Result<Response, std::convert::Infallible> {
    let mut request = request.map(Body::new);
    request.extensions_mut().insert(Peer(peer));
    let mut response = router.call(request).await?;
    if active.is_scarce() {
        response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
    }
    Ok(response)
}

/// Closes the connection. A socket that is closed with unread bytes is reset, and the reset may overtake the answer:
/// so what still comes is read for a moment, until the caller has closed its side.
pub(super) async fn close(mut stream: TcpStream) {
    let rest = async {
        stream.shutdown().await?;
        loop {
            stream.readable().await?;
            match discard(&stream) {
                Ok(0) => return io::Result::Ok(()),
                Ok(_) => tokio::task::yield_now().await,
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                Err(error) => return Err(error),
            }
        }
    };
    let _ = tokio::time::timeout(LINGER, rest).await;
}

/// Apart, so that the buffer is on the stack only while it is read into.
fn discard(stream: &TcpStream) -> io::Result<usize> {
    stream.try_read(&mut [0; 16 << 10])
}
