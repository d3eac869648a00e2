//! A random project: what is held on it, and what a plan wants.

use std::collections::BTreeSet;

use proto::Visibility;

use super::{ANYONE, Cast, State};
use crate::{Grants, LEVELS, Person, Seeded, Wish};

/// Everything that SonarQube stores on a private project.
pub(super) const KEYS: [&str; 6] =
    ["user", "codeviewer", "issueadmin", "securityhotspotadmin", "scan", "admin"];
/// Everybody has these on a public project, so they are not stored there.
pub(super) const IMPLIED: [&str; 2] = ["user", "codeviewer"];

/// A project before its sync, and what is wanted there.
#[derive(Debug)]
pub(super) struct Case {
    pub(super) start: State,
    pub(super) wish: Wish,
}

impl Case {
    pub(super) fn new(seed: u64, cast: &Cast) -> Self {
        let mut seeded = Seeded::new(seed);
        let start = state(&mut seeded, cast);
        Self { start, wish: wish(&mut seeded, cast) }
    }
}

fn state(seeded: &mut Seeded, cast: &Cast) -> State {
    let visibility = seeded.one(&[Visibility::Private, Visibility::Public]);
    let mut keys: Vec<&str> = KEYS.to_vec();
    keys.extend(cast.unknown);
    keys.retain(|key| visibility == Visibility::Private || !IMPLIED.contains(key));
    let (mut people, mut groups) = (Grants::new(), Grants::new());
    let holding = seeded.below(10);
    for login in seeded.some(&cast.logins(), holding) {
        people.insert(login, set(&seeded.some(&keys, 4)));
    }
    for group in seeded.some(&["sonar-users", &cast.team], 5) {
        groups.insert(group.to_owned(), set(&seeded.some(&keys, 4)));
    }
    if visibility == Visibility::Public && seeded.happens(3) {
        keys.retain(|key| *key != "admin");
        groups.insert(ANYONE.to_owned(), set(&seeded.some(&keys, 5)));
    }
    // They hold something always: on 26.8 they do on each new project, where nobody sees it.
    let administrators = seeded.one(&["admin", "issueadmin"]);
    groups.insert("sonar-administrators".to_owned(), set(&[administrators]));
    State { visibility, people: without_empty(people), groups: without_empty(groups) }
}

fn wish(seeded: &mut Seeded, cast: &Cast) -> Wish {
    let wanted = seeded.below(10);
    let mut candidates = cast.people.clone();
    candidates.extend(cast.strangers.iter().cloned());
    candidates.push(cast.skipped.clone());
    let levels = LEVELS.map(|(level, _)| level);
    let members = seeded.some(&candidates, wanted);
    let members = members.into_iter().map(|person| (person, seeded.one(&levels)));
    Wish {
        members: members.collect::<Vec<(Person, u16)>>(),
        exempt: vec![cast.exempt.clone()],
        visibility: seeded.one(&[None, Some(Visibility::Private), Some(Visibility::Public)]),
    }
}

pub(super) fn set(keys: &[&str]) -> BTreeSet<String> {
    keys.iter().map(|key| (*key).to_owned()).collect()
}

pub(super) fn without_empty(mut grants: Grants) -> Grants {
    grants.retain(|_, held| !held.is_empty());
    grants
}
