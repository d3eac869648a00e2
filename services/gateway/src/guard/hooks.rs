//! Deliveries of webhooks: verified first, then read, in a budget of their own.
//!
//! Who has no right head is refused before anything of the body is read, and counted like every caller; a delivery that
//! is verified is not counted, for GitLab sends thousands at once. What is signed can only be verified when it is whole:
//! until then its source is counted, and it costs room, of which bodies like it cannot take all (`room`). A delivery waits
//! for room rather than being refused, because GitLab repeats nothing.

use std::{sync::Arc, time::Duration};

use axum::{
    body::{Body, Bytes, HttpBody},
    extract::{FromRequest, MatchedPath, Request},
    http::Method,
};
use http_body_util::BodyExt;
use runtime::clock::Clock;
use tokio::time::timeout;

use super::{
    Hooks,
    body::{broken, detach},
    metrics::{HttpMetrics, Refusal},
    rate::{self, Rates},
    room::{Room, Rooms, SMALL, Sender},
    source::Source,
};
use crate::{
    problem::Problem,
    webhooks::{
        metrics::HookMetrics,
        secrets::{Head, Secrets, Verified},
    },
};

const PATH: &str = "/webhooks/gitlab";
/// Where a person sends what GitLab might.
const REHEARSAL: &str = "/webhooks/gitlab/test";
/// The first buffer of a body.
const SMALLEST: usize = 4 << 10;

/// How deliveries are verified and read.
#[derive(Debug)]
pub(super) struct Deliveries {
    secrets: Secrets,
    largest: usize,
    rooms: Rooms,
    timeout: Duration,
    clock: Clock,
    refused: HookMetrics,
    metrics: HttpMetrics,
}

struct Whole {
    bytes: Vec<u8>,
    room: Room,
    /// What it can come to, in bytes.
    most: usize,
}

/// Whether it is a delivery of a webhook.
pub(super) fn is_delivery(request: &Request) -> bool {
    is_post_to(request, PATH)
}

/// Whether it is a payload that a person sends.
pub(super) fn is_rehearsal(request: &Request) -> bool {
    is_post_to(request, REHEARSAL)
}

fn is_post_to(request: &Request, path: &str) -> bool {
    let matched = request.extensions().get::<MatchedPath>();
    request.method() == Method::POST && matched.is_some_and(|matched| matched.as_str() == path)
}

impl Deliveries {
    pub(super) fn new(hooks: Hooks<'_>, timeout: Duration, metrics: HttpMetrics) -> Self {
        Self {
            secrets: Secrets::new(hooks.config),
            largest: hooks.config.max_body_bytes,
            rooms: Rooms::default(),
            timeout,
            clock: hooks.clock,
            refused: hooks.metrics,
            metrics,
        }
    }

    /// Verifies the delivery and reads its body; the room that it takes is to be kept as long as the body.
    ///
    /// # Errors
    /// 401 when it is not GitLab's, 429 when its sender was told so too often; 400, 408, 413 or 503 when its body cannot
    /// be had. Each of them ends the connection: what is left of the body is not read.
    pub(super) async fn read(&self, request: Request, rates: &Rates) -> Result<(Request, Room), Problem> {
        let source = rate::source(&request);
        let head = self.secrets.head(request.headers(), self.clock.now());
        let head = head.map_err(|problem| self.refuse(problem, source, rates))?;
        let sender = if matches!(head, Head::Token) { Sender::Proven } else { Sender::Unproven };
        let unproven = source.filter(|_| sender == Sender::Unproven);
        unproven.map_or(Ok(()), |source| rates.unproven(source)).map_err(Problem::and_close)?;
        let (mut parts, body) = request.into_parts();
        detach(&mut parts);
        let Whole { bytes, mut room, .. } = self.whole(body, sender).await?;
        let verified: Verified =
            self.secrets.body(head, &bytes).map_err(|problem| self.refuse(problem, source, rates))?;
        unproven.inspect(|source| rates.proven(*source));
        room.is_proven();
        parts.extensions.insert(verified);
        Ok((Request::from_parts(parts, Body::from(bytes)), room))
    }

    fn refuse(&self, problem: Problem, source: Option<Source>, rates: &Rates) -> Problem {
        self.refused.refused();
        let counted = source.map_or(Ok(()), |source| rates.source(source));
        counted.err().unwrap_or(problem).and_close()
    }

    async fn whole(&self, body: Body, sender: Sender) -> Result<Whole, Problem> {
        let read = timeout(self.timeout, self.collect(body, sender)).await;
        let why = if read.is_ok() { Refusal::Body } else { Refusal::Timeout };
        let read = read.unwrap_or_else(|_| Err(Problem::too_slow("the body did not arrive in time")));
        read.map_err(|problem| {
            self.metrics.refused(why);
            problem.and_close()
        })
    }

    async fn collect(&self, mut body: Body, sender: Sender) -> Result<Whole, Problem> {
        let told = body.size_hint();
        let size = |bytes| usize::try_from(bytes).unwrap_or(usize::MAX);
        if size(told.lower()) > self.largest {
            return Err(self.too_large());
        }
        let (length, largest) = (told.exact().map(size), self.largest);
        let room = self.rooms.take(length, sender).await?;
        let mut whole = Whole { bytes: Vec::new(), room, most: length.unwrap_or(largest) };
        while let Some(frame) = body.frame().await {
            // Trailers say nothing to anybody here.
            let data = frame.map_err(|_| broken())?.into_data().unwrap_or_default();
            self.append(&mut whole, &data).await?;
        }
        Ok(whole)
    }

    /// The buffer grows with what has come, not with what was announced.
    async fn append(&self, whole: &mut Whole, data: &Bytes) -> Result<(), Problem> {
        let length = whole.bytes.len() + data.len();
        if length > self.largest {
            return Err(self.too_large());
        }
        if length > SMALL {
            self.rooms.enlarge(&mut whole.room).await?;
        }
        if length > whole.bytes.capacity() {
            let capacity = length.next_power_of_two().max(SMALLEST).min(whole.most.max(length));
            whole.bytes.reserve_exact(capacity - whole.bytes.len());
        }
        whole.bytes.extend_from_slice(data);
        Ok(())
    }

    fn too_large(&self) -> Problem {
        Problem::too_large(format!(
            "the body is larger than {} bytes (webhooks.max_body_bytes)",
            self.largest
        ))
    }
}

/// A body that the guard has left unread, for a handler that wants to know first who asks. It may be as large as a
/// delivery, and is read as one.
#[derive(Debug)]
pub(crate) struct Payload {
    pub(crate) bytes: Bytes,
    /// Taken as long as the bytes are there.
    _room: Room,
}

impl<S: Sync> FromRequest<S> for Payload {
    type Rejection = Problem;

    async fn from_request(request: Request, _: &S) -> Result<Self, Problem> {
        let deliveries: Option<&Arc<Deliveries>> = request.extensions().get();
        let deliveries = deliveries.cloned().ok_or_else(Problem::internal)?;
        let Whole { bytes, room, .. } = deliveries.whole(request.into_body(), Sender::Proven).await?;
        Ok(Self { bytes: bytes.into(), _room: room })
    }
}
