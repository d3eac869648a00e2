//! Asking.

use std::{error::Error, time::Duration};

use async_nats::{
    Client, HeaderMap, Request, RequestErrorKind,
    service::{NATS_SERVICE_ERROR, NATS_SERVICE_ERROR_CODE},
};
use proto::live::Question;
use tracing::Span;

use super::UNTIL;
use crate::{
    clock::Clock,
    jetstream::{decode, encode},
    trace,
};

/// A question without an answer.
#[derive(Debug, thiserror::Error)]
pub enum AskError {
    /// No process that could answer is connected.
    #[error("nobody answers {0}: is a resolver and an applier running, and connected to this nats-server?")]
    Nobody(&'static str),
    /// Somebody answered that there is no answer.
    #[error("{reason}")]
    Refused {
        /// As in HTTP: 404 where there is nothing of that name, 413 where the answer is too large, 503 where GitLab or
        /// SonarQube cannot be read.
        code: u16,
        /// Why, for people.
        reason: String,
    },
    /// No answer came in time.
    #[error("no answer from {0} for {1:?}")]
    TooLate(&'static str, Duration),
    /// nats-server cannot be reached.
    #[error("nats-server cannot be asked: {0}")]
    Unavailable(String),
    /// The answer is of another version.
    #[error("the answer cannot be read: {0}")]
    Unreadable(String),
}

/// Asks, and waits so long for the answer.
///
/// # Errors
/// When there is no answer.
pub async fn ask<Q: Question>(
    client: &Client,
    question: &Q,
    patience: Duration,
) -> Result<Q::Answer, AskError> {
    let mut encoded = encode(question).map_err(|error| AskError::Unreadable(error.to_string()))?;
    trace::inject(&Span::current(), &mut encoded.headers);
    if let Ok(until) = Clock::system().now().checked_add(patience) {
        encoded.headers.insert(UNTIL, until.to_string());
    }
    let request = Request::new().payload(encoded.payload).headers(encoded.headers).timeout(Some(patience));
    let answer = client.send_request(Q::SUBJECT, request).await.map_err(|error| match error.kind() {
        RequestErrorKind::NoResponders => AskError::Nobody(Q::SUBJECT),
        RequestErrorKind::TimedOut => AskError::TooLate(Q::SUBJECT, patience),
        _ => AskError::Unavailable(error.source().map_or_else(|| error.to_string(), ToString::to_string)),
    })?;
    if let Some(refused) = answer.headers.as_ref().and_then(refused) {
        return Err(refused);
    }
    decode(answer.headers.as_ref(), &answer.payload).map_err(|error| AskError::Unreadable(error.to_string()))
}

fn refused(headers: &HeaderMap) -> Option<AskError> {
    let reason = headers.get(NATS_SERVICE_ERROR)?.to_string();
    let code = headers.get(NATS_SERVICE_ERROR_CODE)?.as_str().parse().unwrap_or(500);
    Some(AskError::Refused { code, reason })
}
