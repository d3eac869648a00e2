//! What a sync is to make of a state, from the rules in words, and not from the code that follows them.

use std::collections::BTreeSet;

use proto::Visibility;

use super::{
    ANYONE, Cast, Exposure, State,
    case::{IMPLIED, KEYS, set, without_empty},
};
use crate::{Wish, worth};

/// The groups that are closed, where any are.
pub(super) const CLOSED: [&str; 2] = ["sonar-users", ANYONE];

/// The state after the sync.
pub(super) fn end(before: &State, wish: &Wish, cast: &Cast, exposure: Exposure) -> State {
    let mut state = before.clone();
    let visibility = wish.visibility.unwrap_or(before.visibility);
    if visibility != before.visibility {
        flip(&mut state, cast, visibility);
    }
    let administered = !administrators(&state, cast).is_empty();
    let held = state.clone();
    give_each_what_the_level_is_worth(&mut state, wish, cast);
    if exposure == Exposure::Close && visibility == Visibility::Private {
        state.groups.iter_mut().filter(|(group, _)| CLOSED.contains(&group.as_str())).for_each(
            |(_, held)| {
                held.retain(|key| !KEYS.contains(&key.as_str()));
            },
        );
    }
    if administered && administrators(&state, cast).is_empty() {
        keep_the_first_administrator(&mut state, &held, cast);
    }
    state.people = without_empty(state.people);
    state.groups = without_empty(state.groups);
    state
}

/// What SonarQube does: to private gives Browse and See Source to whoever holds anything and takes everything from
/// Anyone; to public takes both from everybody. Only who administers the project may ask for it: the system makes itself
/// an administrator, unless it, or a group that it is in, is one.
fn flip(state: &mut State, cast: &Cast, to: Visibility) {
    let administers = |held: Option<&BTreeSet<String>>| held.is_some_and(|held| held.contains("admin"));
    let by_group = cast.own_groups.iter().any(|group| administers(state.groups.get(*group)));
    if !by_group && !administers(state.people.get(&cast.own)) {
        state.people.entry(cast.own.clone()).or_default().insert("admin".to_owned());
    }
    if to == Visibility::Private {
        state.groups.remove(ANYONE);
    }
    for held in state.people.values_mut().chain(state.groups.values_mut()) {
        match to {
            Visibility::Private => held.extend(set(&IMPLIED)),
            Visibility::Public => held.retain(|key| !IMPLIED.contains(&key.as_str())),
        }
    }
    state.people.retain(|_, held| !held.is_empty());
    state.groups.retain(|_, held| !held.is_empty());
    state.visibility = to;
}

/// A GitLab person holds what the level is worth and nothing else, but for permissions that nobody here has heard of.
fn give_each_what_the_level_is_worth(state: &mut State, wish: &Wish, cast: &Cast) {
    for person in &cast.people {
        let level = wish.members.iter().find(|(member, _)| member == person).map(|(_, level)| *level);
        let held = state.people.entry(person.login.clone()).or_default();
        held.retain(|key| !KEYS.contains(&key.as_str()));
        held.extend(level.map(|level| stored(level, state.visibility)).unwrap_or_default());
    }
}

/// What SonarQube stores of what a level is worth: what everybody has on a public project is not stored there.
#[must_use]
pub fn stored(level: u16, visibility: Visibility) -> BTreeSet<String> {
    let worth = worth(level).split_whitespace();
    let is_stored = |key: &&str| visibility == Visibility::Private || !IMPLIED.contains(key);
    worth.filter(is_stored).map(str::to_owned).collect()
}

/// Where everybody would lose `admin`, the first keeps it: people come before groups, and each by name.
fn keep_the_first_administrator(state: &mut State, held: &State, cast: &Cast) {
    let first = administrators(held, cast).into_iter().next().expect("an administrator");
    let grants = if held.people.contains_key(&first) { &mut state.people } else { &mut state.groups };
    grants.entry(first).or_default().insert("admin".to_owned());
}

/// Everybody who administers, but for the system itself, to whom nobody could turn.
fn administrators(state: &State, cast: &Cast) -> Vec<String> {
    let administers = |(name, held): (&String, &BTreeSet<String>)| {
        (held.contains("admin") && *name != cast.own).then(|| name.clone())
    };
    state.people.iter().chain(&state.groups).filter_map(administers).collect()
}
