//! GitLab stops sending to hooks of projects and groups that keep failing: for a while, and in the end for good.
//! System hooks are never switched off.

use jiff::{SignedDuration, Timestamp};

use super::super::world::World;
use super::hook::{AlertStatus, HookOwner};

/// From this failure in a row on a hook is off for a while.
const FIRST: u32 = 4;
/// With this failure in a row it is off for good.
const LAST: u32 = 40;
const MINUTE_S: i64 = 60;
const LONGEST_S: i64 = 24 * 60 * MINUTE_S;

/// How the last deliveries went.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Health {
    /// In a row, up to now.
    failures: u32,
    /// It is off until then.
    pub(crate) disabled_until: Option<Timestamp>,
}

impl Health {
    pub(crate) fn alert_status(&self, now: Timestamp) -> AlertStatus {
        match self.disabled_until {
            _ if self.failures >= LAST => AlertStatus::Disabled,
            Some(until) if now < until => AlertStatus::TemporarilyDisabled,
            _ => AlertStatus::Executable,
        }
    }

    /// Off for a minute after the fourth failure, then twice as long each time, up to a day.
    fn fail(&mut self, now: Timestamp) {
        self.failures += 1;
        self.disabled_until = self.failures.checked_sub(FIRST).map(|doublings| {
            let seconds = MINUTE_S.saturating_mul(1 << doublings.min(20)).min(LONGEST_S);
            now.saturating_add(SignedDuration::from_secs(seconds)).unwrap_or(Timestamp::MAX)
        });
    }
}

impl World {
    /// Whether the end of a delivery changes anything about the hook.
    pub(crate) fn minds(&self, hook: u64, success: bool) -> bool {
        let watched = |hook: &super::Hook| hook.owner != HookOwner::Instance;
        let hook = self.hooks.by_id.get(&hook).filter(|hook| watched(hook) && self.hooks.disable_failing);
        hook.is_some_and(|hook| !success || hook.health != Health::default())
    }

    /// A delivery to the hook has ended.
    pub(crate) fn note_delivery(&mut self, hook: u64, success: bool) {
        let now = self.now();
        match self.hooks.by_id.get_mut(&hook) {
            Some(hook) if success => hook.health = Health::default(),
            Some(hook) => hook.health.fail(now),
            None => {}
        }
    }
}
