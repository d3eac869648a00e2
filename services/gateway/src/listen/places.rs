//! How many connections there may be, of everybody and of one address.
//!
//! Open connections are limited, and one address may hold three quarters of them. Fewer may be active: those that have
//! sent the head of a request. One address may hold a part of these; when it has them all, only its own connections
//! wait. The limits of one address are not for proxies: behind them are many callers.

use std::{
    collections::HashMap,
    net::IpAddr,
    sync::{Arc, Mutex, PoisonError},
};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::guard::{
    Limits,
    metrics::{Connected, HttpMetrics},
    source::Source,
};

/// The places of a port.
#[derive(Debug)]
pub(super) struct Places {
    limits: Limits,
    open: Mutex<Open>,
    active: Arc<Semaphore>,
    metrics: HttpMetrics,
}

#[derive(Debug, Default)]
struct Open {
    all: usize,
    by_source: HashMap<Source, Held>,
}

/// What one source holds.
#[derive(Debug)]
struct Held {
    open: usize,
    active: Arc<Semaphore>,
}

/// The place of an open connection.
#[derive(Debug)]
pub(super) struct Place {
    places: Arc<Places>,
    /// `None` for a proxy.
    source: Option<(Source, Arc<Semaphore>)>,
}

/// The place of an active connection.
#[derive(Debug)]
pub(super) struct Active {
    places: Arc<Places>,
    own: Option<Arc<Semaphore>>,
    _permits: [Option<OwnedSemaphorePermit>; 2],
}

impl Places {
    pub(super) fn new(limits: &Limits, metrics: HttpMetrics) -> Self {
        let active = Arc::new(Semaphore::new(limits.active));
        Self { limits: limits.clone(), open: Mutex::default(), active, metrics }
    }

    /// A place for a new connection, if there is one.
    pub(super) fn take(self: &Arc<Self>, peer: IpAddr, is_proxy: bool) -> Option<Place> {
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        if open.all >= self.limits.connections {
            return None;
        }
        let source = if is_proxy { None } else { Some(self.take_of(&mut open, Source::of(peer))?) };
        open.all += 1;
        self.metrics.connected(Connected::Open);
        Some(Place { places: self.clone(), source })
    }

    fn take_of(&self, open: &mut Open, source: Source) -> Option<(Source, Arc<Semaphore>)> {
        let most = (self.limits.connections / 4 * 3).max(1);
        let nothing = || Held { open: 0, active: Arc::new(Semaphore::new(self.limits.active_per_address)) };
        let held = open.by_source.entry(source).or_insert_with(nothing);
        if held.open >= most {
            return None;
        }
        held.open += 1;
        Some((source, held.active.clone()))
    }

    fn give_back(&self, source: Option<Source>) {
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        open.all -= 1;
        if let Some(source) = source
            && let Some(held) = open.by_source.get_mut(&source)
        {
            held.open -= 1;
            if held.open == 0 {
                open.by_source.remove(&source);
            }
        }
        self.metrics.disconnected(Connected::Open);
    }
}

impl Place {
    /// Waits until the connection may be active and take so many places: first among those of its own address, then
    /// among all, so that no address fills the queue.
    pub(super) async fn activate(&self, places: usize) -> Active {
        let own = self.source.as_ref().map(|(_, own)| own.clone());
        let limits = &self.places.limits;
        let own_permit = match own.clone() {
            Some(own) => take(own, places, limits.active_per_address).await,
            None => None,
        };
        let permit = take(self.places.active.clone(), places, limits.active).await;
        self.places.metrics.connected(Connected::Active);
        Active { places: self.places.clone(), own, _permits: [own_permit, permit] }
    }
}

/// Waits for so many places, or for all that there are where there are not so many.
async fn take(free: Arc<Semaphore>, places: usize, all: usize) -> Option<OwnedSemaphorePermit> {
    let places = u32::try_from(places.clamp(1, all)).unwrap_or(u32::MAX);
    // It is never closed, so there will be some.
    free.acquire_many_owned(places).await.ok()
}

impl Active {
    /// Whether a connection that only might be used again would be in the way of others: more than half of the
    /// places, or of this address's, are taken.
    pub(super) fn is_scarce(&self) -> bool {
        let is_scarce = |free: &Semaphore, all: usize| free.available_permits() * 2 < all;
        let limits = &self.places.limits;
        let own = self.own.as_deref();
        is_scarce(&self.places.active, limits.active)
            || own.is_some_and(|own| is_scarce(own, limits.active_per_address))
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.places.give_back(self.source.as_ref().map(|(source, _)| *source));
    }
}

impl Drop for Active {
    fn drop(&mut self) {
        self.places.metrics.disconnected(Connected::Active);
    }
}
