//! A listening server that lives as long as its handle.

use std::net::SocketAddr;

use axum::Router;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// Stops on drop: the listener closes, requests in flight are cut off.
#[derive(Debug)]
pub(crate) struct Server {
    stop: CancellationToken,
    task: JoinHandle<()>,
}

/// Binds before the router is built, because answers name the server's own address.
pub(crate) async fn listen(address: SocketAddr) -> std::io::Result<(TcpListener, String)> {
    let listener = TcpListener::bind(address).await?;
    let url = format!("http://{}", listener.local_addr()?);
    Ok((listener, url))
}

impl Server {
    pub(crate) fn start(listener: TcpListener, router: Router, stop: CancellationToken) -> Self {
        let stopped = stop.clone().cancelled_owned();
        let task = TaskTracker::new().spawn(async move {
            // `serve` only ends with the stop signal: accept errors are retried inside.
            let _ended = axum::serve(listener, router).with_graceful_shutdown(stopped).await;
        });
        Self { stop, task }
    }

    pub(crate) async fn stop(mut self) {
        self.stop.cancel();
        let _joined = (&mut self.task).await;
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.stop.cancel();
        self.task.abort();
    }
}
