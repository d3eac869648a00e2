//! Messages that are given up: kept whole, with the reason, so that somebody can look at them and replay them.

use async_nats::HeaderMap;
use bytes::Bytes;
use proto::subject;

use super::{
    delivery::Facts,
    encoding::Encoded,
    publish::{PublishError, Publisher},
};

/// Puts the message into the stream of dead letters: the same bytes and headers, and why. The headers of the trace
/// stay, so that the trace of the task leads to it.
pub(super) async fn bury(
    publisher: &Publisher,
    stage: &str,
    facts: &Facts,
    payload: Bytes,
    reason: &str,
) -> Result<(), PublishError> {
    let mut headers = without_server_headers(facts.headers.as_ref());
    headers.insert(subject::DEAD_REASON, one_line(reason).as_str());
    headers.insert(subject::DEAD_SUBJECT, facts.subject.as_str());
    headers.insert(subject::DEAD_DELIVERIES, facts.delivered.to_string().as_str());
    let about = facts.subject.rsplit('.').next().unwrap_or_default();
    let id = format!("dead.{stage}.{}.{}", facts.subject, facts.sequence);
    publisher.publish(subject::dead(stage, about), id, Encoded { payload, headers }, None).await.map(|_| ())
}

/// Headers that tell the server what to do with a publish must not be repeated: they were for another stream.
fn without_server_headers(headers: Option<&HeaderMap>) -> HeaderMap {
    let mut kept = HeaderMap::new();
    for (name, values) in headers.into_iter().flat_map(HeaderMap::iter) {
        if !name.to_string().starts_with("Nats-") {
            values.iter().for_each(|value| kept.append(name.clone(), value.clone()));
        }
    }
    kept
}

/// A header is one line.
fn one_line(reason: &str) -> String {
    reason.chars().map(|c| if c.is_control() { ' ' } else { c }).take(1000).collect()
}
