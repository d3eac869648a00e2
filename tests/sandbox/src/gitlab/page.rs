//! Offset paging: at most 100 rows a page, totals in headers, and none of them for very long lists.

use axum::Json;
use axum::response::{IntoResponse, Response};
use http::{HeaderMap, HeaderName, HeaderValue, Uri, header};
use serde_json::Value;
use url::form_urlencoded;

/// What every list needs beside its rows.
#[derive(Debug, Clone, Copy)]
pub(super) struct Context<'a> {
    /// The address in front of the path.
    pub(super) base: &'a str,
    /// Longer lists have no totals.
    pub(super) total_limit: usize,
}

/// The place in a list that the query asks for.
#[derive(Debug, Clone, Copy)]
struct Slice {
    page: usize,
    per_page: usize,
    total: usize,
}

impl Slice {
    fn asked(uri: &Uri, total: usize) -> Self {
        let number = |name| param(uri, name).and_then(|value| value.parse::<usize>().ok());
        let page = number("page").unwrap_or(1).max(1);
        let per_page = number("per_page").unwrap_or(20).clamp(1, 100);
        Self { page, per_page, total }
    }

    fn last(self) -> usize {
        self.total.div_ceil(self.per_page).max(1)
    }

    fn next(self) -> Option<usize> {
        (self.page < self.last()).then_some(self.page + 1)
    }

    fn previous(self) -> Option<usize> {
        (self.page > 1).then(|| (self.page - 1).min(self.last()))
    }
}

pub(super) fn param(uri: &Uri, name: &str) -> Option<String> {
    params(uri).into_iter().find(|(key, _)| key == name).map(|(_, value)| value)
}

pub(super) fn params(uri: &Uri) -> Vec<(String, String)> {
    form_urlencoded::parse(uri.query().unwrap_or_default().as_bytes()).into_owned().collect()
}

/// Answers with the page of `rows` that the query asks for; only its rows are turned into JSON.
pub(super) fn page<T>(
    rows: Vec<T>,
    uri: &Uri,
    context: Context<'_>,
    json: impl Fn(T) -> Option<Value>,
) -> Response {
    let slice = Slice::asked(uri, rows.len());
    let skip = (slice.page - 1).saturating_mul(slice.per_page);
    let rows: Vec<Value> = rows.into_iter().skip(skip).take(slice.per_page).filter_map(json).collect();
    let mut response = Json(rows).into_response();
    let counted = slice.total <= context.total_limit;
    headers(response.headers_mut(), slice, counted);
    let link = links(uri, context.base, slice, counted);
    if let Ok(link) = HeaderValue::from_str(&link) {
        response.headers_mut().insert(header::LINK, link);
    }
    response
}

fn headers(headers: &mut HeaderMap, slice: Slice, counted: bool) {
    let text = |page: Option<usize>| page.map(|page| page.to_string()).unwrap_or_default();
    let mut put = |name: &'static str, value: String| {
        if let Ok(value) = HeaderValue::from_str(&value) {
            headers.insert(HeaderName::from_static(name), value);
        }
    };
    put("x-page", slice.page.to_string());
    put("x-per-page", slice.per_page.to_string());
    put("x-next-page", text(slice.next()));
    put("x-prev-page", text(slice.previous()));
    if counted {
        put("x-total", slice.total.to_string());
        put("x-total-pages", slice.last().to_string());
    }
}

fn links(uri: &Uri, base: &str, slice: Slice, counted: bool) -> String {
    let last = counted.then(|| slice.last());
    let places = [("prev", slice.previous()), ("next", slice.next()), ("first", Some(1)), ("last", last)];
    let link = |(rel, page): (&str, Option<usize>)| {
        Some(format!("<{}>; rel=\"{rel}\"", address(uri, base, slice, page?)))
    };
    places.into_iter().filter_map(link).collect::<Vec<_>>().join(", ")
}

fn address(uri: &Uri, base: &str, slice: Slice, page: usize) -> String {
    let mut query = form_urlencoded::Serializer::new(String::new());
    query.extend_pairs(params(uri).iter().filter(|(key, _)| key != "page" && key != "per_page"));
    query.append_pair("page", &page.to_string()).append_pair("per_page", &slice.per_page.to_string());
    format!("{base}{}?{}", uri.path(), query.finish())
}
