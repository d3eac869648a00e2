//! Payloads in the shapes of GitLab's pages, and what becomes of each.

mod odd;
mod system;
mod things;

use axum::{
    body::Bytes,
    http::{HeaderMap, HeaderValue},
};
use jiff::Timestamp;
use serde_json::Value;

use super::*;
use crate::webhooks::{EVENT, secrets::Verified};

fn read(header: Option<&str>, body: impl Into<Bytes>) -> Result<GitLabEvent, Problem> {
    let mut headers = HeaderMap::new();
    if let Some(header) = header {
        headers.insert(EVENT, HeaderValue::from_str(header).unwrap());
    }
    let verified = Verified { id: Some("delivery".into()) };
    normalise(Delivery::of(verified, &headers, body.into(), Timestamp::UNIX_EPOCH))
}

/// The event of a payload that came with this header.
fn event(header: &str, payload: &Value) -> GitLabEvent {
    let event = read(Some(header), payload.to_string()).unwrap();
    assert_eq!(event.original.as_ref().map(Original::text), Some(payload.to_string().as_str()));
    assert_eq!(event.original_bytes, payload.to_string().len() as u64);
    event
}

/// Its kind and action, and the subject that it is published on.
fn about(event: &GitLabEvent) -> (Kind, Option<&str>, String) {
    (event.kind, event.action.as_deref(), event.subject())
}
