//! When a call may be made: its turn in the budget that all resolvers share, and not while GitLab wants a pause.

use std::{
    hash::{BuildHasher, RandomState},
    sync::{
        Mutex as Lock, PoisonError,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};

use runtime::jetstream::{Budgets, KvError, Reserved};
use tokio::{
    sync::Mutex,
    time::{Instant, sleep_until},
};

use super::{Budget, ReadError};

const MINUTE: Duration = Duration::from_secs(60);
/// A part of the limit stays unused: calls do not arrive exactly when they were to be made, and clocks differ.
const USED: f64 = 0.97;
/// How much of a budget one process reserves at a time, and how long it goes without looking for others' pauses.
const AHEAD: Duration = Duration::from_secs(1);
/// The pause after the first 429 that does not say how long; it doubles.
const FIRST_PAUSE: Duration = Duration::from_secs(1);

/// Whoever asks for a longer pause is asked again after this one.
const LONGEST_BELIEVED: Duration = Duration::from_secs(900);

/// Which limit a call counts against.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Scope {
    /// That of all calls.
    Everything,
    /// That of `members/all`, and that of all calls.
    MemberLists,
}

/// The two limits.
#[derive(Debug)]
pub(super) struct CallLimits {
    everything: Limit,
    member_lists: Limit,
}

impl CallLimits {
    pub(super) fn new(budget: Budget, budgets: Option<Budgets>) -> Self {
        Self {
            everything: Limit::new("requests", budget.requests_per_minute, budgets.clone()),
            member_lists: Limit::new("member_lists", budget.member_lists_per_minute, budgets),
        }
    }

    /// Waits until a call may be made.
    ///
    /// # Errors
    /// When GitLab wants a longer pause than `longest`, or the shared budget does not answer.
    pub(super) async fn turn(&self, scope: Scope, longest: Duration) -> Result<(), ReadError> {
        if scope == Scope::MemberLists {
            self.member_lists.turn(longest).await?;
        }
        self.everything.turn(longest).await
    }

    /// A call was too many: nobody makes such calls for as long as GitLab asks, or for longer each time where it does
    /// not say. Returns the pause.
    pub(super) async fn throttled(&self, scope: Scope, asked: Option<Duration>, times: u32) -> Duration {
        let pause = asked.unwrap_or_else(|| backed_off(times)).min(LONGEST_BELIEVED);
        let limit = match scope {
            Scope::Everything => &self.everything,
            Scope::MemberLists => &self.member_lists,
        };
        limit.pause(pause).await;
        pause
    }
}

/// One limit: the calls that this process has reserved, and the pause that it knows of.
#[derive(Debug)]
struct Limit {
    key: &'static str,
    /// The time from call to call; nothing where there is no budget.
    interval: Option<Duration>,
    budgets: Option<Budgets>,
    /// Handed out in the order of asking.
    slots: Mutex<Slots>,
    waiting: AtomicU32,
    paused_until: Lock<Option<Instant>>,
}

#[derive(Debug)]
struct Slots {
    next: Instant,
    left: u32,
    looked: Option<Instant>,
}

impl Limit {
    fn new(key: &'static str, per_minute: u32, budgets: Option<Budgets>) -> Self {
        let interval = (per_minute > 0).then(|| MINUTE.div_f64(USED * f64::from(per_minute)));
        Self {
            key,
            interval,
            budgets,
            slots: Mutex::new(Slots { next: Instant::now(), left: 0, looked: None }),
            waiting: AtomicU32::new(0),
            paused_until: Lock::new(None),
        }
    }

    async fn turn(&self, longest: Duration) -> Result<(), ReadError> {
        loop {
            let slot = self.slot().await?;
            // A sleep until now takes a millisecond, which many small calls feel.
            if slot > Instant::now() {
                sleep_until(slot).await;
            }
            let Some(until) = self.paused() else { return Ok(()) };
            let pause = until.duration_since(Instant::now());
            if pause > longest {
                return Err(ReadError::Paused(pause));
            }
            // The slot passes unused; after the pause everybody takes a new one, so that they do not come all at once.
            sleep_until(until).await;
        }
    }

    /// The moment of this process's next call.
    async fn slot(&self) -> Result<Instant, KvError> {
        let _waiting = Waiting::one(&self.waiting);
        let mut slots = self.slots.lock().await;
        let now = Instant::now();
        let (Some(interval), Some(budgets)) = (self.interval, &self.budgets) else {
            self.look(&mut slots).await;
            return Ok(now);
        };
        // What was not used for so long might meet with others' calls.
        if slots.left == 0 || slots.next + AHEAD < now {
            let calls = self.waiting.load(Ordering::Relaxed).clamp(1, at_a_time(interval));
            let Reserved { starts_in, pause } = budgets.reserve(self.key, calls, interval).await?;
            self.remember(pause);
            (slots.next, slots.left) = (Instant::now() + starts_in, calls);
        }
        let slot = slots.next;
        slots.next += interval;
        slots.left -= 1;
        Ok(slot)
    }

    /// Looks now and then whether another process was told to pause. Without an answer calls go on: GitLab will say it
    /// again.
    async fn look(&self, slots: &mut Slots) {
        let Some(budgets) = &self.budgets else { return };
        if slots.looked.is_some_and(|looked| looked.elapsed() < AHEAD) {
            return;
        }
        slots.looked = Some(Instant::now());
        match budgets.paused_for(self.key).await {
            Ok(pause) => self.remember(pause),
            Err(error) => tracing::debug!(%error, "others' pauses are not known"),
        }
    }

    async fn pause(&self, pause: Duration) {
        self.remember(Some(pause));
        tracing::warn!(limit = self.key, pause_ms = pause.as_millis(), "GitLab wants a pause");
        let Some(budgets) = &self.budgets else { return };
        if let Err(error) = budgets.pause(self.key, pause).await {
            tracing::warn!(%error, "the pause is not shared with other resolvers");
        }
    }

    fn remember(&self, pause: Option<Duration>) {
        let until = pause.map(|pause| Instant::now() + pause);
        let mut known = self.paused_until.lock().unwrap_or_else(PoisonError::into_inner);
        *known = until.max(*known);
    }

    fn paused(&self) -> Option<Instant> {
        let known = *self.paused_until.lock().unwrap_or_else(PoisonError::into_inner);
        known.filter(|until| *until > Instant::now())
    }
}

/// Counts a caller for as long as it has no slot.
struct Waiting<'a>(&'a AtomicU32);

impl<'a> Waiting<'a> {
    fn one(count: &'a AtomicU32) -> Self {
        count.fetch_add(1, Ordering::Relaxed);
        Self(count)
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

/// How many calls make up [`AHEAD`].
fn at_a_time(interval: Duration) -> u32 {
    u32::try_from(AHEAD.as_nanos() / interval.as_nanos().max(1)).unwrap_or(u32::MAX).max(1)
}

/// Up to a quarter longer by chance, so that callers do not come back all at once.
fn backed_off(times: u32) -> Duration {
    let pause = FIRST_PAUSE.saturating_mul(2_u32.saturating_pow(times));
    let chance = RandomState::new().hash_one(times) % 256;
    pause + pause.mul_f64(f64::from(u32::try_from(chance).unwrap_or_default()) / 1024.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_minute_has_more_calls_than_the_limit() {
        for per_minute in [1, 2, 10, 33, 40, 200, 2000, 6000] {
            let interval = Limit::new("requests", per_minute, None).interval.unwrap();
            let most = MINUTE.as_nanos() / interval.as_nanos() + 1;
            assert!(most <= u128::from(per_minute), "{per_minute}: {most}");
        }
        assert_eq!(Limit::new("requests", 0, None).interval, None);
    }

    #[test]
    fn a_pause_that_nobody_names_doubles_with_some_chance() {
        for times in 0..4 {
            let (least, pause) = (FIRST_PAUSE * 2_u32.pow(times), backed_off(times));
            assert!(least <= pause && pause <= least.mul_f64(1.25), "{times}: {pause:?}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_pause_holds_every_call_of_its_scope_and_a_long_one_refuses_them() {
        let limits = CallLimits::new(Budget::default(), None);
        let (start, longest) = (Instant::now(), Duration::from_secs(120));
        limits.throttled(Scope::MemberLists, Some(Duration::from_secs(5)), 0).await;
        limits.turn(Scope::Everything, longest).await.unwrap();
        assert_eq!(start.elapsed(), Duration::ZERO);
        limits.turn(Scope::MemberLists, longest).await.unwrap();
        assert_eq!(start.elapsed().as_secs(), 5);
        limits.throttled(Scope::Everything, Some(Duration::from_secs(300)), 0).await;
        let refused = limits.turn(Scope::MemberLists, longest).await.unwrap_err();
        assert_eq!(refused.retry_after().map(|pause| pause.as_secs()), Some(300));
    }
}
