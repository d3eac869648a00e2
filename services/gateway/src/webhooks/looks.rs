//! When an event is looked at: at once, and again after each of some times. Which look it is follows from the time, not
//! from a count: a delivery may come again for many reasons. The first delivery is the first look, however late it comes.
//!
//! An event's times begin when its stream took it in, by nats-server's clock, which is one for all gateways. No clock of a
//! gateway is asked for it: one that is hours off would look for hours, or once.

use std::{
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

use jiff::Timestamp;

/// The look that is due.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Look {
    /// Its number, from 0.
    pub(super) number: usize,
    /// When it came due: a reading that begins later does for it.
    pub(super) due: Timestamp,
    /// In how long the next one is due; none after the last.
    pub(super) next: Option<Duration>,
}

impl Look {
    /// The latest look that is due now, at an event that was stored then.
    pub(super) fn of(stored: Timestamp, now: Timestamp, again: &[Duration]) -> Self {
        let mut moments = vec![stored];
        let mut again = again.to_vec();
        again.sort_unstable();
        moments.extend(again.into_iter().filter_map(|after| stored.checked_add(after).ok()));
        let number = moments.iter().rposition(|moment| *moment <= now).unwrap_or_default();
        let due = moments.get(number).copied().unwrap_or(stored);
        let next =
            moments.get(number + 1).map(|moment| moment.duration_since(now.max(stored)).unsigned_abs());
        Self { number, due, next }
    }
}

/// nats-server's time, as far as its messages tell: it is no earlier than this.
#[derive(Debug, Default)]
pub(super) struct ServerTime(Mutex<Option<(Timestamp, Instant)>>);

impl ServerTime {
    /// The time at `here`, at which a message was seen that was stored at `stored`. Never earlier than that.
    pub(super) fn seen(&self, stored: Timestamp, here: Instant) -> Timestamp {
        let mut latest = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let since = |(time, seen): (Timestamp, Instant)| time.checked_add(here.duration_since(seen)).ok();
        match latest.and_then(since) {
            Some(now) if now >= stored => now,
            _ => {
                *latest = Some((stored, here));
                stored
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn second(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    /// The look at an event of second 1,000 at this second: its number, when it was due, and when the next one is.
    fn look(now: i64) -> (usize, i64, Option<u64>) {
        let again = [120, 10].map(Duration::from_secs);
        let Look { number, due, next } = Look::of(second(1_000), second(now), &again);
        (number, due.as_second(), next.map(|next| next.as_secs()))
    }

    #[test]
    fn the_time_tells_which_look_is_due() {
        assert_eq!(look(1_000), (0, 1_000, Some(10)));
        assert_eq!(look(1_009), (0, 1_000, Some(1)));
        assert_eq!(look(1_010), (1, 1_010, Some(110)));
        assert_eq!(look(1_119), (1, 1_010, Some(1)));
        assert_eq!(look(1_120), (2, 1_120, None));
        assert_eq!(look(99_999), (2, 1_120, None));
    }

    #[test]
    fn an_event_of_a_clock_that_is_ahead_is_looked_at_at_once() {
        assert_eq!(look(400), (0, 1_000, Some(10)));
    }

    #[test]
    fn the_newest_message_and_what_has_passed_since_are_the_servers_time() {
        let (time, start) = (ServerTime::default(), Instant::now());
        let after = |seconds| start + Duration::from_secs(seconds);
        assert_eq!(time.seen(second(1_000), start), second(1_000));
        // The same message comes again.
        assert_eq!(time.seen(second(1_000), after(10)), second(1_010));
        // An older one that nobody had worked on, and one that tells that more has passed than was thought.
        assert_eq!(time.seen(second(400), after(11)), second(1_011));
        assert_eq!(time.seen(second(2_000), after(12)), second(2_000));
        assert_eq!(time.seen(second(1_000), after(13)), second(2_001));
    }
}
