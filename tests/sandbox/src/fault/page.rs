//! Spoils paged lists: GitLab's (a JSON array, totals in headers) and SonarQube's (an object with its paging).

use axum::body::{Body, to_bytes};
use axum::extract::{OriginalUri, Request};
use axum::middleware::Next;
use axum::response::Response;
use http::request::Parts;
use http::{HeaderValue, Uri, header};
use serde_json::{Value, json};

/// What is needed to ask the handler for another page than the caller asked for.
pub(super) struct Again {
    parts: Option<Parts>,
    next: Next,
}

impl Again {
    /// Only reading requests can be asked twice.
    pub(super) fn of(request: &Request, next: &Next) -> Self {
        let mut copy = Request::new(Body::empty());
        copy.method_mut().clone_from(request.method());
        copy.uri_mut().clone_from(request.uri());
        copy.headers_mut().clone_from(request.headers());
        copy.extensions_mut().clone_from(request.extensions());
        let parts = (request.method() == http::Method::GET).then(|| copy.into_parts().0);
        Self { parts, next: next.clone() }
    }

    async fn page(&self, shift: i64) -> Option<Value> {
        let mut parts = self.parts.clone()?;
        parts.uri = shifted(&parts.uri, shift)?;
        parts.extensions.insert(OriginalUri(parts.uri.clone()));
        let response = self.next.clone().run(Request::from_parts(parts, Body::empty())).await;
        let bytes = to_bytes(response.into_body(), usize::MAX).await.ok()?;
        serde_json::from_slice(&bytes).ok()
    }
}

/// The same address with its page number moved, not below the first page.
fn shifted(uri: &Uri, shift: i64) -> Option<Uri> {
    let query = uri.query().unwrap_or_default();
    let is_page = |key: &str| matches!(key, "page" | "p" | "pageIndex");
    let pairs: Vec<(String, String)> = url::form_urlencoded::parse(query.as_bytes()).into_owned().collect();
    let asked = pairs.iter().find(|(key, _)| is_page(key));
    let key = asked.map_or(page_key(uri.path()), |(key, _)| key.as_str());
    let page = asked.and_then(|(_, value)| value.parse::<i64>().ok()).unwrap_or(1) + shift;
    let rest = pairs.iter().filter(|(key, _)| !is_page(key));
    let mut query = url::form_urlencoded::Serializer::new(String::new());
    query.extend_pairs(rest).append_pair(key, &page.max(1).to_string());
    format!("{}?{}", uri.path(), query.finish()).parse().ok()
}

fn page_key(path: &str) -> &'static str {
    match path {
        path if path.starts_with("/api/v4/") => "page",
        path if path.starts_with("/api/v2/") => "pageIndex",
        _ => "p",
    }
}

/// Puts the rows of a neighbouring page under the head of this one.
pub(super) async fn rows_of(response: Response, again: &Again, shift: i64) -> Response {
    let other = again.page(shift).await;
    rewrite(response, |own| match (other, own) {
        (Some(Value::Object(mut rows)), Value::Object(own)) => {
            rows.extend(own.into_iter().filter(|(key, _)| key == "paging" || key == "page"));
            Value::Object(rows)
        }
        (Some(rows), _) => rows,
        (None, own) => own,
    })
    .await
}

/// Nobody, nothing: with headers and totals to match.
pub(super) async fn empty(mut response: Response) -> Response {
    for (name, value) in [("x-total", "0"), ("x-total-pages", "1"), ("x-next-page", "")] {
        if let Some(header) = response.headers_mut().get_mut(name) {
            *header = HeaderValue::from_static(value);
        }
    }
    response.headers_mut().remove(header::LINK);
    rewrite(response, |body| without_rows(with_total(body, |_| 0))).await
}

pub(super) async fn shrink_total(mut response: Response, by: u64) -> Response {
    let total = response.headers().get("x-total").and_then(|total| total.to_str().ok()?.parse::<u64>().ok());
    if let Some(total) = total {
        response.headers_mut().insert("x-total", HeaderValue::from(total.saturating_sub(by)));
    }
    rewrite(response, |body| with_total(body, |total| total.saturating_sub(by))).await
}

fn without_rows(body: Value) -> Value {
    match body {
        Value::Array(_) => json!([]),
        Value::Object(fields) => Value::Object(
            fields
                .into_iter()
                .map(|(key, value)| (key, if value.is_array() { json!([]) } else { value }))
                .collect(),
        ),
        other => other,
    }
}

fn with_total(mut body: Value, change: impl Fn(u64) -> u64) -> Value {
    for place in ["/paging/total", "/page/total"] {
        if let Some(total) = body.pointer_mut(place) {
            *total = json!(change(total.as_u64().unwrap_or_default()));
        }
    }
    body
}

async fn rewrite(response: Response, change: impl FnOnce(Value) -> Value) -> Response {
    let (mut parts, body) = response.into_parts();
    let bytes = to_bytes(body, usize::MAX).await.unwrap_or_default();
    let Ok(value) = serde_json::from_slice(&bytes) else {
        return Response::from_parts(parts, Body::from(bytes));
    };
    parts.headers.remove(header::CONTENT_LENGTH);
    Response::from_parts(parts, Body::from(change(value).to_string()))
}
