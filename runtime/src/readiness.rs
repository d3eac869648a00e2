//! Whether this process can serve: one latch for each part it needs.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, PoisonError},
};

/// The latches of a process.
#[derive(Debug, Clone, Default)]
pub struct Readiness(Arc<Mutex<BTreeMap<String, bool>>>);

impl Readiness {
    /// Adds a part that is not ready yet; the same name twice is the same part.
    #[must_use]
    pub fn latch(&self, part: &str) -> Latch {
        let latch = Latch { readiness: self.clone(), part: part.to_owned() };
        latch.set(false);
        latch
    }

    /// The parts that are not ready.
    #[must_use]
    pub fn missing(&self) -> Vec<String> {
        let parts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        parts.iter().filter(|(_, ready)| !**ready).map(|(part, _)| part.clone()).collect()
    }
}

/// One part of a process.
#[derive(Debug, Clone)]
pub struct Latch {
    readiness: Readiness,
    part: String,
}

impl Latch {
    /// Says whether the part is ready.
    pub fn set(&self, ready: bool) {
        let mut parts = self.readiness.0.lock().unwrap_or_else(PoisonError::into_inner);
        parts.insert(self.part.clone(), ready);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_process_is_ready_when_every_part_is() {
        let readiness = Readiness::default();
        let (nats, intake) = (readiness.latch("nats"), readiness.latch("intake"));
        nats.set(true);
        assert_eq!(readiness.missing(), ["intake"]);
        intake.set(true);
        assert!(readiness.missing().is_empty());
        nats.set(false);
        assert_eq!(readiness.missing(), ["nats"]);
    }
}
