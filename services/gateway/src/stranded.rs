//! Finds tasks whose message is gone, now and then.

use std::{sync::Arc, time::Duration};

use runtime::lifecycle::Lifecycle;

use crate::intake::Intake;

/// Looks at every quarter of `after` until the life ends.
pub(crate) async fn watch(intake: Arc<Intake>, after: Duration, life: Lifecycle) {
    loop {
        tokio::select! {
            () = life.stopping() => return,
            () = tokio::time::sleep(after / 4) => {}
        }
        let rescued = tokio::select! {
            () = life.aborting() => return,
            rescued = intake.rescue(after) => rescued,
        };
        match rescued {
            Ok(0) => {}
            Ok(count) => tracing::warn!(count, "stranded tasks published again"),
            Err(error) => tracing::warn!(%error, "could not look for stranded tasks"),
        }
    }
}
