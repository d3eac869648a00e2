//! The result: what became of the webhooks, how long their answers took, and to how many tasks they led.

use super::round::Burst;
use crate::bench::table::aligned;

/// A row for each burst.
pub(super) fn of_bursts(bursts: &[Burst]) -> String {
    let headings = [
        "connections",
        "gateway",
        "refused",
        "no answer",
        "stored",
        "hooks/s",
        "p50 ms",
        "p99 ms",
        "max ms",
        "tasks",
        "all looked at s",
        "memory MB",
    ];
    format!(
        "\nBursts of webhooks: each was accepted in the end and is stored once; memory is the gateway's peak\n{}",
        aligned(&headings, bursts.iter().map(burst).collect())
    )
}

fn burst(burst: &Burst) -> Vec<String> {
    let Burst { connections, fate, report, stored, tasks, took, memory } = burst;
    vec![
        connections.to_string(),
        fate.to_string(),
        report.refused().to_string(),
        report.unanswered().to_string(),
        stored.to_string(),
        format!("{:.0}", report.per_second),
        format!("{:.1}", report.p50),
        format!("{:.1}", report.p99),
        format!("{:.1}", report.max),
        tasks.to_string(),
        format!("{:.1}", took.as_secs_f64()),
        (memory >> 20).to_string(),
    ]
}

#[cfg(test)]
mod tests {
    use super::super::load::Report;
    use super::super::round::Gateway;
    use super::*;
    use std::time::Duration;

    #[test]
    fn a_burst_is_a_row() {
        let report = Report {
            requests: 10_064,
            accepted: 10_000,
            others: [("no answer".to_owned(), 64)].into(),
            seconds: 4.0,
            per_second: 2_500.0,
            p50: 20.04,
            p99: 45.06,
            max: 900.0,
        };
        let killed = Burst {
            connections: 64,
            fate: Gateway::IsKilled,
            report,
            stored: 10_000,
            tasks: 1_003,
            took: Duration::from_millis(8_460),
            memory: 33 << 20,
        };
        assert_eq!(
            of_bursts(&[killed]),
            "\nBursts of webhooks: each was accepted in the end and is stored once; memory is the gateway's peak\n\
             connections  gateway  refused  no answer  stored  hooks/s  p50 ms  p99 ms  max ms  tasks  \
             all looked at s  memory MB\n\
             64           killed   0        64         10000   2500     20.0    45.1    900.0   1003   \
             8.5              33"
        );
    }
}
