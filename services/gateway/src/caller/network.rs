//! Where a request comes from: the address of the client, also behind proxies, and what its network may do.
//!
//! `X-Forwarded-For` is written by anybody, so only what a trusted proxy added at its end counts. A client that such
//! a proxy does not name is unknown: it is never trusted as the proxy itself would be.

use std::{
    net::{IpAddr, SocketAddr},
    sync::Arc,
};

use axum::{
    extract::{Request, State},
    http::HeaderMap,
    middleware::Next,
    response::Response,
};
use ipnet::IpNet;

use super::{Allow, Callers, Role};

const FORWARDED_FOR: &str = "x-forwarded-for";

/// The other end of the connection, which whoever accepts connections puts into each request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Peer(pub(crate) SocketAddr);

/// Where a request comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Client {
    /// The client's address, or that of the proxy which does not name it.
    pub(crate) address: IpAddr,
    /// Whether it is the client's own: the peer itself, or named by trusted proxies alone.
    pub(crate) attested: bool,
}

/// The networks that count for something.
#[derive(Debug)]
pub(super) struct Networks {
    allow: Allow,
    proxies: Vec<IpNet>,
}

impl Networks {
    pub(super) const fn new(allow: Allow, proxies: Vec<IpNet>) -> Self {
        Self { allow, proxies }
    }

    /// What a client of this address may do without a credential.
    pub(super) fn role(&self, client: Client) -> Option<Role> {
        if !client.attested {
            return None;
        }
        let is_in = |networks: &[IpNet]| contain(networks, client.address);
        let viewer = is_in(&self.allow.viewer).then_some(Role::Viewer);
        if is_in(&self.allow.operator) { Some(Role::Operator) } else { viewer }
    }

    pub(super) fn is_proxy(&self, address: IpAddr) -> bool {
        contain(&self.proxies, address.to_canonical())
    }

    fn client(&self, Peer(peer): Peer, headers: &HeaderMap) -> Client {
        let peer = peer.ip().to_canonical();
        if !contain(&self.proxies, peer) {
            return Client { address: peer, attested: true };
        }
        match self.forwarded(headers) {
            Some(address) => Client { address, attested: true },
            None => Client { address: peer, attested: false },
        }
    }

    /// The last address that is no trusted proxy's; the first one, when all are. `None` when there is none, or one
    /// on the way there cannot be read.
    fn forwarded(&self, headers: &HeaderMap) -> Option<IpAddr> {
        let lines = headers.get_all(FORWARDED_FOR).iter();
        let lines: Vec<_> = lines.map(|line| String::from_utf8_lossy(line.as_bytes())).collect();
        let mut first = None;
        for element in lines.join(",").rsplit(',') {
            let address = address(element.trim())?;
            if !contain(&self.proxies, address) {
                return Some(address);
            }
            first = Some(address);
        }
        first
    }
}

fn contain(networks: &[IpNet], address: IpAddr) -> bool {
    networks.iter().any(|network| network.contains(&address))
}

/// An address as proxies write it, some with the port. IPv4 in the clothes of IPv6 is IPv4.
fn address(text: &str) -> Option<IpAddr> {
    let bare = text.parse().ok();
    let with_port = || text.parse().ok().map(|address: SocketAddr| address.ip());
    let bracketed = || text.strip_prefix('[')?.strip_suffix(']')?.parse().ok().map(IpAddr::V6);
    bare.or_else(with_port).or_else(bracketed).map(|address: IpAddr| address.to_canonical())
}

/// Puts the [`Client`] of each request into its extensions, when its [`Peer`] is known.
pub(crate) async fn locate(
    State(callers): State<Arc<Callers>>,
    mut request: Request,
    next: Next,
) -> Response {
    if let Some(peer) = request.extensions().get::<Peer>().copied() {
        let client = callers.networks.client(peer, request.headers());
        request.extensions_mut().insert(client);
    }
    next.run(request).await
}

#[cfg(test)]
mod tests;
