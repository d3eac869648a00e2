//! Callers that wait for a task or follow the events. They cost little and stay long, so they are limited apart from
//! the requests that are worked on.

use std::sync::Arc;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::{
    metrics::{Connected, HttpMetrics, Refusal},
    shed::Slot,
};
use crate::problem::Problem;

/// The places. Cheap to clone.
#[derive(Debug, Clone)]
pub(crate) struct Watchers {
    free: Arc<Semaphore>,
    metrics: HttpMetrics,
}

/// A place; free again when dropped, so keep it in what is waited for: the future, or the stream of events.
#[derive(Debug)]
pub(crate) struct Watching {
    _place: OwnedSemaphorePermit,
    metrics: HttpMetrics,
}

impl Watchers {
    pub(super) fn new(watchers: usize, metrics: HttpMetrics) -> Self {
        Self { free: Arc::new(Semaphore::new(watchers)), metrics }
    }

    /// Takes a place, and gives the request's slot to somebody who works. From now on the guard's deadline does not
    /// count: set one. Ask when the caller is known and nothing is left to do but to wait.
    ///
    /// # Errors
    /// 503 when every place is taken.
    pub(crate) fn try_enter(&self, slot: &Slot) -> Result<Watching, Problem> {
        let place = self.free.clone().try_acquire_owned().map_err(|_| {
            self.metrics.refused(Refusal::Watchers);
            Problem::overloaded("as many callers wait as the gateway lets wait: ask without waiting")
        })?;
        slot.release();
        self.metrics.connected(Connected::Watching);
        Ok(Watching { _place: place, metrics: self.metrics.clone() })
    }
}

impl Drop for Watching {
    fn drop(&mut self) {
        self.metrics.disconnected(Connected::Watching);
    }
}

#[cfg(test)]
mod tests {
    use super::{super::shed::Slots, *};

    #[tokio::test]
    async fn whoever_waits_gives_the_slot_to_somebody_who_works() {
        let metrics = HttpMetrics::new(&runtime::metrics::Metrics::new().unwrap()).unwrap();
        let (slots, watchers) = (Slots::new(1, metrics.clone()), Watchers::new(1, metrics));
        let first = slots.take().unwrap();
        assert!(slots.take().is_err());
        let watching = watchers.try_enter(&first).unwrap();
        let second = slots.take().unwrap();
        assert!(first.is_released() && !second.is_released());
        assert!(watchers.try_enter(&second).is_err() && !second.is_released(), "no place, and still at work");
        drop(watching);
        assert!(watchers.try_enter(&second).is_ok());
    }
}
