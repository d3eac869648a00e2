//! The time as the services see it.

use std::sync::{Arc, Mutex, PoisonError};

use jiff::{SignedDuration, Timestamp};
use runtime::clock::Clock;

/// The machine's time, or one that stands still, and as much ahead as a test says.
#[derive(Debug, Clone, Default)]
pub struct Time {
    stands_at: Option<Timestamp>,
    ahead: Arc<Mutex<SignedDuration>>,
}

impl Time {
    /// A time that passes only when a test says so.
    #[must_use]
    pub fn standing() -> Self {
        Self { stands_at: Some(Timestamp::now()), ..Self::default() }
    }

    /// The clock that tells it.
    #[must_use]
    pub fn clock(&self) -> Clock {
        let time = self.clone();
        Clock::from_fn(move || time.now())
    }

    /// The time now.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        let now = self.stands_at.unwrap_or_else(Timestamp::now);
        now + *self.ahead.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// So much passes at once.
    pub fn pass(&self, time: SignedDuration) {
        *self.ahead.lock().unwrap_or_else(PoisonError::into_inner) += time;
    }
}
