//! Looking at an installation: what was looked at, how it is, and how to mend what is not well. Changes nothing.
//!
//! Which checks there are is told by each system's own module; those of nats-server are in [`nats`].

pub mod nats;

use std::fmt::Display;

use jiff::{SignedDuration, Timestamp};
use serde::Serialize;

/// A clock that is off by more is told of.
const CLOCK_WARN: SignedDuration = SignedDuration::from_secs(30);
/// A clock that is off by more breaks what rests on it: ends of tokens, signatures, the order of readings.
const CLOCK_FAIL: SignedDuration = SignedDuration::from_mins(5);
/// How long before its end a token is told of: time enough to have a new one made.
const SOON_DAYS: i64 = 30;
const DAY: i64 = 24 * 60 * 60;

/// One thing that was looked at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Check {
    /// What it is about.
    pub name: &'static str,
    /// How it is.
    pub state: State,
    /// What was found.
    pub found: String,
    /// What to do about it, where it is not well.
    pub mend: Option<String>,
}

/// How a thing is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum State {
    /// As it should be.
    Ok,
    /// It works, and a person should know.
    Warn,
    /// It does not work.
    Fail,
    /// It was not looked at: this machine lacks the settings for it.
    Skip,
}

/// What was found of one system.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Report {
    /// In the order in which they were made.
    pub checks: Vec<Check>,
    /// Whether everything was looked at. What fails early makes the rest impossible.
    pub complete: bool,
}

impl Report {
    /// Everything was looked at.
    #[must_use]
    pub const fn whole(checks: Vec<Check>) -> Self {
        Self { checks, complete: true }
    }

    /// What was found makes it impossible to look at the rest.
    #[must_use]
    pub const fn broken_off(checks: Vec<Check>) -> Self {
        Self { checks, complete: false }
    }

    /// Nothing was looked at, because this machine lacks `setting`.
    #[must_use]
    pub fn not_set(name: &'static str, setting: impl Display) -> Self {
        Self::whole(vec![Check::skip(name, setting)])
    }

    /// How many checks fail.
    #[must_use]
    pub fn failed(&self) -> usize {
        self.checks.iter().filter(|check| check.state == State::Fail).count()
    }
}

impl Check {
    /// It is as it should be.
    pub fn ok(name: &'static str, found: impl Into<String>) -> Self {
        Self { name, state: State::Ok, found: found.into(), mend: None }
    }

    /// It works, and a person should know.
    pub fn warn(name: &'static str, found: impl Into<String>, mend: impl Display) -> Self {
        Self { name, state: State::Warn, found: found.into(), mend: Some(mend.to_string()) }
    }

    /// It does not work.
    pub fn fail(name: &'static str, found: impl Into<String>, mend: impl Display) -> Self {
        Self { name, state: State::Fail, found: found.into(), mend: Some(mend.to_string()) }
    }

    /// It is not looked at, because this machine lacks `setting`.
    pub fn skip(name: &'static str, setting: impl Display) -> Self {
        Self { name, state: State::Skip, found: format!("not set here: {setting}"), mend: None }
    }

    /// By how much this machine's clock and another's differ.
    #[must_use]
    pub fn clock(theirs: Timestamp, ours: Timestamp, whose: &str) -> Self {
        const NAME: &str = "clock";
        let (ahead, by) = (ours > theirs, theirs.duration_since(ours).abs());
        if by <= CLOCK_WARN {
            return Self::ok(NAME, format!("within {} s of {whose}'s", CLOCK_WARN.as_secs()));
        }
        let direction = if ahead { "ahead of" } else { "behind" };
        let found = format!("{} s {direction} {whose}'s", by.as_secs());
        let mend = format!(
            "let both machines keep the time by NTP (chrony or systemd-timesyncd), this one and {whose}'s"
        );
        if by > CLOCK_FAIL { Self::fail(NAME, found, mend) } else { Self::warn(NAME, found, mend) }
    }

    /// When a token ends; `mend` is how to have a new one.
    #[must_use]
    pub fn expiry(expires: Option<Timestamp>, now: Timestamp, mend: &str) -> Self {
        const NAME: &str = "token's end";
        let Some(at) = expires else { return Self::ok(NAME, "none") };
        let days = at.duration_since(now).as_secs().div_euclid(DAY);
        let found = format!("{at}, in {days} days");
        match days {
            ..0 => Self::fail(NAME, format!("{at}, which has passed"), mend),
            0..SOON_DAYS => Self::warn(NAME, found, mend),
            _ => Self::ok(NAME, found),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clock_is_told_of_after_30_seconds_and_fails_after_5_minutes() {
        let state = |seconds| {
            let theirs = Timestamp::UNIX_EPOCH + SignedDuration::from_secs(seconds);
            Check::clock(theirs, Timestamp::UNIX_EPOCH, "GitLab")
        };
        let states = [0, 30, -30, 31, -31, 300, 301, -301].map(|seconds| state(seconds).state);
        use State::{Fail, Ok, Warn};
        assert_eq!(states, [Ok, Ok, Ok, Warn, Warn, Warn, Fail, Fail]);
        assert_eq!(state(-400).found, "400 s ahead of GitLab's");
        assert_eq!(state(400).found, "400 s behind GitLab's");
        assert!(state(400).mend.is_some_and(|mend| mend.contains("NTP")));
    }

    #[test]
    fn a_token_is_told_of_in_its_last_month() {
        let state = |days: i64| {
            let end = Timestamp::UNIX_EPOCH + SignedDuration::from_secs(days * DAY);
            Check::expiry(Some(end), Timestamp::UNIX_EPOCH, "make another").state
        };
        assert_eq!(
            [31, 30, 29, 0, -1].map(state),
            [State::Ok, State::Ok, State::Warn, State::Warn, State::Fail]
        );
        assert_eq!(Check::expiry(None, Timestamp::UNIX_EPOCH, "").state, State::Ok);
    }
}
