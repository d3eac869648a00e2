//! HTTP with JSON, as far as the commands need it: plain `http` on this machine.

use anyhow::{Context, Result, bail};
use serde_json::Value;
use std::time::Duration;
use ureq::Agent;
use ureq::http::Request;

/// What a server answered.
#[derive(Debug)]
pub(crate) struct Answer {
    /// The HTTP status.
    pub(crate) status: u16,
    /// The body as it came.
    pub(crate) body: String,
}

impl Answer {
    /// The body, when the status is a success.
    pub(crate) fn success(&self) -> Result<&str> {
        if !(200..300).contains(&self.status) {
            bail!("the answer was HTTP {}: {}", self.status, self.body);
        }
        Ok(&self.body)
    }

    /// The body as JSON, when the status is a success.
    pub(crate) fn json(&self) -> Result<Value> {
        let body = self.success()?;
        serde_json::from_str(body).with_context(|| format!("the answer is not JSON: {body}"))
    }
}

/// Connections that are kept from one call to the next.
#[derive(Clone, Debug)]
pub(crate) struct Connections(Agent);

impl Connections {
    /// As many to a server as there are calls at a time, but no more than `count` are kept.
    pub(crate) fn keep(count: usize) -> Self {
        // No proxy, whatever the environment says: every server here is on loopback.
        let config = Agent::config_builder()
            .http_status_as_error(false)
            .proxy(None)
            .timeout_global(Some(Duration::from_secs(30)))
            .max_idle_connections(count)
            .max_idle_connections_per_host(count)
            .build();
        Self(config.into())
    }

    /// One call. Every status is an answer; an error means that no answer came.
    pub(crate) fn call(
        &self,
        method: &str,
        url: &str,
        headers: &[(&str, &str)],
        body: &str,
    ) -> Result<Answer> {
        let mut request = Request::builder().method(method).uri(url);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let context = || format!("no answer from {method} {url}");
        let mut answer = match body {
            "" if method == "GET" || method == "DELETE" => self.0.run(request.body(())?),
            body => self.0.run(request.body(body)?),
        }
        .with_context(context)?;
        let status = answer.status().as_u16();
        Ok(Answer { status, body: answer.body_mut().read_to_string().with_context(context)? })
    }
}

/// One call over a connection of its own.
pub(crate) fn call(method: &str, url: &str, headers: &[(&str, &str)], body: &str) -> Result<Answer> {
    Connections::keep(0).call(method, url, headers, body)
}

/// A call without a body.
pub(crate) fn get(url: &str, headers: &[(&str, &str)]) -> Result<Answer> {
    call("GET", url, headers, "")
}
