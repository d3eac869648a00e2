//! Answers that break off, and answers of proxies.

use std::time::Duration;

use axum::Json;
use axum::body::{Body, to_bytes};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use futures::{StreamExt, stream};
use http::{HeaderValue, StatusCode, header};
use serde_json::json;

/// Time for the first half to reach the caller before the connection closes.
const FLUSH: Duration = Duration::from_millis(20);

/// The connection closes without an answer: the body fails before the head was flushed.
pub(crate) fn no_answer() -> Response {
    let broken = stream::iter([Err::<Bytes, _>(std::io::Error::other("cut off"))]);
    ([(header::CONTENT_LENGTH, "1")], Body::from_stream(broken)).into_response()
}

/// The head promises the whole body; the connection closes half way through it.
pub(super) async fn cut(response: Response) -> Response {
    let (mut parts, body) = response.into_parts();
    let whole = to_bytes(body, usize::MAX).await.unwrap_or_default();
    let whole = if whole.is_empty() { Bytes::from_static(b"{\"message\":\"ok\"}") } else { whole };
    if parts.status == StatusCode::NO_CONTENT {
        parts.status = StatusCode::OK;
    }
    parts.headers.insert(header::CONTENT_LENGTH, HeaderValue::from(whole.len()));
    let half = whole.slice(..whole.len() / 2);
    let first = stream::iter([Ok::<_, std::io::Error>(half)]);
    let then = stream::once(async {
        tokio::time::sleep(FLUSH).await;
        Err(std::io::Error::other("cut off"))
    });
    Response::from_parts(parts, Body::from_stream(first.chain(then)))
}

/// The whole answer in ten pieces, with a pause before each.
pub(super) async fn drip(response: Response, pause: Duration) -> Response {
    let (mut parts, body) = response.into_parts();
    let whole = to_bytes(body, usize::MAX).await.unwrap_or_default();
    parts.headers.insert(header::CONTENT_LENGTH, HeaderValue::from(whole.len()));
    let size = whole.len().div_ceil(10).max(1);
    let pieces: Vec<Bytes> = whole.chunks(size).map(Bytes::copy_from_slice).collect();
    let pieces = stream::iter(pieces).then(move |piece| async move {
        tokio::time::sleep(pause).await;
        Ok::<_, std::io::Error>(piece)
    });
    Response::from_parts(parts, Body::from_stream(pieces))
}

/// A plain answer of this status, worded as the product behind this path, or the proxy before it, does.
pub(super) fn status(code: u16, path: &str) -> Response {
    let status = StatusCode::from_u16(code).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let reason = status.canonical_reason().unwrap_or("Error");
    match code {
        400..=500 if path.starts_with("/api/v4/") => {
            (status, Json(json!({ "message": format!("{code} {reason}") }))).into_response()
        }
        401 => status.into_response(),
        403 => errors(status, "Insufficient privileges"),
        500 => errors(status, "An error has occurred. Please contact your administrator"),
        400..=499 => errors(status, reason),
        _ => page(status, &format!("<html><body><h1>{status}</h1><hr>nginx</body></html>")),
    }
}

fn errors(status: StatusCode, text: &str) -> Response {
    (status, Json(json!({ "errors": [{ "msg": text }] }))).into_response()
}

pub(super) fn too_many_requests(retry_after: Option<u64>) -> Response {
    let mut response = (StatusCode::TOO_MANY_REQUESTS, "Retry later\n").into_response();
    if let Some(seconds) = retry_after {
        response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
    }
    response
}

pub(super) fn sign_in_page() -> Response {
    let html = "<!DOCTYPE html><html><head><title>Sign in</title></head><body><form action=\"/users/sign_in\" method=\"post\"></form></body></html>";
    page(StatusCode::OK, html)
}

pub(super) fn redirect(location: &str) -> Response {
    let place =
        HeaderValue::from_str(location).unwrap_or_else(|_| HeaderValue::from_static("/users/sign_in"));
    let html = "<html><body>You are being redirected.</body></html>";
    (StatusCode::FOUND, [(header::LOCATION, place)], html).into_response()
}

fn page(status: StatusCode, html: &str) -> Response {
    (status, axum::response::Html(html.to_owned())).into_response()
}
