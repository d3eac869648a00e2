//! How many projects it is time for. Pure.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

/// A time that lies so far ahead was written by a clock that was wrong.
const AHEAD: Duration = Duration::from_secs(600);
const MINUTE: Duration = Duration::from_secs(60);

/// So many projects in so much time, each once.
#[derive(Debug, Clone, Copy)]
pub(super) struct Pace {
    pub(super) count: usize,
    pub(super) every: Duration,
}

impl Pace {
    /// Up to when projects had their turn: as it was written, but where nobody made turns for longer than a period, that
    /// much ago. The first period begins now.
    pub(super) fn until(self, written: Option<Timestamp>, now: Timestamp) -> Timestamp {
        let Some(written) = written else { return now };
        if is_far_ahead(written, now) {
            return now;
        }
        written.max(now.saturating_sub(signed(self.every)).unwrap_or(Timestamp::MIN))
    }

    /// How many projects it is time for at `now`.
    pub(super) fn due(self, until: Timestamp, now: Timestamp) -> usize {
        let behind = u128::try_from(now.duration_since(until).as_nanos()).unwrap_or_default();
        let due = behind.saturating_mul(self.count as u128) / self.every.as_nanos().max(1);
        usize::try_from(due).unwrap_or(usize::MAX)
    }

    /// Up to when projects have had their turn, when `due` more have.
    pub(super) fn after(self, until: Timestamp, due: usize) -> Timestamp {
        let nanos = self.every.as_nanos().saturating_mul(due as u128) / (self.count as u128).max(1);
        let gained = Duration::from_nanos(u64::try_from(nanos).unwrap_or(u64::MAX));
        until.saturating_add(signed(gained)).unwrap_or(Timestamp::MAX)
    }

    /// The most of one turn, so much time after the last one: what `per_minute` allows, and at least what the pace needs;
    /// however long ago it was, no more than in a minute.
    pub(super) fn most(self, per_minute: u32, since: Duration) -> usize {
        let since = since.min(MINUTE);
        let allowed = u128::from(per_minute) * since.as_nanos() / MINUTE.as_nanos();
        usize::try_from(allowed).unwrap_or(usize::MAX).max(self.needed(since)).max(1)
    }

    /// What the pace needs of a turn, so much time after the last one.
    pub(super) fn needed(self, since: Duration) -> usize {
        let since = since.min(self.every).as_nanos();
        let needed = since.saturating_mul(self.count as u128).div_ceil(self.every.as_nanos().max(1));
        usize::try_from(needed).unwrap_or(usize::MAX)
    }
}

/// Whether a time lies so far ahead that a clock that was wrong has written it.
pub(super) fn is_far_ahead(at: Timestamp, now: Timestamp) -> bool {
    at.duration_since(now) > signed(AHEAD)
}

fn signed(duration: Duration) -> SignedDuration {
    SignedDuration::try_from(duration).unwrap_or(SignedDuration::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    const DAY: Duration = Duration::from_secs(86_400);

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_second(1_800_000_000 + seconds).unwrap()
    }

    #[test]
    fn a_period_has_each_project_once_however_long_the_turns_are() {
        for (count, step) in [(1, 7), (7, 10), (5000, 10), (5000, 61), (86_400, 10), (100_003, 9)] {
            let pace = Pace { count, every: DAY };
            let (mut until, mut sum) = (at(0), 0);
            for now in (step..=86_400 + step).step_by(usize::try_from(step).unwrap()) {
                let due = pace.due(until, at(now.min(86_400)));
                (until, sum) = (pace.after(until, due), sum + due);
                assert!(until <= at(86_400));
            }
            // What is cut off at each turn may come to one project.
            assert!(sum == count || sum + 1 == count, "{count} {step}: {sum}");
        }
    }

    #[test]
    fn after_a_standstill_no_more_than_one_period_is_behind_and_turns_are_limited() {
        let pace = Pace { count: 5000, every: DAY };
        let until = pace.until(Some(at(0)), at(10 * 86_400));
        assert_eq!(pace.due(until, at(10 * 86_400)), 5000);
        assert_eq!(pace.most(120, Duration::from_secs(10)), 20);
        assert_eq!(Pace { count: 500_000, every: DAY }.most(120, Duration::from_secs(10)), 58);
        assert_eq!(pace.most(1, Duration::from_secs(1)), 1);
        assert_eq!(pace.most(120, Duration::from_secs(12)), 24, "what a late turn has missed");
        assert_eq!(Pace { count: 5, every: DAY }.most(120, Duration::from_secs(3600)), 120);
    }

    #[test]
    fn a_clock_that_was_wrong_once_stops_nothing() {
        let pace = Pace { count: 10, every: DAY };
        assert_eq!(pace.until(Some(at(86_400)), at(0)), at(0));
        let slightly = pace.until(Some(at(60)), at(0));
        assert_eq!((slightly, pace.due(slightly, at(0))), (at(60), 0));
        assert_eq!(pace.until(None, at(5)), at(5));
    }
}
