//! Refusals: problem JSON (RFC 9457), which also carries the fields `message`, `description` and `code` that
//! clients of the older tool read.

use std::time::Duration;

use axum::{
    http::{
        HeaderValue, StatusCode,
        header::{CONNECTION, CONTENT_LENGTH, CONTENT_TYPE, RETRY_AFTER, WWW_AUTHENTICATE},
    },
    response::{IntoResponse, Response},
};
use schemars::JsonSchema;
use serde::Serialize;

/// A refusal. The detail is for the caller: it tells how to mend it, and never anything of the inside.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Problem {
    status: StatusCode,
    kind: &'static str,
    detail: String,
    retry_after: Option<Duration>,
    closes: bool,
}

/// Why a request was refused (RFC 9457), with the older tool's fields beside.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Problem")]
pub(crate) struct ProblemBody<'a> {
    /// The kind of refusal, `urn:guassp:problem:KIND`. It stays the same from version to version.
    r#type: String,
    /// The status in words.
    title: &'a str,
    /// The status.
    status: u16,
    /// What is wrong, and how to mend it.
    detail: &'a str,
    /// The older tool's name of the title.
    message: &'a str,
    /// The older tool's name of the detail.
    description: &'a str,
    /// The older tool's name of the status.
    code: u16,
}

impl Problem {
    pub(crate) fn bad_request(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "bad-request", detail)
    }

    pub(crate) fn unauthorized(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::UNAUTHORIZED, "unauthorized", detail)
    }

    pub(crate) fn forbidden(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::FORBIDDEN, "forbidden", detail)
    }

    pub(crate) fn not_found(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::NOT_FOUND, "not-found", detail)
    }

    pub(crate) fn conflict(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::CONFLICT, "conflict", detail)
    }

    pub(crate) fn too_large(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::PAYLOAD_TOO_LARGE, "too-large", detail)
    }

    /// The request did not arrive in time.
    pub(crate) fn too_slow(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::REQUEST_TIMEOUT, "too-slow", detail)
    }

    pub(crate) fn too_many_requests(detail: impl Into<String>, retry_after: Duration) -> Self {
        let retry_after = Some(retry_after);
        Self { retry_after, ..Self::new(StatusCode::TOO_MANY_REQUESTS, "too-many-requests", detail) }
    }

    pub(crate) fn method_not_allowed() -> Self {
        Self::new(StatusCode::METHOD_NOT_ALLOWED, "method-not-allowed", "this path does not take that method")
    }

    pub(crate) fn internal() -> Self {
        Self::new(
            StatusCode::INTERNAL_SERVER_ERROR,
            "internal",
            "this is a fault of the gateway; its log says more",
        )
    }

    /// GitLab could not be asked about the caller.
    pub(crate) fn no_verdict(detail: impl Into<String>, retry_after: Duration) -> Self {
        let retry_after = Some(retry_after);
        Self { retry_after, ..Self::new(StatusCode::SERVICE_UNAVAILABLE, "no-verdict", detail) }
    }

    pub(crate) fn unavailable(detail: impl Into<String>, retry_after: Duration) -> Self {
        let retry_after = Some(retry_after);
        Self { retry_after, ..Self::new(StatusCode::SERVICE_UNAVAILABLE, "unavailable", detail) }
    }

    /// The gateway has as much in hand as it takes on.
    pub(crate) fn overloaded(detail: impl Into<String>) -> Self {
        let retry_after = Some(Duration::from_secs(1));
        Self { retry_after, ..Self::new(StatusCode::SERVICE_UNAVAILABLE, "overloaded", detail) }
    }

    /// The answer took too long to make.
    pub(crate) fn timeout(retry_after: Duration) -> Self {
        let detail =
            "the answer took too long; what was asked for may have been done, and may be asked for again";
        let retry_after = Some(retry_after);
        Self { retry_after, ..Self::new(StatusCode::SERVICE_UNAVAILABLE, "timeout", detail) }
    }

    /// With one more sentence for the caller.
    pub(crate) fn and(mut self, sentence: &str) -> Self {
        self.detail = format!("{}; {sentence}", self.detail);
        self
    }

    /// The connection ends with this answer.
    pub(crate) fn and_close(self) -> Self {
        Self { closes: true, ..self }
    }

    /// The same refusal as one line of text, with everything else that `response` says in its head.
    pub(crate) fn into_text(self, response: Response) -> Response {
        let (mut head, _) = response.into_parts();
        head.headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/plain; charset=utf-8"));
        head.headers.remove(CONTENT_LENGTH);
        (head.status, head.headers, format!("{}\n", self.detail)).into_response()
    }

    fn new(status: StatusCode, kind: &'static str, detail: impl Into<String>) -> Self {
        Self { status, kind, detail: detail.into(), retry_after: None, closes: false }
    }

    #[cfg(test)]
    pub(crate) const fn status(&self) -> StatusCode {
        self.status
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let title = self.status.canonical_reason().unwrap_or_default();
        let body = ProblemBody {
            r#type: format!("urn:guassp:problem:{}", self.kind),
            title,
            status: self.status.as_u16(),
            detail: &self.detail,
            message: title,
            description: &self.detail,
            code: self.status.as_u16(),
        };
        let mut response = (self.status, axum::Json(body)).into_response();
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        if self.status == StatusCode::UNAUTHORIZED {
            headers.insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        if self.closes {
            headers.insert(CONNECTION, HeaderValue::from_static("close"));
        }
        if let Some(wait) = self.retry_after {
            headers.insert(RETRY_AFTER, HeaderValue::from(whole_seconds(wait)));
        }
        // For whoever has to write it in another form.
        response.extensions_mut().insert(self);
        response
    }
}

/// Rounded up: whoever comes back after so long is not too early.
fn whole_seconds(wait: Duration) -> u64 {
    (wait.as_secs() + u64::from(wait.subsec_nanos() > 0)).max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wait_is_told_in_whole_seconds_that_are_not_too_few() {
        for (millis, seconds) in [(0, 1), (1, 1), (999, 1), (1000, 1), (1001, 2), (60_000, 60)] {
            assert_eq!(whole_seconds(Duration::from_millis(millis)), seconds, "{millis} ms");
        }
    }
}
