//! What stands before each handler: writes the request down, applies faults, cuts it off when the server stops.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::Response;
use tokio_util::sync::CancellationToken;

use crate::fault::{self, Faults};
use crate::journal::Journal;

/// The sequence number of the request, for handlers that log their writes.
#[derive(Debug, Clone, Copy)]
pub(crate) struct RequestId(pub(crate) u64);

#[derive(Debug, Default)]
pub(crate) struct Probe {
    pub(crate) journal: Arc<Journal>,
    pub(crate) faults: Faults,
    pub(crate) stop: CancellationToken,
}

pub(crate) async fn observe(State(probe): State<Arc<Probe>>, mut request: Request, next: Next) -> Response {
    let open = probe.journal.open(request.method(), request.uri(), request.headers());
    request.extensions_mut().insert(RequestId(open.sequence));
    let response = tokio::select! {
        () = probe.stop.cancelled() => fault::no_answer(),
        response = fault::answer(&probe.faults, request, next) => response,
    };
    open.close(response.status().as_u16());
    response
}
