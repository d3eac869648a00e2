//! What the handlers work with.

use std::{ops::Deref, sync::Arc};

use axum::extract::FromRef;
use runtime::{clock::Clock, jetstream::JetStream, lifecycle::Lifecycle};

use crate::{
    board::Board,
    caller::Callers,
    guard::{rate::Rates, watchers::Watchers},
    intake::Intake,
    openapi::Document,
    orders::Orders,
};

/// A gateway. One pointer, because axum clones it several times for each request, and a request that waits for its
/// body holds two of the clones.
#[derive(Debug, Clone)]
pub(crate) struct Gateway(Arc<Parts>);

/// The parts of a gateway.
#[derive(Debug)]
pub(crate) struct Parts {
    pub(crate) callers: Arc<Callers>,
    pub(crate) rates: Arc<Rates>,
    pub(crate) watchers: Watchers,
    pub(crate) intake: Arc<Intake>,
    pub(crate) board: Arc<Board>,
    pub(crate) orders: Orders,
    pub(crate) jetstream: JetStream,
    pub(crate) clock: Clock,
    pub(crate) life: Lifecycle,
    pub(crate) document: Document,
}

impl From<Parts> for Gateway {
    fn from(parts: Parts) -> Self {
        Self(Arc::new(parts))
    }
}

impl Deref for Gateway {
    type Target = Parts;

    fn deref(&self) -> &Parts {
        &self.0
    }
}

impl FromRef<Gateway> for Arc<Callers> {
    fn from_ref(gateway: &Gateway) -> Self {
        gateway.callers.clone()
    }
}
