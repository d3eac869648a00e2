//! Faults on demand: bad answers, cut connections, and gates that hold a request while a test changes the world.
//!
//! A fault counts the requests that match it from the moment it was added. It strikes before the handler runs
//! (the request never took effect), or by choice after it (the effect stays, the answer is spoilt).

mod apply;
mod body;
mod gate;
mod page;
mod rule;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

pub(crate) use apply::answer;
pub(crate) use body::no_answer;
pub use gate::Gate;
pub use rule::{Fault, FaultKind, Rule};

use gate::Hold;
use rule::Asked;

/// The faults of one server; clones share them.
#[derive(Debug, Clone, Default)]
pub struct Faults {
    armed: Arc<Mutex<Vec<Armed>>>,
}

#[derive(Debug)]
struct Armed {
    rule: Rule,
    seen: u32,
    action: Action,
}

#[derive(Debug, Clone)]
enum Action {
    Spoil(FaultKind),
    Hold(Hold),
}

/// An action chosen for one request; `hit` counts from 1.
#[derive(Debug)]
struct Strike {
    action: Action,
    after_effect: bool,
    hit: u32,
}

impl Faults {
    fn lock(&self) -> MutexGuard<'_, Vec<Armed>> {
        self.armed.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub fn add(&self, fault: Fault) {
        self.arm(fault.rule, Action::Spoil(fault.kind));
    }

    /// Holds the `nth` matching request (from 1) before it takes effect.
    pub fn hold(&self, method: &str, path: &str, nth: u32) -> Gate {
        self.gate(Fault::on(method, path).nth(nth))
    }

    /// Holds the answer of the `nth` matching request, which has taken effect by then.
    pub fn hold_answer(&self, method: &str, path: &str, nth: u32) -> Gate {
        self.gate(Fault::on(method, path).nth(nth).after_effect())
    }

    /// Holds the `nth` request of any kind from now on, before it takes effect.
    pub fn hold_any(&self, nth: u32) -> Gate {
        self.hold("*", "", nth)
    }

    /// Holds the answer of the `nth` request of any kind from now on.
    pub fn hold_any_answer(&self, nth: u32) -> Gate {
        self.hold_answer("*", "", nth)
    }

    /// How many requests have matched the faults and gates so far and were struck.
    pub fn struck(&self) -> u32 {
        self.lock().iter().map(|armed| armed.rule.hits_within(armed.seen)).sum()
    }

    /// Forgets every fault; requests that are held go on.
    pub fn clear(&self) {
        for armed in self.lock().drain(..) {
            if let Action::Hold(hold) = armed.action {
                hold.release();
            }
        }
    }

    fn gate(&self, rule: Rule) -> Gate {
        let hold = Hold::default();
        self.arm(rule, Action::Hold(hold.clone()));
        Gate::new(hold)
    }

    fn arm(&self, rule: Rule, action: Action) {
        self.lock().push(Armed { rule, seen: 0, action });
    }

    fn decide(&self, asked: &Asked<'_>) -> Vec<Strike> {
        let mut armed = self.lock();
        armed.iter_mut().filter_map(|fault| fault.strike(asked)).collect()
    }
}

impl Armed {
    fn strike(&mut self, asked: &Asked<'_>) -> Option<Strike> {
        if !self.rule.matches(asked) {
            return None;
        }
        self.seen += 1;
        let hit = self.rule.hit(self.seen)?;
        Some(Strike { action: self.action.clone(), after_effect: self.rule.is_after_effect(), hit })
    }
}
