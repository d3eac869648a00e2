//! As many requests are worked on at a time as may be; the next one is sent away at once. A queue would only make
//! everybody wait for what nobody waits for any more.
//!
//! Whoever only waits does not work: a handler that begins to wait exchanges its [`Slot`] for a place among the
//! `watchers`.

use std::{
    convert::Infallible,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use axum::{extract::FromRequestParts, http::request::Parts};
use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore},
    time::timeout,
};

use super::metrics::{HttpMetrics, Refusal};
use crate::problem::Problem;

/// The slots.
#[derive(Debug)]
pub(super) struct Slots {
    free: Arc<Semaphore>,
    metrics: HttpMetrics,
}

/// The slot of a request that is worked on; clones are the same slot. It is free again when the answer is made and
/// all of them are gone, or when it is released.
#[derive(Debug, Clone, Default)]
pub(crate) struct Slot(Arc<Mutex<Option<OwnedSemaphorePermit>>>);

impl Slots {
    pub(super) fn new(concurrency: usize, metrics: HttpMetrics) -> Self {
        Self { free: Arc::new(Semaphore::new(concurrency)), metrics }
    }

    /// Takes a slot.
    ///
    /// # Errors
    /// 503 when there is none.
    pub(super) fn take(&self) -> Result<Slot, Problem> {
        let permit = self.free.clone().try_acquire_owned().map_err(|_| {
            self.metrics.refused(Refusal::Shed);
            Problem::overloaded("the gateway works on as many requests as it takes on")
        })?;
        Ok(Slot(Arc::new(Mutex::new(Some(permit)))))
    }

    /// Takes a slot as soon as there is one.
    ///
    /// # Errors
    /// 503 when there was none for so long.
    pub(super) async fn wait(&self, patience: Duration) -> Result<Slot, Problem> {
        match timeout(patience, self.free.clone().acquire_owned()).await {
            Ok(Ok(permit)) => Ok(Slot(Arc::new(Mutex::new(Some(permit))))),
            // It is never closed.
            Ok(Err(_)) | Err(_) => self.take(),
        }
    }
}

impl Slot {
    /// Frees the slot though the request goes on.
    pub(super) fn release(&self) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take();
    }

    pub(super) fn is_released(&self) -> bool {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).is_none()
    }
}

/// For handlers that wait. A request that did not come through the guard has no slot to free.
impl<S: Sync> FromRequestParts<S> for Slot {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Self::Rejection> {
        Ok(parts.extensions.get().cloned().unwrap_or_default())
    }
}
