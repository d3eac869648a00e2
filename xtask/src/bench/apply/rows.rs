//! The result: time and calls of each kind of sync, beside the bare filling of the same template.

use super::round::Round;
use super::sync::Sync;
use crate::bench::table::{aligned, count, spread};
use std::time::Duration;

/// What stands above the columns of a sync.
const HEADINGS: [&str; 7] = ["what", "seconds", "GitLab", "reads", "writes", "answers s", "applier CPU s"];

/// The table, with the first sync by single calls of so many members, and how the first sync compares.
pub(super) fn table(rounds: &[Round], single: Option<&(u64, Sync)>, members: u64) -> String {
    let lines = rounds.first().map_or(0, |round| round.lines);
    let of = |of: fn(&Round) -> &Sync| rounds.iter().map(of).collect::<Vec<_>>();
    let mut rows = vec![
        bare(rounds),
        sync("first sync".to_owned(), &of(|round| &round.first)),
        sync("unchanged".to_owned(), &of(|round| &round.unchanged)),
        sync("one role changed".to_owned(), &of(|round| &round.one_role)),
        sync("a tenth gone".to_owned(), &of(|round| &round.tenth_gone)),
    ];
    rows.extend(single.map(|(sample, single)| sync(format!("single calls, {sample}"), &[single])));
    format!(
        "\n{members} members, {lines} lines of a template. Median of the rounds (lowest to highest); calls to GitLab, and \
         to SonarQube by what they do;\nwhat SonarQube's answers took together is more than the time where several are \
         made at a time\n{}\n\nfirst sync / bare filling: {}{}",
        aligned(&HEADINGS, rows),
        spread(rounds.iter().map(|round| seconds(round.first.took) / seconds(round.bare)).collect(), 2),
        single.map(|(sample, single)| scaled(*sample, single, members)).unwrap_or_default(),
    )
}

fn bare(rounds: &[Round]) -> Vec<String> {
    let took = spread(rounds.iter().map(|round| seconds(round.bare)).collect(), 2);
    let lines = spread(rounds.iter().map(|round| count(round.lines)).collect(), 0);
    let none = || "-".to_owned();
    vec!["bare filling".to_owned(), took, none(), none(), lines, none(), none()]
}

fn sync(what: String, syncs: &[&Sync]) -> Vec<String> {
    let spread = |of: fn(&Sync) -> f64, digits| spread(syncs.iter().map(|sync| of(sync)).collect(), digits);
    vec![
        what,
        spread(|sync| seconds(sync.took), 2),
        spread(|sync| count(sync.gitlab), 0),
        spread(|sync| count(sync.reads), 0),
        spread(|sync| count(sync.writes), 0),
        spread(|sync| seconds(sync.answers), 2),
        spread(|sync| seconds(sync.applier), 2),
    ]
}

/// What all members would take by single calls.
fn scaled(sample: u64, single: &Sync, members: u64) -> String {
    let all = seconds(single.took) * count(members) / count(sample);
    format!("\nby single calls, scaled from {sample} members: {all:.0} s")
}

fn seconds(time: Duration) -> f64 {
    time.as_secs_f64()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sync(took: u64, writes: u64) -> Sync {
        let (took, answers) = (Duration::from_millis(took), Duration::from_millis(took * 2));
        Sync { took, gitlab: 11, reads: 15, writes, answers, applier: Duration::from_millis(40) }
    }

    #[test]
    fn every_kind_of_sync_is_a_row_and_single_calls_are_scaled() {
        let round = |bare| Round {
            lines: 430,
            bare: Duration::from_millis(bare),
            first: sync(12_000, 433),
            unchanged: sync(500, 0),
            one_role: sync(600, 3),
            tenth_gone: sync(4_000, 45),
        };
        let table = table(&[round(10_000), round(12_000)], Some(&(10, sync(3_000, 43))), 100);
        let (_, table) = table.split_once("at a time\n").unwrap();
        assert_eq!(
            table,
            "what              seconds              GitLab      reads       writes         answers s            applier CPU s\n\
             bare filling      11.00 (10.00–12.00)  -           -           430 (430–430)  -                    -\n\
             first sync        12.00 (12.00–12.00)  11 (11–11)  15 (15–15)  433 (433–433)  24.00 (24.00–24.00)  0.04 (0.04–0.04)\n\
             unchanged         0.50 (0.50–0.50)     11 (11–11)  15 (15–15)  0 (0–0)        1.00 (1.00–1.00)     0.04 (0.04–0.04)\n\
             one role changed  0.60 (0.60–0.60)     11 (11–11)  15 (15–15)  3 (3–3)        1.20 (1.20–1.20)     0.04 (0.04–0.04)\n\
             a tenth gone      4.00 (4.00–4.00)     11 (11–11)  15 (15–15)  45 (45–45)     8.00 (8.00–8.00)     0.04 (0.04–0.04)\n\
             single calls, 10  3.00                 11          15          43             6.00                 0.04\n\n\
             first sync / bare filling: 1.10 (1.00–1.20)\n\
             by single calls, scaled from 10 members: 30 s"
        );
    }
}
