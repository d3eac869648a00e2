//! Webhooks: which there are, who of them hears of an event, and how it reaches them.
//!
//! An event is made where the world changes ([`super::events`]), handed over when the lock of the world is given back,
//! and delivered over HTTP behind the backs of those who change it: at most once, without a retry.

mod courier;
mod health;
mod history;
mod hook;
mod request;
mod signature;
mod tell;
mod weather;

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::time::Duration;

pub(super) use courier::{Courier, run};
pub use history::{Attempt, Delivery};
pub use hook::{AlertStatus, Hook, HookOwner};
pub(super) use request::Parcel;
pub(super) use signature::is_signing_token;
pub use signature::sign;
pub use weather::Weather;

use super::app::Refusal;
use super::limit::{LimitStyle, RateLimit, Seen};

/// The webhooks of one GitLab, and what the instance has set for all of them.
#[derive(Debug, Clone)]
pub struct Hooks {
    /// By id; one count for all kinds.
    pub by_id: BTreeMap<u64, Hook>,
    pub weather: Weather,
    /// The feature flag `webhook_signing_token`: while it is off, signing tokens are ignored without a word.
    pub take_signing_tokens: bool,
    /// The feature flag `auto_disabling_web_hooks`.
    pub disable_failing: bool,
    /// Silent mode: nothing is sent.
    pub silent: bool,
    /// How long a receiver may take.
    pub timeout: Duration,
    /// Deliveries that were made under the lock and wait for its end.
    pub(super) outbox: Vec<Parcel>,
    /// How many deliveries there have been: what the weather does depends on the number.
    made: u64,
    tests: RefCell<Seen>,
    resends: RefCell<Seen>,
}

impl Default for Hooks {
    fn default() -> Self {
        Self {
            by_id: BTreeMap::new(),
            weather: Weather::default(),
            take_signing_tokens: true,
            disable_failing: true,
            silent: false,
            timeout: Duration::from_secs(10),
            outbox: Vec::new(),
            made: 0,
            tests: RefCell::default(),
            resends: RefCell::default(),
        }
    }
}

/// Test deliveries and resends have a limit of their own, each by person.
const CALLS: RateLimit = RateLimit::per_minute(5, LimitStyle::Application);

impl Hooks {
    pub(super) fn allow_test(&self, user: u64) -> Result<(), Refusal> {
        self.tests.borrow_mut().allow(user, CALLS)
    }

    pub(super) fn allow_resend(&self, user: u64) -> Result<(), Refusal> {
        self.resends.borrow_mut().allow(user, CALLS)
    }

    pub(super) fn forget_calls(&self) {
        self.tests.take();
        self.resends.take();
    }
}
