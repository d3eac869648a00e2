//! Answering.

use std::{future::Future, time::Duration};

use async_nats::service::{Request, Service, ServiceExt, endpoint::Endpoint, error::Error as ServiceError};
use futures::StreamExt;
use jiff::Timestamp;
use proto::live::Question;
use tracing::Instrument;

use super::{SERVICE, UNTIL};
use crate::{
    Runtime,
    cause::because,
    jetstream::{Encoded, decode, encode},
    trace,
};

/// Questions answered at a time: each reads GitLab or SonarQube, which have other work to do.
const AT_A_TIME: usize = 4;
/// The pause before the service is registered again, when the server was lost.
const PAUSE: Duration = Duration::from_secs(1);
/// What headers may take of a message beside the answer.
const HEADERS: usize = 4096;

/// Why there is no answer; it is shown to whoever asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// As in HTTP.
    pub code: u16,
    /// For people.
    pub reason: String,
}

impl Refusal {
    /// A refusal with a status as in HTTP.
    #[must_use]
    pub fn new(code: u16, reason: impl std::fmt::Display) -> Self {
        Self { code, reason: reason.to_string() }
    }
}

/// Answers questions of one kind until the life ends.
pub async fn serve<Q, A, F>(answer: A, runtime: Runtime)
where
    Q: Question,
    A: Fn(Q) -> F + Send + Sync,
    F: Future<Output = Result<Q::Answer, Refusal>> + Send,
{
    while !runtime.lifecycle.is_stopping() {
        match register::<Q>(&runtime).await {
            Ok((_service, questions)) => {
                let stopping = runtime.lifecycle.stopping();
                let questions = questions.take_until(stopping);
                questions.for_each_concurrent(AT_A_TIME, |question| reply(question, &answer, &runtime)).await;
            }
            Err(error) => tracing::warn!(subject = Q::SUBJECT, %error, "questions are not taken yet"),
        }
        tokio::select! {
            () = runtime.lifecycle.stopping() => {}
            () = tokio::time::sleep(PAUSE) => {}
        }
    }
}

/// The service is deregistered when it is dropped.
async fn register<Q: Question>(runtime: &Runtime) -> Result<(Service, Endpoint), async_nats::Error> {
    let client = runtime.jetstream.context().client();
    let service = client
        .service_builder()
        .description("answers questions about GitLab's memberships and SonarQube's permissions")
        .start(SERVICE, env!("CARGO_PKG_VERSION"))
        .await?;
    let endpoint = service.endpoint_builder().name(Q::SCHEMA.replace('.', "-")).add(Q::SUBJECT).await?;
    Ok((service, endpoint))
}

async fn reply<Q, A, F>(question: Request, answer: &A, runtime: &Runtime)
where
    Q: Question,
    A: Fn(Q) -> F,
    F: Future<Output = Result<Q::Answer, Refusal>>,
{
    let span = tracing::info_span!("answer", otel.kind = "server", messaging.destination.name = Q::SUBJECT);
    trace::adopt(&span, question.message.headers.as_ref());
    let answered = answered(&question, answer, runtime).instrument(span).await;
    let sent = match answered {
        Ok(Encoded { payload, headers }) => question.respond_with_headers(Ok(payload), headers).await,
        Err(Refusal { code, reason }) => {
            // A header's value has no line ends.
            let status = reason.replace(['\r', '\n'], " ");
            question.respond(Err(ServiceError { status, code: code.into() })).await
        }
    };
    if let Err(error) = sent {
        tracing::warn!(%error, "an answer was not sent");
    }
}

/// Whether whoever asked has gone. A crowd's questions wait in line, and GitLab is not to be read for nobody.
fn is_too_late(question: &Request, now: Timestamp) -> bool {
    let headers = question.message.headers.as_ref();
    let until = headers.and_then(|headers| headers.get(UNTIL)?.as_str().parse::<Timestamp>().ok());
    until.is_some_and(|until| until < now)
}

async fn answered<Q, A, F>(question: &Request, answer: &A, runtime: &Runtime) -> Result<Encoded, Refusal>
where
    Q: Question,
    A: Fn(Q) -> F,
    F: Future<Output = Result<Q::Answer, Refusal>>,
{
    if is_too_late(question, runtime.clock.now()) {
        return Err(Refusal::new(408, "nobody waits for the answer any more"));
    }
    let asked = decode::<Q>(question.message.headers.as_ref(), &question.message.payload)
        .map_err(|error| Refusal::new(400, error))?;
    let cause = format!("question {}", Q::SUBJECT);
    let encoded = encode(&because(cause, answer(asked)).await?).map_err(|error| Refusal::new(500, error))?;
    let (size, max) = (encoded.payload.len(), runtime.jetstream.context().client().server_info().max_payload);
    if size + HEADERS > max {
        return Err(Refusal::new(
            413,
            format_args!(
                "the answer takes {size} bytes, more than nats-server's max_payload of {max}: ask about one person, or raise max_payload"
            ),
        ));
    }
    Ok(encoded)
}
