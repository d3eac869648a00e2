//! The longest work on one request. A caller that is answered late has long asked again.

use std::{pin::pin, time::Duration};

use axum::response::Response;

use super::{
    metrics::{HttpMetrics, Refusal},
    shed::Slot,
};
use crate::problem::Problem;

/// What a caller is asked to wait after its request took too long.
const RETRY_AFTER: Duration = Duration::from_secs(10);

/// The longest work.
#[derive(Debug)]
pub(super) struct Deadline {
    pub(super) longest: Duration,
    pub(super) metrics: HttpMetrics,
}

impl Deadline {
    /// Gives the work up when it has taken too long, unless the request only waits by then: a watcher has a limit of its
    /// own.
    pub(super) async fn keep(
        &self,
        work: impl Future<Output = Response>,
        slot: &Slot,
    ) -> Result<Response, Problem> {
        let mut work = pin!(work);
        match tokio::time::timeout(self.longest, &mut work).await {
            Ok(answer) => Ok(answer),
            Err(_) if slot.is_released() => Ok(work.await),
            Err(_) => {
                tracing::warn!("a request was given up: it took too long");
                self.metrics.refused(Refusal::Timeout);
                Err(Problem::timeout(RETRY_AFTER))
            }
        }
    }
}
