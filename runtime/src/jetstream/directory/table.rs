//! Things by id, by path, and by a path that they had before.
//!
//! A path leads to what has it now; only where nothing has it, to what had it last. Of several that have it, one that is
//! there comes first: a path is free for the next one as soon as something is deleted.

use std::{
    cmp::Reverse,
    collections::{BTreeSet, HashMap},
    hash::Hash,
};

use proto::{FoundBy, Presence};

use super::merge::Entry;

/// Things by id and by path.
#[derive(Debug)]
pub(super) struct Table<I, E> {
    by_id: HashMap<I, E>,
    by_path: Index<String, I>,
    by_previous: Index<String, I>,
}

/// Ids by something that several may share.
#[derive(Debug)]
pub(super) struct Index<K, I>(HashMap<K, BTreeSet<I>>);

impl<I, E> Default for Table<I, E> {
    fn default() -> Self {
        Self { by_id: HashMap::new(), by_path: Index::default(), by_previous: Index::default() }
    }
}

impl<I: Copy + Ord + Hash, E: Entry> Table<I, E> {
    pub(super) fn get(&self, id: I) -> Option<&E> {
        self.by_id.get(&id)
    }

    pub(super) fn all(&self) -> impl Iterator<Item = &E> {
        self.by_id.values()
    }

    /// What has the path now, or had it last.
    pub(super) fn find(&self, path: &str) -> Option<(&E, FoundBy)> {
        let path = path.trim_matches('/').to_ascii_lowercase();
        let now = self.listed(&self.by_path, &path);
        let now = now.max_by_key(|entry| (Reverse(rank(entry.presence())), entry.as_of()));
        let before = || self.listed(&self.by_previous, &path).max_by_key(|entry| entry.until(&path));
        now.map(|found| (found, FoundBy::Path))
            .or_else(|| before().map(|found| (found, FoundBy::PreviousPath)))
    }

    fn listed(&self, index: &Index<String, I>, path: &String) -> impl Iterator<Item = &E> {
        index.get(path).into_iter().flatten().filter_map(|id| self.get(*id))
    }

    /// What was there before, where the entry is taken: one that is older than what is here is not, unless a clock that
    /// was wrong has put that far ahead.
    pub(super) fn take(&mut self, id: I, entry: E) -> Option<Option<E>> {
        let read = entry.read();
        if self.get(id).is_some_and(|known| known.read() > read && !known.is_far_ahead_of(read)) {
            return None;
        }
        let before = self.by_id.remove(&id);
        self.by_path.replace(
            before.as_ref().map(|before| lower(before.path())),
            Some(lower(entry.path())),
            id,
        );
        for previous in before.iter().flat_map(Entry::previous) {
            self.by_previous.replace(Some(lower(&previous.path)), None, id);
        }
        for previous in entry.previous() {
            self.by_previous.replace(None, Some(lower(&previous.path)), id);
        }
        self.by_id.insert(id, entry);
        Some(before)
    }
}

impl<K, I> Default for Index<K, I> {
    fn default() -> Self {
        Self(HashMap::new())
    }
}

impl<K: Eq + Hash, I: Ord> Index<K, I> {
    pub(super) fn get(&self, key: &K) -> Option<&BTreeSet<I>> {
        self.0.get(key)
    }

    /// The id stands under `to`, and not under `from` any more.
    pub(super) fn replace(&mut self, from: Option<K>, to: Option<K>, id: I) {
        if let Some(from) = from
            && let Some(ids) = self.0.get_mut(&from)
        {
            ids.remove(&id);
            if ids.is_empty() {
                self.0.remove(&from);
            }
        }
        if let Some(to) = to {
            self.0.entry(to).or_default().insert(id);
        }
    }
}

/// GitLab's paths are the same in upper and lower case.
fn lower(path: &str) -> String {
    path.to_ascii_lowercase()
}

/// What is there comes first.
const fn rank(presence: Presence) -> u8 {
    match presence {
        Presence::Present => 0,
        Presence::Unseen => 1,
        Presence::Gone => 2,
    }
}
