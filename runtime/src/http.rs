//! Outgoing HTTP: one client a system, every call timed, counted, traced and told in the log, every failure named by
//! what follows from it. It never follows a redirect: a token must not travel to a place that nobody configured.

mod audit;
mod call;
mod credential;
mod failure;

use std::{sync::Arc, time::Duration};

pub use call::{Answer, Body, Call};
pub use credential::{Credential, UnusableSecret};
pub use failure::{Failure, FailureKind};
use reqwest::{Response, StatusCode, header::HeaderMap, redirect};
use serde::{Deserialize, Serialize};
use tokio::time::Instant;
use tracing::{Instrument, Span, field::Empty};
use url::Url;

use crate::metrics::{Metrics, StatusClass};

/// Section `http`: how patient outgoing calls are.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Limits {
    /// Longest wait for a connection.
    #[serde(with = "crate::config::duration")]
    pub connect_timeout: Duration,
    /// Longest wait for a whole answer.
    #[serde(with = "crate::config::duration")]
    pub timeout: Duration,
    /// Largest answer that is read, in bytes.
    pub max_answer_bytes: usize,
}

/// A client of one system.
#[derive(Debug, Clone)]
pub struct Client {
    http: reqwest::Client,
    base: String,
    system: &'static str,
    headers: HeaderMap,
    credential: Option<Arc<Credential>>,
    max_answer_bytes: usize,
    metrics: Arc<Metrics>,
}

impl Client {
    /// A client of the system at `base`, which may have a path of its own; `headers` go with every call.
    ///
    /// # Errors
    /// When the TLS library cannot be set up.
    pub fn new(
        system: &'static str,
        base: &Url,
        headers: HeaderMap,
        limits: &Limits,
        metrics: Arc<Metrics>,
    ) -> Result<Self, reqwest::Error> {
        let http = reqwest::Client::builder()
            .connect_timeout(limits.connect_timeout)
            .timeout(limits.timeout)
            .redirect(redirect::Policy::none())
            .user_agent(concat!("guassp/", env!("CARGO_PKG_VERSION")))
            .build()?;
        let base = base.as_str().trim_end_matches('/').to_owned();
        let max_answer_bytes = limits.max_answer_bytes;
        Ok(Self { http, base, system, headers, credential: None, max_answer_bytes, metrics })
    }

    /// The same client, which signs in with `credential` at every call.
    #[must_use]
    pub fn signed_in(self, credential: Credential) -> Self {
        Self { credential: Some(Arc::new(credential)), ..self }
    }

    /// Makes a call and reads the whole answer. A call that is refused with 401, and so has changed nothing, is made once
    /// more where the secret has another value by now.
    ///
    /// # Errors
    /// When there is no whole answer, or its status is not 2xx; 304 is good where the call asked for it.
    pub async fn call(&self, call: Call) -> Result<Answer, Failure> {
        let Some(credential) = self.credential.as_ref().filter(|credential| credential.may_change()) else {
            return self.traced(call).await;
        };
        let (again, version) = (call.clone(), credential.version());
        match self.traced(call).await {
            Err(failure) if failure.is_unauthorized() && credential.has_changed_since(version) => {
                self.traced(again).await
            }
            result => result,
        }
    }

    async fn traced(&self, call: Call) -> Result<Answer, Failure> {
        let span = tracing::info_span!(
            "call",
            otel.name = call.name(),
            otel.kind = "client",
            http.request.method = call.method.as_str(),
            url.template = call.route,
            peer.service = self.system,
            http.response.status_code = Empty,
            error.type = Empty,
        );
        self.measured(call).instrument(span).await
    }

    async fn measured(&self, call: Call) -> Result<Answer, Failure> {
        let (name, method, route) = (call.name(), call.method.clone(), call.route);
        let started = Instant::now();
        let result = self.answered(call).await;
        let status = match &result {
            Ok(answer) => StatusClass::of(answer.status.as_u16()),
            Err(kind) => kind.status_class(),
        };
        let took = started.elapsed();
        self.metrics.observe_call(self.system, method.as_str(), status, took);
        audit::tell(self.system, &method, route, &result, took);
        result.map_err(|kind| {
            Span::current().record("error.type", kind.name());
            Failure { system: self.system, call: name, kind }
        })
    }

    async fn answered(&self, call: Call) -> Result<Answer, FailureKind> {
        let conditional = call.is_conditional();
        let mut request = call.request(&self.http, &self.base, &self.headers);
        if let Some(credential) = &self.credential {
            let (name, value) = credential.header();
            request = request.header(name, value);
        }
        #[expect(clippy::disallowed_methods, reason = "this is the one place that sends")]
        let response = request.send().await.map_err(|error| FailureKind::no_answer(&error))?;
        let status = response.status();
        Span::current().record("http.response.status_code", status.as_u16());
        let headers = response.headers().clone();
        let body = self.body(response).await?;
        let answer = Answer { status, headers, body };
        let as_before = conditional && status == StatusCode::NOT_MODIFIED;
        if status.is_success() || as_before { Ok(answer) } else { Err(FailureKind::of(&answer)) }
    }

    async fn body(&self, mut response: Response) -> Result<Vec<u8>, FailureKind> {
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(|error| FailureKind::no_answer(&error))? {
            if body.len() + chunk.len() > self.max_answer_bytes {
                let reason =
                    format!("the answer is larger than http.max_answer_bytes = {}", self.max_answer_bytes);
                return Err(FailureKind::Unreadable { reason });
            }
            body.extend_from_slice(&chunk);
        }
        Ok(body)
    }
}
