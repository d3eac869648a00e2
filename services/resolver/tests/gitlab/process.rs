//! What a resolver is given, and how a test waits for it.

use std::time::Duration;

use access::{Exemptions, Policy};
use broker::Nats;
use runtime::{
    Runtime,
    clock::Clock,
    jetstream::{Retry, topology::Queue},
};
use tokio::time::Instant;

/// How long a test waits for what must happen at once; generous, as the machine may be busy.
const AT_ONCE: Duration = Duration::from_secs(30);
/// No task comes back by itself.
const NEVER: Duration = Duration::from_secs(86_400);

/// What a process is given, with a connection of its own.
pub(crate) async fn runtime(nats: &Nats) -> Runtime {
    let queue = Queue { ack_wait: NEVER, ..broker::queue() };
    broker::runtime(nats.url(), &queue, Clock::system()).await
}

/// A resolver that tries once.
pub(crate) fn config(gitlab: resolver::gitlab::Config) -> resolver::Config {
    let pause = Duration::from_millis(1);
    resolver::Config {
        gitlab,
        workers: 1,
        retry: Retry { attempts: 1, first_pause: pause, longest_pause: pause },
        min_interval: Duration::ZERO,
        exempt: Exemptions::default(),
        policy: Policy::default(),
        expiry: resolver::ExpiryJob {
            at: jiff::civil::time(0, 10, 0, 0),
            zone: jiff::tz::TimeZone::UTC,
            margin: Duration::from_secs(300),
            look_every: Duration::from_secs(30),
        },
        sweep: resolver::Sweep { every: Duration::ZERO, parallel_calls: 8 },
    }
}

/// Waits for something that must happen at once.
pub(crate) async fn until<T>(mut found: impl AsyncFnMut() -> Option<T>) -> T {
    let deadline = Instant::now() + AT_ONCE;
    loop {
        if let Some(found) = found().await {
            return found;
        }
        assert!(Instant::now() < deadline, "waited {AT_ONCE:?}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}
