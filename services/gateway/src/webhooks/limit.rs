//! How many events about one thing are in work at a time: the next ones wait in their stream, and hold up nobody else's.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use super::consequence::Consequence;

/// Events about one project, group or person that are in work at a time.
const MOST: usize = 10;

/// What is in work. Cheap to clone.
#[derive(Debug, Clone, Default)]
pub(super) struct Limit(Arc<Mutex<HashMap<Consequence, usize>>>);

/// The place of an event in work; free again when it is dropped.
#[derive(Debug)]
pub(super) struct Place {
    limit: Limit,
    about: Consequence,
}

impl Limit {
    /// A place for one more, if there is one.
    pub(super) fn take(&self, about: Consequence) -> Option<Place> {
        let mut held = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let count = held.entry(about).or_default();
        if *count >= MOST {
            return None;
        }
        *count += 1;
        Some(Place { limit: self.clone(), about })
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut held = self.limit.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = held.get_mut(&self.about) {
            *count -= 1;
            if *count == 0 {
                held.remove(&self.about);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use proto::{GroupId, ProjectId};

    use super::*;

    #[test]
    fn the_eleventh_waits_for_one_of_the_ten_and_others_do_not() {
        let limit = Limit::default();
        let busy = Consequence::Project(ProjectId(7));
        let mut places: Vec<Place> = (0..MOST).map(|_| limit.take(busy).unwrap()).collect();
        assert!(limit.take(busy).is_none());
        for other in [Consequence::Project(ProjectId(8)), Consequence::Group(GroupId(7))] {
            assert!(limit.take(other).is_some(), "{other}");
        }
        places.pop();
        assert!(limit.take(busy).is_some());
        drop(places);
        assert!(limit.0.lock().unwrap().is_empty(), "nothing is kept of those who are done");
    }
}
