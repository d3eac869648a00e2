//! A call and its answer.

use std::fmt;

use jiff::{Timestamp, fmt::rfc2822};
use reqwest::{
    Method, RequestBuilder, StatusCode,
    header::{CONTENT_TYPE, DATE, HeaderMap, HeaderValue, IF_NONE_MATCH},
};
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::{Failure, FailureKind};

/// One call, yet to be made.
#[derive(Debug, Clone)]
pub struct Call {
    /// The method.
    pub method: Method,
    /// The path's template, such as `/api/v4/projects/:id`: for names of spans, never with an id in it.
    pub route: &'static str,
    path: String,
    query: Vec<(&'static str, String)>,
    body: Body,
    headers: HeaderMap,
}

/// What is sent. It may hold secrets, and is never shown.
#[derive(Clone)]
pub enum Body {
    /// Nothing.
    Empty,
    /// `application/x-www-form-urlencoded`.
    Form(Vec<(&'static str, String)>),
    /// `application/json`, as it is written.
    Json(String),
}

impl Call {
    /// A GET of `path`.
    #[must_use]
    pub fn get(route: &'static str, path: impl Into<String>) -> Self {
        Self::new(Method::GET, route, path.into(), Body::Empty)
    }

    /// A POST of a form to `path`, which is its own template.
    #[must_use]
    pub fn post_form(route: &'static str, form: Vec<(&'static str, String)>) -> Self {
        Self::new(Method::POST, route, route.to_owned(), Body::Form(form))
    }

    /// A POST of JSON to `path`.
    #[must_use]
    pub fn post_json(route: &'static str, path: impl Into<String>, json: &Value) -> Self {
        Self::new(Method::POST, route, path.into(), Body::Json(json.to_string()))
    }

    /// A PUT of JSON to `path`.
    #[must_use]
    pub fn put_json(route: &'static str, path: impl Into<String>, json: &Value) -> Self {
        Self::new(Method::PUT, route, path.into(), Body::Json(json.to_string()))
    }

    /// A DELETE of `path`.
    #[must_use]
    pub fn delete(route: &'static str, path: impl Into<String>) -> Self {
        Self::new(Method::DELETE, route, path.into(), Body::Empty)
    }

    /// A POST without a body to `path`.
    #[must_use]
    pub fn post(route: &'static str, path: impl Into<String>) -> Self {
        Self::new(Method::POST, route, path.into(), Body::Empty)
    }

    fn new(method: Method, route: &'static str, path: String, body: Body) -> Self {
        Self { method, route, path, query: Vec::new(), body, headers: HeaderMap::new() }
    }

    /// Adds a query parameter.
    #[must_use]
    #[expect(clippy::needless_pass_by_value, reason = "callers pass numbers and literals as they have them")]
    pub fn query(mut self, name: &'static str, value: impl ToString) -> Self {
        self.query.push((name, value.to_string()));
        self
    }

    /// Adds a header of this call only.
    #[must_use]
    pub fn header(mut self, name: &'static str, value: HeaderValue) -> Self {
        self.headers.insert(name, value);
        self
    }

    /// Asks only for what has changed since an answer with this `ETag`: the answer may be a 304 without a body.
    #[must_use]
    pub fn unless(mut self, tag: HeaderValue) -> Self {
        self.headers.insert(IF_NONE_MATCH, tag);
        self
    }

    /// Path and query: what tells this call from others of its route.
    #[must_use]
    pub fn target(&self) -> String {
        let query: Vec<String> = self.query.iter().map(|(name, value)| format!("{name}={value}")).collect();
        format!("{}?{}", self.path, query.join("&"))
    }

    pub(super) fn is_conditional(&self) -> bool {
        self.headers.contains_key(IF_NONE_MATCH)
    }

    /// Method and template, for people.
    #[must_use]
    pub fn name(&self) -> String {
        format!("{} {}", self.method, self.route)
    }

    pub(super) fn request(self, http: &reqwest::Client, base: &str, headers: &HeaderMap) -> RequestBuilder {
        let request = http
            .request(self.method, format!("{base}{}", self.path))
            .query(&self.query)
            .headers(headers.clone())
            .headers(self.headers);
        match self.body {
            Body::Empty => request,
            Body::Form(form) => request.form(&form),
            Body::Json(json) => request.header(CONTENT_TYPE, "application/json").body(json),
        }
    }
}

impl fmt::Debug for Body {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Empty => "Empty",
            Self::Form(_) => "Form(..)",
            Self::Json(_) => "Json(..)",
        })
    }
}

/// A whole answer with status 2xx, or a 304 to a call that asked for it.
#[derive(Debug, Clone)]
pub struct Answer {
    /// The status.
    pub status: StatusCode,
    /// The headers.
    pub headers: HeaderMap,
    /// The body.
    pub body: Vec<u8>,
}

impl Answer {
    /// The body as JSON.
    ///
    /// # Errors
    /// When the body is something else: a sign-in page, a proxy's page, or JSON of another form.
    pub fn json<T: DeserializeOwned>(&self, system: &'static str, route: &str) -> Result<T, Failure> {
        serde_json::from_slice(&self.body).map_err(|error| {
            let kind =
                self.headers.get(CONTENT_TYPE).and_then(|v| v.to_str().ok()).unwrap_or("no content type");
            let reason = format!("not the expected JSON but {kind} ({error})");
            Failure { system, call: route.to_owned(), kind: FailureKind::Unreadable { reason } }
        })
    }

    /// The moment at which it was made, by the other side's clock.
    #[must_use]
    pub fn date(&self) -> Option<Timestamp> {
        Some(rfc2822::parse(self.headers.get(DATE)?.to_str().ok()?).ok()?.timestamp())
    }

    /// A header as a number.
    #[must_use]
    pub fn number(&self, header: &str) -> Option<u64> {
        self.headers.get(header)?.to_str().ok()?.trim().parse().ok()
    }
}
