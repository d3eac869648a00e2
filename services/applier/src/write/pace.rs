//! How long each way of writing takes, as this SonarQube has shown so far.
//!
//! The figures to begin with were measured on SonarQube 26.8 with PostgreSQL on 2 cores, 16 calls at a time: a single
//! change waits for a refresh of the search index, a line of a template does not. With the embedded database a line takes
//! forty times as long, which the first template shows.

use std::{
    sync::atomic::{AtomicU64, Ordering},
    time::Duration,
};

use proto::Way;

use super::template;
use crate::{difference::Difference, rules::Ways};

/// What one call takes when as many as allowed are made at a time.
#[derive(Debug)]
pub(crate) struct CallTime(AtomicU64);

/// The figures of both ways.
#[derive(Debug)]
pub(crate) struct Pace {
    /// One change by itself.
    pub(super) single: CallTime,
    /// One line of a template.
    pub(super) fill: CallTime,
}

/// To create, apply and remove a template.
const APPLY: Duration = Duration::from_millis(160);
/// One page of 100 holders; a template reads them all twice.
const PAGE: Duration = Duration::from_millis(25);
/// Fewer calls than this say little about the pace.
const TELLING: usize = 16;
/// The share of what was known in a new figure, in percent.
const KNOWN: u64 = 70;

impl CallTime {
    const fn of(time: Duration) -> Self {
        Self(AtomicU64::new(time.subsec_micros() as u64))
    }

    /// Takes a new figure into account: `calls` together took `time`.
    pub(super) fn observe(&self, calls: usize, time: Duration) {
        if calls < TELLING {
            return;
        }
        let one = u64::try_from(time.as_micros()).unwrap_or(u64::MAX) / calls as u64;
        let learn = |known: u64| {
            Some(known.saturating_mul(KNOWN).saturating_add(one.saturating_mul(100 - KNOWN)) / 100)
        };
        // Of two who learn at a time, both are heard; the closure always answers.
        let _ = self.0.fetch_update(Ordering::Relaxed, Ordering::Relaxed, learn);
    }

    fn estimate(&self, calls: usize) -> Duration {
        Duration::from_micros(self.0.load(Ordering::Relaxed).saturating_mul(calls as u64))
    }
}

impl Default for Pace {
    fn default() -> Self {
        Self {
            single: CallTime::of(Duration::from_micros(26_000)),
            fill: CallTime::of(Duration::from_micros(2_400)),
        }
    }
}

impl Pace {
    /// The way to write a difference, and how long it is expected to take.
    pub(super) fn choose(&self, ways: Ways, difference: &Difference) -> (Way, Duration) {
        let holders = difference.held.people.len().max(difference.after().len());
        self.between(ways, difference.changes.len(), template::size(difference), holders)
    }

    fn between(&self, ways: Ways, changes: usize, lines: usize, holders: usize) -> (Way, Duration) {
        let single = self.single.estimate(changes);
        let pages = u32::try_from(holders / 100 + 2).unwrap_or(u32::MAX);
        let template = self.fill.estimate(lines) + APPLY + PAGE * 2 * pages;
        match ways {
            Ways::Auto if template < single => (Way::Template, template),
            Ways::Auto | Ways::Single => (Way::Single, single),
            Ways::Template => (Way::Template, template),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chosen(pace: &Pace, changes: usize, lines: usize) -> Way {
        pace.between(Ways::Auto, changes, lines, lines / 5).0
    }

    #[test]
    fn few_changes_are_made_one_by_one_and_many_with_a_template() {
        let pace = Pace::default();
        assert_eq!(chosen(&pace, 5, 5_000), Way::Single);
        assert_eq!(chosen(&pace, 5, 5), Way::Single);
        assert_eq!(chosen(&pace, 50, 50), Way::Template);
        assert_eq!(chosen(&pace, 5_000, 5_000), Way::Template);
        assert_eq!(chosen(&pace, 100, 5_000), Way::Single);
    }

    #[test]
    fn where_templates_turn_out_to_be_slow_single_calls_are_made() {
        let pace = Pace::default();
        for _ in 0..10 {
            pace.fill.observe(100, Duration::from_secs(10));
        }
        assert_eq!(chosen(&pace, 5_000, 5_000), Way::Single);
    }

    #[test]
    fn a_handful_of_calls_teaches_nothing() {
        let pace = Pace::default();
        pace.single.observe(3, Duration::from_secs(30));
        assert_eq!(pace.between(Ways::Single, 10, 0, 0).1, Duration::from_millis(260));
    }

    #[test]
    fn a_way_that_is_set_is_taken_whatever_it_costs() {
        let pace = Pace::default();
        assert_eq!(pace.between(Ways::Template, 1, 5_000, 1_000).0, Way::Template);
        assert_eq!(pace.between(Ways::Single, 5_000, 1, 1).0, Way::Single);
    }
}
