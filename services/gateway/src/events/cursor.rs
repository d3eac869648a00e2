//! A place in both streams: what an event's id says.

use std::{fmt, str::FromStr};

use axum::http::HeaderValue;
use runtime::jetstream::Kept;

use crate::problem::Problem;

/// Everything up to these two sequences was told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Cursor {
    /// In the audit.
    pub(super) event: u64,
    /// In the bucket of records.
    pub(super) record: u64,
}

impl Cursor {
    /// The header `Last-Event-ID`.
    pub(super) fn parse(value: &HeaderValue) -> Result<Self, Problem> {
        let cursor = value.to_str().ok().and_then(|text| text.parse().ok());
        cursor.ok_or_else(|| {
            Problem::bad_request(
                "Last-Event-ID is no id of an event of this system: leave it out to begin now",
            )
        })
    }

    /// Where to begin: behind what the caller has seen, or now. Also tells whether something in between is lost:
    /// kept no longer, or numbered otherwise since the streams were made anew.
    pub(super) fn start(asked: Option<Self>, events: &Kept, records: &Kept) -> (Self, bool) {
        let now = Self { event: events.last, record: records.last };
        let Some(asked) = asked else { return (now, false) };
        if asked.event > events.last || asked.record > records.last {
            return (now, true);
        }
        (asked, asked.event.saturating_add(1) < events.first)
    }
}

impl fmt::Display for Cursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.event, self.record)
    }
}

impl FromStr for Cursor {
    type Err = std::num::ParseIntError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (event, record) = text.split_once('-').unwrap_or((text, ""));
        Ok(Self { event: event.parse()?, record: record.parse()? })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn kept(first: u64, last: u64) -> Kept {
        Kept { first, last, messages: last + 1 - first }
    }

    #[test]
    fn an_id_reads_back() {
        let cursor = Cursor { event: 12, record: 345 };
        assert_eq!(cursor.to_string().parse(), Ok(cursor));
        for wrong in ["", "12", "12-", "-", "12-345-6", "a-1", "18446744073709551616-1"] {
            assert!(wrong.parse::<Cursor>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn it_begins_now_or_behind_what_was_seen() {
        let (events, records) = (kept(3, 9), kept(1, 40));
        assert_eq!(Cursor::start(None, &events, &records), (Cursor { event: 9, record: 40 }, false));
        let seen = Cursor { event: 2, record: 7 };
        assert_eq!(Cursor::start(Some(seen), &events, &records), (seen, false));
    }

    #[test]
    fn what_was_lost_in_between_is_a_gap() {
        let (events, records) = (kept(3, 9), kept(1, 40));
        let old = Cursor { event: 1, record: 7 };
        assert_eq!(Cursor::start(Some(old), &events, &records), (old, true));
        let of_another_life = Cursor { event: 10, record: 7 };
        let now = Cursor { event: 9, record: 40 };
        assert_eq!(Cursor::start(Some(of_another_life), &events, &records), (now, true));
    }
}
