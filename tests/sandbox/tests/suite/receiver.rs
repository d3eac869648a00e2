//! A server that webhooks are sent to, and what it has received.

use std::sync::atomic::{AtomicU16, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, StatusCode};
use sandbox::GitLab;
use sandbox::gitlab::{Delivery, Hook, HookOwner};
use serde_json::Value;
use tokio::net::TcpListener;
use tokio_util::task::AbortOnDropHandle;

#[derive(Debug, Clone)]
pub(crate) struct Received {
    pub(crate) headers: HeaderMap,
    pub(crate) body: Vec<u8>,
}

impl Received {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|value| value.to_str().unwrap())
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap()
    }
}

#[derive(Debug, Default)]
struct Shelf {
    received: Mutex<Vec<Received>>,
    /// What it answers; 0 is 200.
    status: AtomicU16,
}

#[derive(Debug)]
pub(crate) struct Receiver {
    pub(crate) url: String,
    shelf: Arc<Shelf>,
    _server: AbortOnDropHandle<()>,
}

async fn take(State(shelf): State<Arc<Shelf>>, request: Request) -> StatusCode {
    let headers = request.headers().clone();
    let body = axum::body::to_bytes(request.into_body(), usize::MAX).await.unwrap().to_vec();
    shelf.received.lock().unwrap().push(Received { headers, body });
    StatusCode::from_u16(shelf.status.load(Ordering::SeqCst)).unwrap_or(StatusCode::OK)
}

impl Receiver {
    pub(crate) async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/webhooks/gitlab", listener.local_addr().unwrap());
        let shelf = Arc::new(Shelf::default());
        let router = Router::new().fallback(take).with_state(Arc::clone(&shelf));
        let server = tokio_util::task::TaskTracker::new().spawn(async move {
            axum::serve(listener, router).await.unwrap();
        });
        Self { url, shelf, _server: AbortOnDropHandle::new(server) }
    }

    pub(crate) fn answer_with(&self, status: u16) {
        self.shelf.status.store(status, Ordering::SeqCst);
    }

    pub(crate) fn received(&self) -> Vec<Received> {
        self.shelf.received.lock().unwrap().clone()
    }

    /// Adds a hook to here that is switched on for everything.
    pub(crate) fn hook(&self, gitlab: &GitLab, owner: HookOwner) -> Hook {
        let mut world = gitlab.world();
        let hook = world.add_hook(owner, &self.url);
        hook.events.extend(owner.events());
        hook.clone()
    }
}

/// All deliveries, when they are through.
pub(crate) async fn deliveries(gitlab: &GitLab) -> Vec<Delivery> {
    assert!(gitlab.delivered(Duration::from_secs(20)).await, "deliveries are still under way");
    gitlab.deliveries()
}

/// The names of the events that one hook heard of, in the order of the changes.
pub(crate) async fn heard(gitlab: &GitLab, hook: &Hook) -> Vec<String> {
    let all = deliveries(gitlab).await;
    all.iter()
        .filter(|delivery| delivery.hook == hook.id)
        .map(|delivery| delivery.event().to_owned())
        .collect()
}
