//! What the handlers work with.

use std::{ops::Deref, sync::Arc, time::Duration};

use axum::extract::FromRef;
use moka::sync::Cache;
use runtime::{
    clock::Clock,
    jetstream::{JetStream, directory::Lookup, mirror::Mirror, projects::ProjectBoard},
    lifecycle::Lifecycle,
    secret::Secret,
};

use crate::{
    board::Board,
    caller::Callers,
    guard::{rate::Rates, watchers::Watchers},
    intake::Intake,
    openapi::Document,
    orders::Orders,
    webhooks::metrics::HookMetrics,
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
    pub(crate) hooks: HookMetrics,
    pub(crate) board: Arc<Board>,
    /// Where everything lies in GitLab.
    pub(crate) directory: Arc<Mirror<Lookup>>,
    /// How far every project is.
    pub(crate) project_board: Arc<Mirror<ProjectBoard>>,
    /// A project that was not brought in line for longer is stale.
    pub(crate) stale_after: Duration,
    /// SonarQube projects that belong to nobody, as far as it was known a moment ago.
    pub(crate) foreign: Cache<String, ()>,
    /// The secret of SonarQube's webhook.
    pub(crate) sonarqube_secret: Option<Secret>,
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
