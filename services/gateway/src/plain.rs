//! Answers as plain text, for scripts that have nothing but curl: `Accept: text/plain`.

use axum::{
    extract::Request,
    http::{HeaderMap, header::ACCEPT},
    middleware::Next,
    response::{IntoResponse, Response},
};

use crate::problem::Problem;

/// Whether the caller asks for plain text before anything else.
pub(crate) fn wants_text(headers: &HeaderMap) -> bool {
    headers
        .get(ACCEPT)
        .and_then(|value| value.to_str().ok())
        .and_then(|accept| accept.split([',', ';']).next())
        .is_some_and(|first| first.trim().eq_ignore_ascii_case("text/plain"))
}

/// Refusals as one line of text for those who ask for text.
pub(crate) async fn refusals(request: Request, next: Next) -> Response {
    let text = wants_text(request.headers());
    let response = next.run(request).await;
    match response.extensions().get::<Problem>() {
        Some(problem) if text => problem.clone().into_text(response),
        _ => response.into_response(),
    }
}
