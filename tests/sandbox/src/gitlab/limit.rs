//! Rate limits. The limit of the member list is an application limit: its 429 has a JSON body and no headers.
//! A limit of `Rack::Attack` covers the whole API and says in headers when to come back.

use std::cell::RefCell;
use std::collections::{BTreeMap, VecDeque};
use std::time::{Duration, Instant};

use jiff::Timestamp;
use serde_json::json;

use super::app::Refusal;
use super::world::World;

const MINUTE: Duration = Duration::from_secs(60);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LimitStyle {
    /// Only `projects/:id/members/all`; no header tells of it.
    Application,
    /// Every call; `Retry-After` and `RateLimit-*` headers, a plain text body.
    RackAttack,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RateLimit {
    pub calls: usize,
    /// The time in which so many calls are allowed; GitLab counts by the minute.
    pub within: Duration,
    pub style: LimitStyle,
}

impl RateLimit {
    pub const fn per_minute(calls: usize, style: LimitStyle) -> Self {
        Self { calls, within: MINUTE, style }
    }
}

/// When each user called lately.
#[derive(Debug, Clone, Default)]
pub(super) struct Seen(BTreeMap<u64, VecDeque<Instant>>);

impl Seen {
    /// Counts a call against an application limit.
    pub(super) fn allow(&mut self, user: u64, limit: RateLimit) -> Result<(), Refusal> {
        let text = "This endpoint has been requested too many times. Try again later.";
        let refusal = |_| Refusal::with(429, json!({ "message": { "error": text } }));
        self.count(user, limit, Instant::now()).map(|_| ()).map_err(refusal)
    }

    /// Counts a call; `Err` with the time to wait when there were too many.
    fn count(&mut self, user: u64, limit: RateLimit, now: Instant) -> Result<usize, Duration> {
        let calls = self.0.entry(user).or_default();
        while calls.front().is_some_and(|first| now.duration_since(*first) >= limit.within) {
            calls.pop_front();
        }
        match calls.front() {
            Some(first) if calls.len() >= limit.calls => Err(limit.within - now.duration_since(*first)),
            _ => {
                calls.push_back(now);
                Ok(calls.len())
            }
        }
    }
}

impl World {
    /// Forgets the calls counted so far, as after a minute of silence.
    pub fn reset_rate_limit(&mut self) {
        self.seen = RefCell::default();
        self.hooks.forget_calls();
    }

    pub(super) fn limit_members_all(&self, user: u64) -> Result<(), Refusal> {
        match self.rate_limit.filter(|limit| limit.style == LimitStyle::Application) {
            Some(limit) => self.seen.borrow_mut().allow(user, limit),
            None => Ok(()),
        }
    }

    /// The throttle in front of the application.
    pub(super) fn throttle(&self, user: u64) -> Result<(), Refusal> {
        let Some(limit) = self.rate_limit.filter(|limit| limit.style == LimitStyle::RackAttack) else {
            return Ok(());
        };
        let counted = self.seen.borrow_mut().count(user, limit, Instant::now());
        counted.map(|_| ()).map_err(|wait| throttled(limit.calls, wait, self.now()))
    }
}

/// `RateLimit-Reset` is a moment, not a time to wait as `Retry-After` is.
fn throttled(calls: usize, wait: Duration, now: Timestamp) -> Refusal {
    let seconds = wait.as_secs().max(1).to_string();
    let headers = vec![
        ("retry-after", seconds),
        ("ratelimit-limit", calls.to_string()),
        ("ratelimit-name", "throttle_authenticated_api".to_owned()),
        ("ratelimit-observed", (calls + 1).to_string()),
        ("ratelimit-remaining", "0".to_owned()),
        ("ratelimit-reset", (now + wait).as_second().to_string()),
    ];
    Refusal::plain(429, "Retry later\n", headers)
}
