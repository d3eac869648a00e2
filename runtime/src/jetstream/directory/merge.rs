//! How what was learnt of a project or group is put together with what is known. Pure: whatever the order in which
//! readings and events arrive, and however often, the end is the same.
//!
//! The newest reading that showed a thing says what it is; a newer one that did not show it says that it is not there.
//! Of paths nothing is lost: each that it ever had is its path or one of the previous. What a clock that was wrong has
//! put far ahead of a new reading counts as older than that: it must not hide all others until its time comes.

use jiff::{SignedDuration, Timestamp};
use proto::{DirectoryGroup, DirectoryProject, Message, Presence, PreviousPath};

/// How many previous paths are kept.
pub const KEPT: usize = 50;
/// A moment that lies so far ahead of a new reading was written by a clock that was wrong. Readings take less.
const AHEAD: SignedDuration = SignedDuration::from_mins(10);

/// What was learnt at one time.
#[derive(Debug, Clone)]
pub struct News<E> {
    /// What GitLab showed. Where it showed nothing: what an event told, as of 1970, for want of anything better.
    pub shown: Option<E>,
    /// When the reading began that did not show it.
    pub missed: Option<Timestamp>,
    /// Whether GitLab told that it was deleted.
    pub destroyed: bool,
    /// A path that it had before, as an event told.
    pub previous: Option<PreviousPath>,
}

/// A project or a group of the directory.
pub trait Entry: Message + Clone + PartialEq {
    /// The path.
    fn path(&self) -> &str;
    /// When the last reading began that showed it.
    fn as_of(&self) -> Timestamp;
    /// When the last reading began that did not.
    fn missed(&self) -> Option<Timestamp>;
    /// Whether it is there.
    fn presence(&self) -> Presence;
    /// The paths that it had before.
    fn previous(&self) -> &[PreviousPath];
    /// What is kept over readings.
    fn kept(&mut self) -> Kept<'_>;

    /// When the last reading of it began, whatever it showed.
    fn read(&self) -> Timestamp {
        self.missed().map_or(self.as_of(), |missed| missed.max(self.as_of()))
    }

    /// Whether a clock that was wrong has put it far ahead of a reading that began then.
    fn is_far_ahead_of(&self, reading: Timestamp) -> bool {
        is_far_ahead(self.read(), reading)
    }

    /// Until when it had the path, if it had it before.
    fn until(&self, path: &str) -> Option<Timestamp> {
        let had = self.previous().iter().find(|previous| previous.path.eq_ignore_ascii_case(path));
        had.map(|previous| previous.until)
    }
}

/// What is kept over readings.
#[derive(Debug)]
pub struct Kept<'a> {
    as_of: &'a mut Timestamp,
    presence: &'a mut Presence,
    previous: &'a mut Vec<PreviousPath>,
    missed: &'a mut Option<Timestamp>,
    destroyed: &'a mut bool,
}

impl<E: Entry> News<E> {
    /// GitLab showed this.
    pub const fn shown(entry: E) -> Self {
        Self { shown: Some(entry), missed: None, destroyed: false, previous: None }
    }

    /// GitLab did not show it. `told` is what else is known of it, where it was never shown.
    pub const fn missed(at: Timestamp, told: Option<E>) -> Self {
        Self { shown: told, missed: Some(at), destroyed: false, previous: None }
    }

    /// What there is to know now; nothing where not even a path is known.
    #[must_use]
    pub fn told(&self, known: Option<&E>) -> Option<E> {
        let known = known.map(|known| self.set_right(known.clone()));
        let mut end = match (known, self.shown.clone()) {
            (None, None) => return None,
            (Some(one), None) | (None, Some(one)) => one,
            (Some(known), Some(shown)) => newer(known, shown),
        };
        let kept = end.kept();
        *kept.missed = (*kept.missed).max(self.missed);
        *kept.destroyed |= self.destroyed;
        kept.previous.extend(self.previous.clone());
        settle(&mut end);
        Some(end)
    }

    /// When the reading began that this comes from; none where it comes from no reading.
    fn read(&self) -> Option<Timestamp> {
        let shown = self.shown.as_ref().map(Entry::as_of).filter(|as_of| *as_of > Timestamp::UNIX_EPOCH);
        shown.max(self.missed)
    }

    /// What is known, with whatever lies far ahead of this reading set right before it.
    fn set_right(&self, mut known: E) -> E {
        let Some(reading) = self.read() else { return known };
        let before = reading.saturating_sub(SignedDuration::from_nanos(1)).unwrap_or(reading);
        let kept = known.kept();
        let untils = kept.previous.iter_mut().map(|previous| &mut previous.until);
        for moment in [kept.as_of].into_iter().chain(kept.missed.as_mut()).chain(untils) {
            if is_far_ahead(*moment, reading) {
                *moment = before;
            }
        }
        known
    }
}

fn is_far_ahead(moment: Timestamp, reading: Timestamp) -> bool {
    moment.duration_since(reading) > AHEAD
}

/// The one that was read later, with what is kept of the other. Of two at the same moment the path decides, for want of
/// anything better.
fn newer<E: Entry>(one: E, other: E) -> E {
    let order = |entry: &E| (entry.as_of(), entry.path().to_owned());
    let (mut end, mut older) = if order(&one) >= order(&other) { (one, other) } else { (other, one) };
    let before = PreviousPath { path: older.path().to_owned(), until: end.as_of() };
    // It may have been told before that it had this path at that time.
    let is_told = [&end, &older].iter().any(|entry| entry.until(&before.path) >= Some(older.as_of()));
    let (kept, lost) = (end.kept(), older.kept());
    kept.previous.append(lost.previous);
    kept.previous.extend((!is_told).then_some(before));
    *kept.missed = (*kept.missed).max(*lost.missed);
    *kept.destroyed |= *lost.destroyed;
    end
}

/// Each previous path once, the newest last, and none that is the path now; GitLab's paths are the same in upper and
/// lower case.
fn settle<E: Entry>(entry: &mut E) {
    let (path, as_of) = (entry.path().to_owned(), entry.as_of());
    let kept = entry.kept();
    kept.previous.retain(|previous| !previous.path.eq_ignore_ascii_case(&path));
    kept.previous.sort_by(|one, other| (other.until, &other.path).cmp(&(one.until, &one.path)));
    let mut seen = Vec::new();
    kept.previous.retain(|previous| {
        let path = previous.path.to_ascii_lowercase();
        let first = !seen.contains(&path);
        seen.push(path);
        first
    });
    kept.previous.truncate(KEPT);
    kept.previous.reverse();
    *kept.presence = match (*kept.missed, *kept.destroyed) {
        (Some(missed), true) if missed > as_of => Presence::Gone,
        (Some(missed), false) if missed > as_of => Presence::Unseen,
        _ => Presence::Present,
    };
}

/// Both kinds keep it in fields of the same names.
macro_rules! entries {
    ($($entry:ty),+) => {
        $(
            impl Entry for $entry {
                fn path(&self) -> &str {
                    &self.path
                }

                fn as_of(&self) -> Timestamp {
                    self.as_of
                }

                fn missed(&self) -> Option<Timestamp> {
                    self.missed
                }

                fn presence(&self) -> Presence {
                    self.presence
                }

                fn previous(&self) -> &[PreviousPath] {
                    &self.previous
                }

                fn kept(&mut self) -> Kept<'_> {
                    let Self { as_of, presence, previous, missed, destroyed, .. } = self;
                    Kept { as_of, presence, previous, missed, destroyed }
                }
            }
        )+
    };
}

entries!(DirectoryProject, DirectoryGroup);

#[cfg(test)]
mod tests;
