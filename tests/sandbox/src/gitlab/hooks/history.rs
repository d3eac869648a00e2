//! What was delivered, and how: the record of all deliveries, and the part of it that the API shows.

use std::time::{Duration, Instant};

use serde_json::{Map, Value, json};

use super::request::Parcel;

/// One event for one hook.
#[derive(Debug, Clone, PartialEq)]
pub struct Delivery {
    /// Counts from 1 in the order in which the world changed.
    pub id: u64,
    /// The hook's id.
    pub hook: u64,
    pub url: String,
    /// `X-Gitlab-Event`
    pub header: &'static str,
    pub idempotency_key: String,
    pub body: Value,
    /// When the world changed.
    pub changed_at: Instant,
    /// The weather took it: it was never sent.
    pub lost: bool,
    /// One for each time it was sent.
    pub attempts: Vec<Attempt>,
    pub(super) parcel: Parcel,
}

impl PartialEq for Parcel {
    fn eq(&self, other: &Self) -> bool {
        self.key == other.key
    }
}

impl Delivery {
    pub(super) fn new(id: u64, parcel: &Parcel) -> Self {
        Self {
            id,
            hook: parcel.hook.id,
            url: parcel.hook.url.clone(),
            header: parcel.header,
            idempotency_key: parcel.key.to_string(),
            body: serde_json::from_slice(&parcel.body).unwrap_or_default(),
            changed_at: parcel.changed_at,
            lost: parcel.fate.lost,
            attempts: Vec::new(),
            parcel: parcel.clone(),
        }
    }

    /// `event_name`, or else `object_kind`.
    pub fn event(&self) -> &str {
        let named = |key| self.body.get(key).and_then(Value::as_str);
        named("event_name").or_else(|| named("object_kind")).unwrap_or_default()
    }

    /// The time from the change to the first answer that said success.
    pub fn through_after(&self) -> Option<Duration> {
        let attempt = self.attempts.iter().find(|attempt| attempt.is_success())?;
        Some((attempt.sent_at + attempt.took).duration_since(self.changed_at))
    }

    /// The row of `GET …/hooks/:id/events`, of the last attempt; none before there was one.
    pub(crate) fn row(&self) -> Option<Value> {
        let attempt = self.attempts.last()?;
        let status = attempt.status.map_or_else(|| "internal error".to_owned(), |status| status.to_string());
        Some(json!({
            "id": self.id, "url": self.url, "trigger": trigger(self.header),
            "request_headers": redacted(&attempt.request_headers), "request_data": self.body,
            "response_headers": object(&attempt.response_headers), "response_body": attempt.response_body,
            "execution_duration": attempt.took.as_secs_f64(), "response_status": status,
        }))
    }

    /// The filter `status`: a code, or the name of a range of them.
    pub(crate) fn has_status(&self, asked: &str) -> bool {
        let Some(attempt) = self.attempts.last() else { return false };
        match (asked, attempt.status) {
            ("successful", Some(status)) => (200..400).contains(&status),
            ("client_failure", Some(status)) => (400..500).contains(&status),
            ("server_failure", status) => status.is_none_or(|status| status >= 500),
            (code, Some(status)) => code == status.to_string(),
            (_, None) => false,
        }
    }
}

/// One time that a delivery was sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attempt {
    pub sent_at: Instant,
    /// Until the answer was whole.
    pub took: Duration,
    /// None when there was no answer.
    pub status: Option<u16>,
    /// Why there was none.
    pub error: Option<String>,
    pub request_headers: Vec<(String, String)>,
    pub response_headers: Vec<(String, String)>,
    /// Its first eight kilobytes.
    pub response_body: String,
}

impl Attempt {
    /// GitLab takes a redirect for success.
    pub fn is_success(&self) -> bool {
        self.status.is_some_and(|status| (200..400).contains(&status))
    }

    /// The value of a header that was sent.
    pub fn header(&self, name: &str) -> Option<&str> {
        let found = self.request_headers.iter().find(|(key, _)| key.eq_ignore_ascii_case(name));
        found.map(|(_, value)| value.as_str())
    }
}

/// `Merge Request Hook` → `merge_request_hooks`
fn trigger(header: &str) -> String {
    format!("{}s", header.to_lowercase().replace(' ', "_"))
}

fn redacted(headers: &[(String, String)]) -> Map<String, Value> {
    let shown = |(name, value): &(String, String)| {
        let value = if name == "x-gitlab-token" { "[REDACTED]" } else { value };
        (name.clone(), value.into())
    };
    headers.iter().map(shown).collect()
}

fn object(headers: &[(String, String)]) -> Map<String, Value> {
    headers.iter().map(|(name, value)| (name.clone(), value.clone().into())).collect()
}
