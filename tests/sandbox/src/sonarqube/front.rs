//! What stands before every handler: whether the server is up, how errors of the second version look, what an
//! unknown address answers, and how long a change takes.
//!
//! In safe mode most of the API is not there: a permission call answers 404 `Unknown url`, which must not be taken for
//! a missing project.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use http::{HeaderValue, Method, StatusCode, Uri};
use serde_json::json;

use super::app::{App, Refusal};
use super::auth::Credential;
use super::model::Mode;

/// These work in safe mode as well.
const ALWAYS: [&str; 3] = ["/api/system/", "/api/server/", "/api/l10n/"];

pub(super) async fn gatekeeper(State(app): State<Arc<App>>, request: Request, next: Next) -> Response {
    let mode = app.world().mode;
    let path = request.uri().path();
    match mode {
        Mode::Up => {}
        Mode::Down => return down(),
        Mode::Starting | Mode::MigrationNeeded if ALWAYS.iter().any(|start| path.starts_with(start)) => {}
        Mode::Starting | Mode::MigrationNeeded => return unknown(request.uri()),
    }
    let changes = request.method() != Method::GET;
    let credential = Credential::of(request.headers());
    let mut response = next.run(request).await;
    if let Some(expiry) = credential.and_then(|credential| app.token_expiry(&credential)) {
        response.headers_mut().insert("sonarqube-authentication-token-expiration", expiry);
    }
    if changes && response.status().is_success() {
        let delay = app.world().write_delay;
        tokio::time::sleep(delay).await;
    }
    response
}

impl App {
    fn token_expiry(&self, credential: &Credential) -> Option<HeaderValue> {
        let Credential::Token(token) = credential else { return None };
        HeaderValue::from_str(self.world().tokens.get(token)?.expires_at.as_ref()?).ok()
    }
}

fn down() -> Response {
    let html = "<html><body><h1>503 Service Temporarily Unavailable</h1><hr>nginx</body></html>";
    (StatusCode::SERVICE_UNAVAILABLE, axum::response::Html(html)).into_response()
}

fn unknown(uri: &Uri) -> Response {
    Refusal::not_found(format!("Unknown url : {}", uri.path())).into_response()
}

pub(super) async fn unknown_url(uri: Uri) -> Response {
    unknown(&uri)
}

pub(super) async fn wrong_method(method: Method) -> Refusal {
    let right = if method == Method::GET { "POST" } else { "GET" };
    Refusal::new(405, format!("HTTP method {right} is required"))
}

/// The second version names its errors otherwise.
pub(super) async fn second_version_errors(response: Response) -> Response {
    let refusal = response.extensions().get::<Refusal>().cloned();
    let text = refusal.and_then(|refusal| refusal.text);
    match text {
        Some(text) => (response.status(), Json(json!({ "message": text }))).into_response(),
        None => response,
    }
}
