//! Budgets that all processes of an installation share: of calls, and of revokes.
//!
//! A budget allows one call an interval: whoever needs calls reserves the next ones by compare-and-set, and makes each
//! at its own moment. So the calls of all processes together are spread evenly, and no minute ever has more of them
//! than the limit (the generic cell rate algorithm without a burst). Which calls belong to which budget, and what a
//! limit is, the callers know.

use std::time::Duration;

use async_nats::jetstream::Context;
use jiff::{SignedDuration, Timestamp};
use proto::{Budget, HourOfRevokes, subject};

use super::kv::{Bucket, KvError};
use crate::clock::Clock;

/// Calls that are reserved further ahead than this come from a clock that was wrong; nobody waits for them.
const HORIZON: SignedDuration = SignedDuration::from_mins(10);
/// The longest pause that is believed, whoever asks for it.
const LONGEST_PAUSE: SignedDuration = SignedDuration::from_mins(15);

/// The bucket of budgets. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Budgets {
    bucket: Bucket,
    clock: Clock,
}

/// Calls that are this process's own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reserved {
    /// How long until the first of them; the others follow at the interval.
    pub starts_in: Duration,
    /// How long the system has asked everybody to pause.
    pub pause: Option<Duration>,
}

impl Budgets {
    pub(super) async fn bind(context: &Context, clock: Clock) -> Result<Self, KvError> {
        Ok(Self { bucket: Bucket::bind(context, subject::BUDGETS).await?, clock })
    }

    /// Reserves the next `calls` of the budget `key`, one each `interval`.
    ///
    /// # Errors
    /// When the server does not answer.
    pub async fn reserve(&self, key: &str, calls: u32, interval: Duration) -> Result<Reserved, KvError> {
        let spent = SignedDuration::try_from(interval.saturating_mul(calls)).unwrap_or(SignedDuration::MAX);
        let mut reserved = Reserved { starts_in: Duration::ZERO, pause: None };
        let reserve = |old: Option<&Budget>| {
            let now = self.clock.now();
            let budget = old.cloned().unwrap_or_default();
            let paused_until = budget.paused_until.filter(|until| is_believed(now, *until, LONGEST_PAUSE));
            let next = Some(budget.next).filter(|next| is_believed(now, *next, HORIZON));
            let start = next.max(paused_until).unwrap_or(now);
            reserved =
                Reserved { starts_in: from(now, start), pause: paused_until.map(|until| from(now, until)) };
            Some(Budget { next: start.saturating_add(spent).unwrap_or(start), paused_until })
        };
        self.bucket.change(key, reserve).await?;
        Ok(reserved)
    }

    /// Counts `revokes` of permissions, where no more than `limit` come together within the hour over all projects;
    /// answers whether they do. Hours begin with the first revoke after the one before.
    ///
    /// # Errors
    /// When the server does not answer.
    pub async fn count_revokes(&self, revokes: u64, limit: u64) -> Result<bool, KvError> {
        let mut fits = true;
        let count = |old: Option<&HourOfRevokes>| {
            let now = self.clock.now();
            let running = |hour: &&HourOfRevokes| {
                let age = now.duration_since(hour.since);
                age >= SignedDuration::ZERO && age < SignedDuration::from_hours(1)
            };
            let hour = old.filter(running).cloned().unwrap_or(HourOfRevokes { since: now, count: 0 });
            let count = hour.count.saturating_add(revokes);
            fits = count <= limit;
            fits.then_some(HourOfRevokes { count, ..hour })
        };
        self.bucket.change(subject::REVOKES_KEY, count).await?;
        Ok(fits)
    }

    /// Nobody calls for `pause`: the system has said so. A longer pause that was told before stays.
    ///
    /// # Errors
    /// When the server does not answer.
    pub async fn pause(&self, key: &str, pause: Duration) -> Result<(), KvError> {
        let until = self.clock.now().saturating_add(pause).unwrap_or(Timestamp::MAX);
        let raise = |old: Option<&Budget>| {
            let budget = old.cloned().unwrap_or_default();
            let longer = budget.paused_until.is_some_and(|other| other >= until);
            (!longer).then_some(Budget { paused_until: Some(until), ..budget })
        };
        self.bucket.change(key, raise).await.map(|_| ())
    }

    /// How long the system has asked everybody to pause.
    ///
    /// # Errors
    /// When the server does not answer.
    pub async fn paused_for(&self, key: &str) -> Result<Option<Duration>, KvError> {
        let budget: Option<Budget> = self.bucket.load(key).await?;
        let now = self.clock.now();
        let until = budget.and_then(|budget| budget.paused_until);
        Ok(until.filter(|until| is_believed(now, *until, LONGEST_PAUSE)).map(|until| from(now, until)))
    }
}

/// Whether a moment lies ahead, and not further than clocks can be right about.
fn is_believed(now: Timestamp, moment: Timestamp, furthest: SignedDuration) -> bool {
    let ahead = moment.duration_since(now);
    ahead > SignedDuration::ZERO && ahead <= furthest
}

fn from(now: Timestamp, moment: Timestamp) -> Duration {
    Duration::try_from(moment.duration_since(now)).unwrap_or_default()
}
