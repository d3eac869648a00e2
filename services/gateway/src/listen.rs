//! The public port: which connections there are, and when each of them is given up.
//!
//! A connection has a place ([`places`]) as long as it is open. It waits for the head of its first request
//! ([`head`]), which costs next to nothing, then for a place among the active ones, and is served by hyper
//! ([`connection`]); all of the waiting together lasts `header_timeout` at most. While more than half of the active
//! places are taken, no connection is kept for another request: nobody holds a place by resting on it.
//!
//! What is asked on a connection is none of this module's business: that is `guard`'s and the routes'.

mod connection;
mod head;
mod places;
mod sips;

use std::{
    fmt, io,
    net::{IpAddr, SocketAddr},
    sync::Arc,
    time::Duration,
};

use axum::Router;
use hyper::server::conn::http1;
use runtime::lifecycle::Lifecycle;
use tokio::{
    net::{TcpListener, TcpStream},
    time::{Instant, timeout_at},
};

use self::places::{Active, Place, Places};
use crate::guard::{
    Limits,
    metrics::{HttpMetrics, Refusal},
};

/// Connections that the system keeps until they are accepted, as far as it may (`net.core.somaxconn`). Many webhooks
/// at once may each open one; those that find no room are tried again a second later.
#[cfg(target_os = "linux")]
const BACKLOG: i32 = 4096;

/// How long nothing is accepted after the system refused to give a connection.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// hyper keeps so much for a connection whose first head is no larger; for a larger one it keeps several times as much,
/// and the connection takes as many places.
const PLACE: usize = 8 << 10;

/// What the port serves, and by which rules.
pub(crate) struct Port {
    router: Router,
    limits: Limits,
    http: http1::Builder,
    places: Arc<Places>,
    is_proxy: Box<dyn Fn(IpAddr) -> bool + Send + Sync>,
    metrics: HttpMetrics,
    life: Lifecycle,
}

/// Listens on the address.
///
/// # Errors
/// When the system does not allow it, or somebody else listens there.
pub(crate) async fn bind(address: SocketAddr) -> io::Result<TcpListener> {
    let listener = TcpListener::bind(address).await?;
    // Again, as tokio leaves room for 128.
    #[cfg(target_os = "linux")]
    rustix::net::listen(&listener, BACKLOG)?;
    Ok(listener)
}

impl Port {
    /// `is_proxy` tells addresses behind which there are many callers.
    pub(crate) fn new(
        router: Router,
        limits: &Limits,
        is_proxy: impl Fn(IpAddr) -> bool + Send + Sync + 'static,
        metrics: HttpMetrics,
        life: Lifecycle,
    ) -> Self {
        Self {
            router,
            limits: limits.clone(),
            http: connection::http(limits.header_timeout),
            places: Arc::new(Places::new(limits, metrics.clone())),
            is_proxy: Box::new(is_proxy),
            metrics,
            life,
        }
    }

    /// Accepts connections until the life stops softly. Those that were accepted are parts of that life themselves.
    pub(crate) async fn serve(self, listener: TcpListener) {
        let port = Arc::new(self);
        let mut is_failing = false;
        loop {
            let accepted = tokio::select! {
                () = port.life.stopping() => return,
                accepted = listener.accept() => accepted,
            };
            match accepted {
                Ok((stream, peer)) => {
                    is_failing = false;
                    port.clone().take(stream, peer);
                }
                Err(error) if is_of_one_connection(&error) => {}
                // Most likely there are no file descriptors left: the next one would fail at once, too.
                Err(error) => {
                    if !is_failing {
                        tracing::error!(%error, "connections cannot be accepted");
                    }
                    is_failing = true;
                    tokio::time::sleep(ACCEPT_PAUSE).await;
                }
            }
        }
    }

    /// Serves the connection, or closes it at once when there is no place for it.
    fn take(self: Arc<Self>, stream: TcpStream, peer: SocketAddr) {
        let address = peer.ip().to_canonical();
        let Some(place) = self.places.take(address, (self.is_proxy)(address)) else {
            return self.metrics.refused(Refusal::Connections);
        };
        let life = self.life.clone();
        life.spawn(async move {
            if set_up(&stream, self.limits.answer_timeout).is_ok() {
                self.attend(stream, peer, place).await;
            }
        });
    }

    async fn attend(&self, stream: TcpStream, peer: SocketAddr, place: Place) {
        let patience = Instant::now() + self.limits.header_timeout;
        let begun = tokio::select! {
            () = self.life.stopping() => return,
            begun = timeout_at(patience, begin(&stream, &place)) => begun,
        };
        match begun {
            // Boxed, for it is large: most connections of an attack never come here.
            Ok(Ok(active)) => Box::pin(self.converse(stream, peer, active)).await,
            Ok(Err(_)) => {}
            Err(_) => self.metrics.refused(Refusal::Timeout),
        }
    }

    async fn converse(&self, stream: TcpStream, peer: SocketAddr, active: Active) {
        let active = Arc::new(active);
        let stream = tokio::select! {
            () = self.life.aborting() => return,
            stream = connection::serve(&self.http, stream, peer, &self.router, &active, &self.life) => stream,
        };
        drop(active);
        tokio::select! {
            () = self.life.aborting() => {}
            () = connection::close(stream) => {}
        }
    }
}

impl fmt::Debug for Port {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Port")
            .field("limits", &self.limits)
            .field("places", &self.places)
            .finish_non_exhaustive()
    }
}

/// Waits for the head of the first request, then for a place among the active connections.
async fn begin(stream: &TcpStream, place: &Place) -> io::Result<Active> {
    let length = head::arrives(stream).await?;
    Ok(place.activate(length.div_ceil(PLACE)).await)
}

/// Answers are sent without waiting for more to send. A caller that does not take them for so long is given up: the
/// kernel closes the connection, also when the caller's machine is gone or acknowledges and never reads.
#[cfg_attr(not(target_os = "linux"), expect(unused_variables, reason = "only Linux can be told"))]
fn set_up(stream: &TcpStream, answer_timeout: Duration) -> io::Result<()> {
    stream.set_nodelay(true)?;
    #[cfg(target_os = "linux")]
    {
        let millis = u32::try_from(answer_timeout.as_millis()).unwrap_or(u32::MAX);
        rustix::net::sockopt::set_tcp_user_timeout(stream, millis)?;
    }
    Ok(())
}

/// Whether the connection was gone before it was accepted.
fn is_of_one_connection(error: &io::Error) -> bool {
    use io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset, Interrupted};
    matches!(error.kind(), ConnectionAborted | ConnectionRefused | ConnectionReset | Interrupted)
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use futures::future::try_join_all;
    use tokio::time::timeout;

    use super::*;

    /// What the system has no room for is tried again by it after a second, and so on.
    #[tokio::test]
    async fn a_burst_of_connections_finds_room_before_any_is_accepted() {
        let listener = bind("127.0.0.1:0".parse().unwrap()).await.unwrap();
        let address = listener.local_addr().unwrap();
        let burst = try_join_all((0..300).map(|_| TcpStream::connect(address)));
        let connected = timeout(Duration::from_secs(30), burst).await;
        assert_eq!(connected.expect("room for all").unwrap().len(), 300);
    }
}
