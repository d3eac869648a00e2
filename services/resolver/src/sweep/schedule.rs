//! When the next sweep begins: of all resolvers together, every so often.

use std::time::Duration;

use proto::{FanOut, FanOutId};
use runtime::{
    Runtime,
    jetstream::{BindError, KvError, PublishError},
};
use uuid::Uuid;

/// How often it is asked whether it is time, at most.
const LOOK_EVERY: Duration = Duration::from_secs(30);

/// Why no sweep was begun.
#[derive(Debug, thiserror::Error)]
enum BeginError {
    #[error(transparent)]
    Kv(#[from] KvError),
    #[error(transparent)]
    Bind(#[from] BindError),
    #[error(transparent)]
    Publish(#[from] PublishError),
}

/// Begins a sweep `every` so often, until the life ends; never where that is zero.
pub(crate) async fn watch(every: Duration, runtime: Runtime) {
    if every.is_zero() {
        return;
    }
    loop {
        let begun = tokio::select! {
            () = runtime.lifecycle.stopping() => return,
            begun = begin(every, &runtime) => begun,
        };
        if let Err(error) = begun {
            tracing::warn!(%error, "no sweep is begun; again later");
        }
        tokio::select! {
            () = runtime.lifecycle.stopping() => return,
            () = tokio::time::sleep(LOOK_EVERY.min(every)) => {}
        }
    }
}

/// Begins one when it is time, the last one has ended, and the catalogue of SonarQube's projects is known. First the
/// message goes, then the time is written: resolvers that do so at the same moment, or again after a crash, send one
/// message, because its id is made of the time before.
async fn begin(every: Duration, runtime: &Runtime) -> Result<(), BeginError> {
    let (jetstream, now) = (&runtime.jetstream, runtime.clock.now());
    let Some(last) = jetstream.projects.last_sweep(now).await? else { return Ok(()) };
    // A beginning far ahead comes from a clock that was wrong: it must not put off all others.
    let since = now.duration_since(last.began).unsigned_abs();
    if since < every || !jetstream.catalog.is_complete().await? || jetstream.is_sweeping().await? {
        return Ok(());
    }
    let id = FanOutId(Uuid::new_v5(&Uuid::NAMESPACE_OID, last.began.to_string().as_bytes()));
    jetstream.publish_fan_out(&FanOut { id, ..FanOut::sweep() }).await?;
    jetstream.projects.begin_sweep(&last, now).await?;
    tracing::info!(fan_out.id = %id, "sweep over all projects begun");
    Ok(())
}
