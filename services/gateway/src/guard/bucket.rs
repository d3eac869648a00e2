//! Token buckets, one for each key, in a bounded number (the generic cell rate algorithm, ITU-T I.371).
//!
//! A bucket is one moment: when it would be full again. Each token taken moves it one interval on; a token is there as
//! long as the moment is no further away than a whole burst.

use std::{
    hash::Hash,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use moka::sync::Cache;

/// Buckets that are remembered. With more of them the rarest are forgotten, so that a million addresses cost as much
/// as these: 3 MB.
const MOST: u64 = 10_000;
/// A bucket that takes longer to fill is full after this.
const LONGEST_MEMORY: Duration = Duration::from_secs(86_400);

/// A bucket for each key.
#[derive(Debug)]
pub(super) struct Buckets<K: Hash + Eq + Send + Sync + 'static> {
    /// Between two tokens.
    interval: Duration,
    /// In which an empty bucket fills.
    burst: Duration,
    full: Cache<K, Arc<Mutex<Instant>>>,
}

impl<K: Hash + Eq + Send + Sync + 'static> Buckets<K> {
    /// So many tokens in each period, and so many at once from a full bucket.
    pub(super) fn new(tokens: u32, period: Duration, burst: u32) -> Self {
        let interval = period / tokens.max(1);
        let burst = interval * burst.max(1);
        // A bucket that nobody has touched for so long is full, which is what an unknown one is.
        let full = Cache::builder().max_capacity(MOST).time_to_idle(burst.min(LONGEST_MEMORY)).build();
        Self { interval, burst, full }
    }

    /// Takes one token, or tells after which time there is one.
    pub(super) fn take(&self, key: K, now: Instant) -> Result<(), Duration> {
        let bucket = self.full.get_with(key, || Arc::new(Mutex::new(now)));
        let mut full = bucket.lock().unwrap_or_else(PoisonError::into_inner);
        let next = (*full).max(now) + self.interval;
        let wait = next.duration_since(now).saturating_sub(self.burst);
        if wait.is_zero() {
            *full = next;
            return Ok(());
        }
        Err(wait)
    }

    /// Puts a token back that was taken.
    pub(super) fn give_back(&self, key: &K) {
        let Some(bucket) = self.full.get(key) else { return };
        let mut full = bucket.lock().unwrap_or_else(PoisonError::into_inner);
        *full = full.checked_sub(self.interval).unwrap_or(*full);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);
    const MINUTE: Duration = Duration::from_secs(60);

    #[test]
    fn a_burst_passes_and_then_one_for_each_interval() {
        let (buckets, now) = (Buckets::new(2, MINUTE, 3), Instant::now());
        assert!((0..3).all(|_| buckets.take(1, now).is_ok()));
        assert_eq!(buckets.take(1, now), Err(30 * SECOND));
        assert_eq!(buckets.take(1, now + 29 * SECOND), Err(SECOND), "asking too early costs nothing");
        assert_eq!(buckets.take(1, now + 30 * SECOND), Ok(()));
        assert_eq!(buckets.take(1, now + 30 * SECOND), Err(30 * SECOND));
    }

    #[test]
    fn after_a_rest_there_is_a_whole_burst_and_not_more() {
        let (buckets, now) = (Buckets::new(1, SECOND, 3), Instant::now());
        assert!((0..3).all(|_| buckets.take(1, now).is_ok()));
        let later = now + MINUTE;
        assert!((0..3).all(|_| buckets.take(1, later).is_ok()));
        assert_eq!(buckets.take(1, later), Err(SECOND));
    }

    #[test]
    fn a_token_that_is_given_back_was_never_taken() {
        let (buckets, now) = (Buckets::new(1, MINUTE, 2), Instant::now());
        for _ in 0..10 {
            assert!(buckets.take(1, now).is_ok());
            buckets.give_back(&1);
        }
        buckets.give_back(&2);
        assert!(buckets.take(1, now).is_ok() && buckets.take(1, now).is_ok());
        assert_eq!(buckets.take(1, now), Err(MINUTE));
    }

    #[test]
    fn each_key_has_a_bucket_of_its_own() {
        let (buckets, now) = (Buckets::new(1, SECOND, 1), Instant::now());
        assert!(buckets.take(1, now).is_ok() && buckets.take(1, now).is_err());
        assert!(buckets.take(2, now).is_ok());
    }

    #[test]
    fn more_keys_than_buckets_are_not_remembered() {
        let (buckets, now) = (Buckets::new(1, MINUTE, 1), Instant::now());
        for key in 0..5 * MOST {
            let _ = buckets.take(key, now);
        }
        buckets.full.run_pending_tasks();
        assert!(buckets.full.entry_count() <= MOST);
    }

    #[test]
    fn a_busy_key_stays_limited_among_a_crowd() {
        let (buckets, now) = (Buckets::new(1, MINUTE, 10), Instant::now());
        let passed = (1..5 * MOST).filter(|stranger| {
            let _ = buckets.take(*stranger, now);
            buckets.take(0, now).is_ok()
        });
        let passed = passed.count();
        assert!(passed < 100, "{passed} of {}", 5 * MOST);
    }
}
