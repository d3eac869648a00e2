//! What stands between a socket and a handler.
//!
//! `Guard::pass` is the whole way of a request: its answer is counted and traced (`observe`), whoever makes it, and
//! has the security headers (`headers`); a panic is 500. On the way to the handler
//! 1. `rate` refuses a caller that asks too often, before anything is read or kept for it: 429;
//! 2. `body` reads the whole body, in time and of a size: 400, 408, 413. It comes before the next, so that slow senders
//!    hold no slot;
//! 3. `shed` refuses what is more than may be worked on at a time: 503;
//! 4. `deadline` gives up what takes too long: 503.
//!
//! A delivery of a webhook goes another way (`hooks`): it is verified instead of counted, and may be larger. So may be what a
//! person sends to see what would come of it; its handler reads it.
//!
//! Each of these refuses with problem JSON. Before them is `listen`, which limits connections, and hyper, whose own
//! refusals have an empty body and no headers but `Date`, `Content-Length` and `Connection`: 400 for what is not HTTP
//! (a bad method, target, version, header, length or coding), 414, 431 for a head of more than 32 KiB or 100 headers,
//! and a closed connection without an answer for HTTP/2, and for a head or the next request that does not arrive in
//! time. hyper has no place for another body there; to write one, its bytes would have to be watched and replaced on
//! their way to the socket, and nobody who sends such things reads JSON.

mod body;
mod bucket;
mod deadline;
mod headers;
pub(crate) mod hooks;
mod limits;
pub(crate) mod metrics;
mod observe;
pub(crate) mod rate;
mod room;
pub(crate) mod shed;
pub(crate) mod source;
pub(crate) mod watchers;

use std::{panic::AssertUnwindSafe, sync::Arc};

use axum::{
    Router,
    extract::{Request, State},
    middleware::{Next, from_fn_with_state},
    response::{IntoResponse, Response},
};
use futures::FutureExt;
use runtime::{cause::because, clock::Clock};
use tracing::Instrument;

pub use self::limits::Limits;
use self::{
    body::Bodies,
    deadline::Deadline,
    hooks::Deliveries,
    metrics::HttpMetrics,
    rate::Rates,
    shed::{Slot, Slots},
    watchers::Watchers,
};
use crate::{
    problem::Problem,
    webhooks::{Config, metrics::HookMetrics},
};

/// What the guard has to know of webhooks.
#[derive(Debug)]
pub(crate) struct Hooks<'a> {
    pub(crate) config: &'a Config,
    pub(crate) clock: Clock,
    pub(crate) metrics: HookMetrics,
}

/// The parts of the guard.
#[derive(Debug)]
pub(crate) struct Guard {
    metrics: HttpMetrics,
    bodies: Bodies,
    deliveries: Arc<Deliveries>,
    slots: Slots,
    deadline: Deadline,
    /// For the intake, which knows the project of a trigger.
    pub(crate) rates: Arc<Rates>,
    /// For handlers that wait.
    pub(crate) watchers: Watchers,
}

impl Guard {
    pub(crate) fn new(limits: &Limits, metrics: HttpMetrics, hooks: Hooks<'_>) -> Self {
        Self {
            bodies: Bodies::new(limits.body_timeout, metrics.clone()),
            deliveries: Arc::new(Deliveries::new(hooks, limits.body_timeout, metrics.clone())),
            slots: Slots::new(limits.concurrency, metrics.clone()),
            deadline: Deadline { longest: limits.request_timeout, metrics: metrics.clone() },
            rates: Arc::new(Rates::new(limits, metrics.clone())),
            watchers: Watchers::new(limits.watchers, metrics.clone()),
            metrics,
        }
    }

    /// Puts the guard around every route, and around what is no route. It is one layer, and not one for each of its
    /// parts: every layer of a router costs each request some boxes for as long as it lasts.
    pub(crate) fn around<S: Clone + Send + Sync + 'static>(self, routes: Router<S>) -> Router<S> {
        routes.layer(from_fn_with_state(Arc::new(self), Self::pass))
    }

    /// Lets a request pass, or refuses it.
    async fn pass(State(guard): State<Arc<Self>>, request: Request, next: Next) -> Response {
        let observed = observe::Observed::new(&request);
        let answered = because(observed.cause(), guard.answered(request, next)).instrument(observed.span());
        let answer = AssertUnwindSafe(answered).catch_unwind().await.unwrap_or_else(|_| panicked());
        observed.end(&answer, &guard.metrics);
        headers::secure(answer)
    }

    async fn answered(&self, request: Request, next: Next) -> Response {
        match self.worked_on(request, next).await {
            Ok(answer) => answer,
            Err(problem) => problem.into_response(),
        }
    }

    async fn worked_on(&self, request: Request, next: Next) -> Result<Response, Problem> {
        if hooks::is_delivery(&request) {
            return self.delivered(request, next).await;
        }
        self.rates.caller(&request)?;
        if hooks::is_rehearsal(&request) {
            return self.rehearsed(request, next).await;
        }
        let (request, _room) = self.bodies.read(request).await?;
        let slot = self.slots.take()?;
        self.let_in(request, slot, next).await
    }

    /// The way of a webhook's delivery: what is verified is not counted, may be large, and waits a moment for its turn.
    async fn delivered(&self, request: Request, next: Next) -> Result<Response, Problem> {
        let (request, _room) = self.deliveries.read(request, &self.rates).await?;
        let slot = self.slots.wait(room::PATIENCE).await?;
        self.let_in(request, slot, next).await
    }

    /// The way of a payload that a person sends: as large as a delivery, and read when it is known that it is a person's.
    async fn rehearsed(&self, mut request: Request, next: Next) -> Result<Response, Problem> {
        let slot = self.slots.take()?;
        request.extensions_mut().insert(self.deliveries.clone());
        self.let_in(request, slot, next).await
    }

    async fn let_in(&self, mut request: Request, slot: Slot, next: Next) -> Result<Response, Problem> {
        request.extensions_mut().insert(slot.clone());
        self.deadline.keep(next.run(request), &slot).await
    }
}

fn panicked() -> Response {
    tracing::error!("a request handler panicked");
    Problem::internal().into_response()
}

#[cfg(test)]
mod tests;
