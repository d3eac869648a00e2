//! A server that takes one token at a time, and clients of it.

use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use axum::{
    Router,
    extract::State,
    http::{HeaderMap, StatusCode},
};
use runtime::{
    http::{Client, Credential, Limits},
    metrics::Metrics,
    secret::Secret,
};

/// What the server knows.
#[derive(Clone, Default)]
pub(crate) struct Door {
    tokens: Arc<Mutex<Vec<String>>>,
    refused: Arc<AtomicUsize>,
}

impl Door {
    /// Only these tokens are good from now on.
    pub(crate) fn takes(&self, tokens: &[&str]) {
        *self.tokens.lock().unwrap() = tokens.iter().map(|token| format!("Bearer {token}")).collect();
    }

    /// How many calls were refused so far.
    pub(crate) fn refused(&self) -> usize {
        self.refused.load(Ordering::Relaxed)
    }

    /// Serves it and returns its address.
    pub(crate) async fn open(&self) -> String {
        let router = Router::new().fallback(answer).with_state(self.clone());
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        format!("http://{address}")
    }
}

async fn answer(State(door): State<Door>, headers: HeaderMap) -> (StatusCode, &'static str) {
    let given = headers.get("authorization").and_then(|value| value.to_str().ok()).unwrap_or_default();
    if door.tokens.lock().unwrap().iter().any(|token| token == given) {
        return (StatusCode::OK, "{\"body\":\"of the answer\"}");
    }
    door.refused.fetch_add(1, Ordering::Relaxed);
    (StatusCode::UNAUTHORIZED, "{\"message\":\"401 Unauthorized\"}")
}

pub(crate) fn client(url: &str, secret: Secret) -> Client {
    let seconds = Duration::from_secs(30);
    let limits = Limits { connect_timeout: seconds, timeout: seconds, max_answer_bytes: 1 << 20 };
    let metrics = Arc::new(Metrics::new().unwrap());
    let client = Client::new("door", &url.parse().unwrap(), HeaderMap::new(), &limits, metrics).unwrap();
    client.signed_in(Credential::bearer(secret).unwrap())
}
