//! When it is told that no turns are made, because nobody knows which projects there are. Pure.

use std::time::Duration;

use jiff::Timestamp;

/// A new installation takes a while to list SonarQube's projects.
const FIRST_AFTER: Duration = Duration::from_secs(300);
const AGAIN_AFTER: Duration = Duration::from_secs(3600);

/// For how long no turn could be made.
#[derive(Debug, Default)]
pub(super) struct Silence {
    since: Option<Timestamp>,
    told: Option<Timestamp>,
}

impl Silence {
    /// A turn was made, or was another's.
    pub(super) const fn end(&mut self) {
        *self = Self { since: None, told: None };
    }

    /// No turn can be made now; the time that it has been so, when that is to be told: after some minutes, and then once
    /// an hour.
    pub(super) fn tell(&mut self, now: Timestamp) -> Option<Duration> {
        let lasts = |since: Timestamp| Duration::try_from(now.duration_since(since)).unwrap_or_default();
        let silent = lasts(*self.since.get_or_insert(now));
        let due = self.told.map_or(silent >= FIRST_AFTER, |told| lasts(told) >= AGAIN_AFTER);
        due.then(|| self.told = Some(now)).map(|()| silent)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_told_after_some_minutes_then_hourly_and_anew_after_a_turn() {
        let at = |seconds| Timestamp::from_second(1_800_000_000 + seconds).unwrap();
        let mut silence = Silence::default();
        let told = |silence: &mut Silence, times: &[i64]| -> Vec<i64> {
            times.iter().copied().filter(|time| silence.tell(at(*time)).is_some()).collect()
        };
        assert_eq!(told(&mut silence, &[0, 299, 300, 310, 3899, 3900, 3910, 7500]), [300, 3900, 7500]);
        silence.end();
        assert_eq!(told(&mut silence, &[7510, 7800, 7810]), [7810]);
    }
}
