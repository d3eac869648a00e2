//! Parameters of the first API version (from the query and from a form, the form last), bodies of the second.

use std::collections::BTreeMap;

use axum::extract::{FromRequest, Request};
use bytes::Bytes;
use serde::Deserialize;

use super::app::Refusal;

#[derive(Debug, Clone, Default)]
pub(super) struct Params(BTreeMap<String, String>);

impl<S: Send + Sync> FromRequest<S> for Params {
    type Rejection = Refusal;

    async fn from_request(request: Request, state: &S) -> Result<Self, Refusal> {
        let query = request.uri().query().unwrap_or_default().to_owned();
        let body = Bytes::from_request(request, state).await.unwrap_or_default();
        let pairs = |text| url::form_urlencoded::parse(text).into_owned();
        Ok(Self(pairs(query.as_bytes()).chain(pairs(&body)).collect()))
    }
}

impl Params {
    /// An empty parameter counts as none: this is how a forgotten key comes to mean "everywhere".
    pub(super) fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str).filter(|value| !value.is_empty())
    }

    pub(super) fn required(&self, name: &str) -> Result<&str, Refusal> {
        self.get(name).ok_or_else(|| Refusal::invalid(format!("The '{name}' parameter is missing")))
    }

    pub(super) fn is(&self, name: &str) -> bool {
        matches!(self.get(name), Some("true" | "yes"))
    }

    pub(super) fn list(&self, name: &str) -> Option<Vec<&str>> {
        self.get(name).map(|value| value.split(',').map(str::trim).collect())
    }

    /// A text filter with its least length.
    pub(super) fn search(&self, least: usize) -> Result<Option<String>, Refusal> {
        match self.get("q") {
            Some(text) if text.chars().count() < least => {
                let length = text.chars().count();
                Err(Refusal::invalid(format!(
                    "'q' length ({length}) is shorter than the minimum authorized ({least})"
                )))
            }
            text => Ok(text.map(str::to_lowercase)),
        }
    }

    pub(super) fn number(&self, name: &str, default: usize) -> Result<usize, Refusal> {
        let Some(text) = self.get(name) else { return Ok(default) };
        let fault = || format!("The '{name}' parameter cannot be parsed as an integer value: {text}");
        text.parse().map_err(|_| Refusal::invalid(fault()))
    }
}

/// The body of a call of the second version.
pub(super) fn json_body<'a, T: Deserialize<'a>>(body: &'a Bytes) -> Result<T, Refusal> {
    serde_json::from_slice(body).map_err(|error| Refusal::invalid(format!("Invalid request body: {error}")))
}
