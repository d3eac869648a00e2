//! The result: throughput, latency, memory, and who used the processors.

use super::load::Kind;
use super::round::{CpuTime, Round};
use crate::bench::table::{aligned, count, median, spread};
use std::time::Duration;

/// Both tables of all rounds, on a machine with so many processors.
pub(super) fn tables(rounds: &[(Kind, Vec<Round>)], processors: usize) -> String {
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
        let a_post = median(rounds.iter().map(|r| used(r) / count(r.report.requests as u64)).collect()) * 1e6;
        let share =
            median(rounds.iter().map(|r| used(r) / r.report.seconds / count(processors as u64)).collect())
                * 100.0;
        format!("{a_post:.0} ({share:.0} %)")
    };
    std::iter::once(kind.to_string()).chain(processes.map(cell)).collect()
}

#[cfg(test)]
mod tests {
    use super::super::load::Report;
    use super::*;
    use std::collections::BTreeMap;

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
            tables(&[(Kind::Job, job), (Kind::Id, id)], 2),
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
