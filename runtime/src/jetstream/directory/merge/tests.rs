//! A small GitLab in which one project is moved, hidden and deleted; readings of it and events about it come in any order,
//! some twice, some never.

use std::collections::BTreeSet;

use proptest::{collection::vec, prelude::*};
use proto::ProjectId;

use super::*;

const PATHS: [&str; 5] = ["acme/shop", "acme/Store", "blog/shop", "old/shop", "ACME/SHOP"];
const LAST: i64 = 40;

fn at(moment: i64) -> Timestamp {
    Timestamp::from_second(1_800_000_000 + moment).unwrap()
}

fn project(path: &str, as_of: Timestamp) -> DirectoryProject {
    DirectoryProject::shown(ProjectId(7), path, as_of)
}

/// What happened to the project.
#[derive(Debug, Clone)]
struct History {
    /// From the moment on it has the path.
    moves: Vec<(i64, usize)>,
    /// From then on it is gone, and GitLab tells of it.
    deleted: Option<i64>,
    /// Between these the token does not see it.
    hidden: (i64, i64),
}

impl History {
    fn path(&self, moment: i64) -> &'static str {
        let last = self.moves.iter().rfind(|(at, _)| *at <= moment);
        PATHS[last.map_or(0, |(_, path)| *path)]
    }

    /// What a reading at that moment tells.
    fn reading(&self, moment: i64) -> News<DirectoryProject> {
        let hidden = (self.hidden.0..self.hidden.1).contains(&moment);
        if hidden || self.deleted.is_some_and(|deleted| deleted <= moment) {
            return News::missed(at(moment), None);
        }
        News::shown(project(self.path(moment), at(moment)))
    }

    /// What the events tell, each with the reading that it led to, so many moments later.
    fn events(&self, later: i64) -> Vec<News<DirectoryProject>> {
        let moved = self.moves.iter().map(|(moment, _)| {
            let path = self.path(moment - 1).to_owned();
            let previous = Some(PreviousPath { path, until: at(*moment) });
            News { previous, ..self.reading(moment + later) }
        });
        let deleted = self.deleted.map(|moment| News { destroyed: true, ..self.reading(moment + later) });
        moved.chain(deleted).collect()
    }
}

prop_compose! {
    fn any_history()(
        mut moves in vec((1..LAST, 0..PATHS.len()), 0..6),
        deleted in proptest::option::of(1..LAST),
        hidden in (0..LAST, 0..LAST),
    ) -> History {
        moves.sort_unstable();
        moves.dedup_by_key(|(moment, _)| *moment);
        History { moves, deleted, hidden }
    }
}

/// What is told of a history: the last reading, and some of all else, some of it twice, in two orders.
fn any_telling() -> impl Strategy<Value = (History, Vec<News<DirectoryProject>>, Vec<News<DirectoryProject>>)>
{
    let parts = (any_history(), vec(0..LAST, 0..8), 0..5_i64, vec(0..3_usize, 20));
    parts.prop_flat_map(|(history, readings, later, times)| {
        let all = readings.iter().map(|moment| history.reading(*moment)).chain(history.events(later));
        let told = all.zip(times).flat_map(|(news, times)| vec![news; times]);
        let told: Vec<_> = told.chain([history.reading(LAST + 10)]).collect();
        let begun = |first: News<DirectoryProject>, told: Vec<_>| [vec![first], told].concat();
        // Before anything was shown no path is known to say anything of.
        let first = history.reading(-1);
        let shuffled = move |told| {
            let first = first.clone();
            Just(told).prop_shuffle().prop_map(move |told| begun(first.clone(), told))
        };
        (Just(history), shuffled(told.clone()), shuffled(told))
    })
}

fn end(told: &[News<DirectoryProject>]) -> Option<DirectoryProject> {
    told.iter().fold(None, |known, news| news.told(known.as_ref()).or(known))
}

fn lower(path: &str) -> String {
    path.to_ascii_lowercase()
}

/// Everything but the moments at which paths were noticed to be others, which do depend on the order.
fn fixed(project: &DirectoryProject) -> (DirectoryProject, BTreeSet<String>) {
    let previous = project.previous.iter().map(|previous| lower(&previous.path)).collect();
    (DirectoryProject { previous: Vec::new(), ..project.clone() }, previous)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn in_any_order_and_however_often_it_ends_as_the_last_reading_says((history, one, other) in any_telling()) {
        let shown: Vec<_> = one.iter().filter_map(|news| news.shown.as_ref()).collect();
        let (one_end, other_end) = (end(&one).unwrap(), end(&other).unwrap());
        prop_assert_eq!(fixed(&one_end), fixed(&other_end));

        let newest = shown.iter().max_by_key(|shown| shown.as_of).unwrap();
        prop_assert_eq!(&one_end.path, &newest.path);
        let destroyed = one.iter().any(|news| news.destroyed);
        let is_there = history.reading(LAST + 10).shown.is_some();
        prop_assert_eq!(one_end.presence == Presence::Present, is_there);
        prop_assert_eq!(one_end.presence == Presence::Gone, !is_there && destroyed);

        let told = one.iter().flat_map(|news| {
            let shown = news.shown.as_ref().map(|shown| lower(&shown.path));
            shown.into_iter().chain(news.previous.as_ref().map(|previous| lower(&previous.path)))
        });
        let had: BTreeSet<String> = told.filter(|path| *path != lower(&one_end.path)).collect();
        prop_assert_eq!(fixed(&one_end).1, had);
        prop_assert_eq!(one_end.previous.len(), fixed(&one_end).1.len(), "each once");
        prop_assert!(one_end.previous.is_sorted_by_key(|previous| previous.until));
    }

    #[test]
    fn what_is_known_already_changes_nothing((_, told, _) in any_telling()) {
        if let Some(known) = end(&told) {
            for news in &told {
                prop_assert_eq!(news.told(Some(&known)).as_ref().map(fixed), Some(fixed(&known)));
            }
        }
    }
}

/// A reading by a clock that is so many moments ahead.
fn by_wrong_clock(news: &News<DirectoryProject>, ahead: i64) -> News<DirectoryProject> {
    let later = |at: Timestamp| at + SignedDuration::from_secs(ahead);
    let shown = news.shown.clone().map(|shown| DirectoryProject { as_of: later(shown.as_of), ..shown });
    News { shown, missed: news.missed.map(later), ..news.clone() }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn whatever_was_read_by_clocks_far_ahead_the_next_reading_by_a_right_one_counts(
        (history, told, _) in any_telling(),
        wrong in vec(proptest::option::of(700..1_000_000_i64), 40),
    ) {
        let by = |(news, ahead): (&News<_>, &Option<i64>)| ahead.map_or(news.clone(), |ahead| by_wrong_clock(news, ahead));
        let told: Vec<_> = told.iter().zip(wrong.iter().cycle()).map(by).chain([history.reading(LAST + 20)]).collect();
        let (end, last) = (end(&told).unwrap(), history.reading(LAST + 20));
        prop_assert_eq!(end.presence == Presence::Present, last.shown.is_some());
        if let Some(shown) = last.shown {
            prop_assert_eq!((end.path, end.as_of), (shown.path, shown.as_of));
        }
        prop_assert!(end.missed.is_none_or(|missed| missed <= at(LAST + 20)));
        prop_assert!(end.previous.iter().all(|previous| previous.until <= at(LAST + 20)));
    }
}

#[test]
fn the_newest_fifty_paths_are_kept() {
    let told: Vec<_> = (0..60).map(|nth| News::shown(project(&format!("acme/p{nth}"), at(nth)))).collect();
    let end = end(&told).unwrap();
    assert_eq!((end.previous.len(), end.path.as_str()), (KEPT, "acme/p59"));
    assert_eq!((end.previous[0].path.as_str(), end.previous[49].path.as_str()), ("acme/p9", "acme/p58"));
}

#[test]
fn what_was_never_shown_is_what_an_event_told_of_it() {
    let told = project("acme/shop", Timestamp::UNIX_EPOCH);
    let news = News { destroyed: true, ..News::missed(at(5), Some(told)) };
    let known = news.told(None).unwrap();
    assert_eq!((known.path.as_str(), known.presence), ("acme/shop", Presence::Gone));
    assert_eq!(News::<DirectoryProject>::missed(at(5), None).told(None), None);
    let shown = News::shown(project("blog/shop", at(3))).told(Some(&known)).unwrap();
    assert_eq!(
        (shown.path.as_str(), shown.presence),
        ("blog/shop", Presence::Gone),
        "it was seen before that"
    );
}
