//! When the next sweep begins: of all resolvers together, every so often, and when one is wanted before that.

use std::time::Duration;

use jiff::Timestamp;
use proto::{FanOut, FanOutId, LastSweep};
use runtime::{
    Runtime,
    jetstream::{BindError, KvError, PublishError},
};

/// How often it is asked whether it is time, at most.
const LOOK_EVERY: Duration = Duration::from_secs(10);
/// The shortest time between two sweeps that events lead to.
const FOR_EVENTS: Duration = Duration::from_secs(600);

/// Why no sweep was begun.
#[derive(Debug, thiserror::Error)]
pub(crate) enum BeginError {
    #[error(transparent)]
    Kv(#[from] KvError),
    #[error(transparent)]
    Bind(#[from] BindError),
    #[error(transparent)]
    Publish(#[from] PublishError),
}

/// Begins a sweep `every` so often, and those that are wanted, until the life ends.
pub(crate) async fn watch(every: Duration, runtime: Runtime) {
    let look_every = if every.is_zero() { LOOK_EVERY } else { LOOK_EVERY.min(every) };
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
            () = tokio::time::sleep(look_every) => {}
        }
    }
}

/// A sweep that begins from now on is wanted, because of a fan-out that cannot tell what it reaches. It begins as soon as
/// the one that runs has ended, which has passed some projects, the catalogue is known, and the last one that was wanted
/// so began `FOR_EVENTS` ago: somebody may cause such events on purpose.
pub(crate) async fn begin_for(cause: FanOutId, runtime: &Runtime) -> Result<(), BeginError> {
    runtime.jetstream.projects.want_sweep(runtime.clock.now()).await?;
    tracing::info!(because.id = %cause, "a sweep over all projects is wanted: what a fan-out reaches is not told");
    // Otherwise it is begun by and by.
    begin(Duration::ZERO, runtime).await
}

/// Begins one when it is time, the last one has ended, and the catalogue of SonarQube's projects is known. First the
/// message goes, then the time is written: resolvers that do so at the same moment, or again after a crash, send one
/// message, because its id is made of the time before.
async fn begin(every: Duration, runtime: &Runtime) -> Result<(), BeginError> {
    let (jetstream, now) = (&runtime.jetstream, runtime.clock.now());
    let last = jetstream.projects.last_sweep().await?;
    let due = is_due(&last, every, now) || is_wanted(&last, now);
    if !due || !jetstream.catalog.is_complete().await? || jetstream.is_sweeping().await? {
        return Ok(());
    }
    let id = FanOutId::of(&last.began.to_string());
    jetstream.publish_fan_out(&FanOut { id, ..FanOut::sweep() }).await?;
    jetstream.projects.begin_sweep(&last, now).await?;
    tracing::info!(fan_out.id = %id, "sweep over all projects begun");
    Ok(())
}

/// A beginning far ahead comes from a clock that was wrong: it must not put off all others.
fn is_due(last: &LastSweep, every: Duration, now: Timestamp) -> bool {
    !every.is_zero() && now.duration_since(last.began).unsigned_abs() >= every
}

fn is_wanted(last: &LastSweep, now: Timestamp) -> bool {
    let rested = |before: Timestamp| now.duration_since(before).unsigned_abs() >= FOR_EVENTS;
    last.wanted.is_some() && last.for_event.is_none_or(rested)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_second(1_800_000_000 + seconds).unwrap()
    }

    #[test]
    fn what_events_want_comes_at_once_and_then_not_more_often_than_every_ten_minutes() {
        let never = LastSweep::never();
        assert!(!is_wanted(&never, at(9_999)));
        let first = LastSweep { wanted: Some(at(5)), ..never };
        assert!(is_wanted(&first, at(5)), "whenever the last one of the others was");
        let again = LastSweep { for_event: Some(at(5)), ..first };
        assert!(!is_wanted(&again, at(604)), "not yet, and not forgotten");
        assert!(is_wanted(&again, at(605)));
    }

    #[test]
    fn without_a_period_none_comes_by_itself() {
        let last = LastSweep { began: at(0), ..LastSweep::never() };
        assert!(!is_due(&last, Duration::ZERO, at(1_000_000)));
        assert!(
            !is_due(&last, Duration::from_secs(60), at(59)) && is_due(&last, Duration::from_secs(60), at(60))
        );
    }
}
