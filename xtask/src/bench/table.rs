//! The result: throughput, latency, memory, and who used the processors.

use super::load::Kind;
use super::round::{CpuTime, Round};
use std::time::Duration;

/// A row a kind of token.
type Rows = Vec<Vec<String>>;

/// Both tables of all rounds, on a machine with so many processors.
pub(super) fn of(rounds: &[(Kind, Vec<Round>)], processors: usize) -> String {
    let speed = rounds.iter().map(|(kind, rounds)| speed(*kind, rounds)).collect();
    let work = rounds.iter().map(|(kind, rounds)| work(*kind, rounds, processors)).collect();
    format!(
        "\nMedian of the rounds (lowest to highest); memory is the gateway's peak\n{}\n\n\
         Processor time of a post in µs, and each process's share of the processors\n{}",
        aligned(&["tokens", "posts/s", "p50 ms", "p99 ms", "memory MB"], speed),
        aligned(&["tokens", "gateway", "nats-server", "GitLab", "load", "others"], work),
    )
}

fn speed(kind: Kind, rounds: &[Round]) -> Vec<String> {
    let spread = |of: fn(&Round) -> f64, digits| spread(rounds.iter().map(of).collect(), digits);
    let memory = rounds.iter().map(|round| round.memory).max().unwrap_or_default();
    vec![
        kind.to_string(),
        spread(|round| round.report.per_second, 0),
        spread(|round| round.report.p50, 1),
        spread(|round| round.report.p99, 1),
        (memory >> 20).to_string(),
    ]
}

fn work(kind: Kind, rounds: &[Round], processors: usize) -> Vec<String> {
    let processes: [fn(&CpuTime) -> Duration; 5] =
        [|cpu| cpu.gateway, |cpu| cpu.nats_server, |cpu| cpu.gitlab, |cpu| cpu.load, |cpu| cpu.others];
    let cell = |of: fn(&CpuTime) -> Duration| {
        let used = |round: &Round| of(&round.cpu).as_secs_f64();
        let a_post = median(rounds.iter().map(|r| used(r) / count(r.report.requests)).collect()) * 1e6;
        let share =
            median(rounds.iter().map(|r| used(r) / r.report.seconds / count(processors)).collect()) * 100.0;
        format!("{a_post:.0} ({share:.0} %)")
    };
    std::iter::once(kind.to_string()).chain(processes.map(cell)).collect()
}

#[expect(clippy::cast_precision_loss, reason = "far below 2^52")]
fn count(number: usize) -> f64 {
    number as f64
}

/// `median (lowest–highest)`, or the one value.
fn spread(values: Vec<f64>, digits: usize) -> String {
    let lowest = values.iter().copied().fold(f64::INFINITY, f64::min);
    let highest = values.iter().copied().fold(0.0, f64::max);
    let only = values.len() < 2;
    let middle = median(values);
    if only {
        format!("{middle:.digits$}")
    } else {
        format!("{middle:.digits$} ({lowest:.digits$}–{highest:.digits$})")
    }
}

/// The middle value; of an even number, the mean of both.
fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    let upper = values.get(values.len() / 2).copied().unwrap_or_default();
    let lower = values.get(values.len().saturating_sub(1) / 2).copied().unwrap_or_default();
    f64::midpoint(lower, upper)
}

/// Lines with columns as wide as their widest cell.
fn aligned(headings: &[&str], rows: Rows) -> String {
    let headings = headings.iter().map(|heading| (*heading).to_owned()).collect();
    let lines: Rows = std::iter::once(headings).chain(rows).collect();
    let width = |column| {
        lines.iter().filter_map(|line| line.get(column)).map(|cell: &String| cell.chars().count()).max()
    };
    let shown = |line: &Vec<String>| {
        let cells = line.iter().enumerate();
        let cells = cells.map(|(column, cell)| format!("{cell:width$}", width = width(column).unwrap_or(0)));
        cells.collect::<Vec<_>>().join("  ").trim_end().to_owned()
    };
    lines.iter().map(shown).collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::super::load::Report;
    use super::*;
    use std::collections::BTreeMap;

    #[test]
    fn the_median_is_the_middle_of_the_rounds() {
        assert_eq!(median(vec![9.0, 1.0, 2.0]), 2.0);
        assert_eq!(median(vec![4.0, 1.0, 2.0, 9.0]), 3.0);
        assert_eq!(median(Vec::new()), 0.0);
    }

    #[test]
    fn one_round_has_no_spread() {
        assert_eq!(spread(vec![2.25], 1), "2.2");
        assert_eq!(spread(vec![1_999.6, 2_100.0, 1_500.0], 0), "2000 (1500–2100)");
    }
    /// A round of 20,000 posts in which the processors worked so many seconds for each process.
    fn round(per_second: f64, memory: u64, worked: [u64; 5]) -> Round {
        let report = Report {
            requests: 20_000,
            accepted: 20_000,
            others: BTreeMap::new(),
            seconds: 20_000.0 / per_second,
            per_second,
            p50: 24.06,
            p99: 45.0,
        };
        let [gateway, nats_server, gitlab, load, others] = worked.map(Duration::from_secs);
        Round { report, cpu: CpuTime { gateway, nats_server, gitlab, load, others }, memory: memory << 20 }
    }

    #[test]
    fn the_table_shows_every_kind_with_its_rounds() {
        let job = vec![round(2_500.0, 25, [6, 5, 2, 1, 0]), round(2_000.0, 27, [6, 7, 2, 1, 1])];
        let id = vec![round(5_000.0, 20, [4, 3, 0, 1, 0])];
        assert_eq!(
            of(&[(Kind::Job, job), (Kind::Id, id)], 2),
            "\nMedian of the rounds (lowest to highest); memory is the gateway's peak\n\
             tokens  posts/s           p50 ms            p99 ms            memory MB\n\
             job     2250 (2000–2500)  24.1 (24.1–24.1)  45.0 (45.0–45.0)  27\n\
             id      5000              24.1              45.0              20\n\
             \n\
             Processor time of a post in µs, and each process's share of the processors\n\
             tokens  gateway     nats-server  GitLab      load       others\n\
             job     300 (34 %)  300 (33 %)   100 (11 %)  50 (6 %)   25 (2 %)\n\
             id      200 (50 %)  150 (38 %)   0 (0 %)     50 (12 %)  0 (0 %)"
        );
    }
}
