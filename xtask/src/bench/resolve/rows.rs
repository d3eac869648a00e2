//! The results: requests, time and memory, by size.

use super::project::{Reading, Size};
use super::sweep::Swept;
use crate::bench::table::{aligned, count, spread};
use std::time::Duration;

/// The table of one project, a row a size.
pub(super) fn of_projects(sizes: &[Size]) -> String {
    let headings = ["members", "requests", "reading ms", "CPU ms", "sandbox CPU ms", "memory MB", "plan KB"];
    format!(
        "\nMedian of the readings (lowest to highest); CPU and peak memory are the resolver's\n{}",
        aligned(&headings, sizes.iter().map(project).collect())
    )
}

/// The table of sweeps, a row a size.
pub(super) fn of_sweeps(sweeps: &[Swept]) -> String {
    let headings = ["projects", "requests", "a project", "seconds", "CPU s", "memory MB"];
    format!(
        "\nA sweep in which nothing has changed; CPU and peak memory are the resolver's\n{}",
        aligned(&headings, sweeps.iter().map(sweep).collect())
    )
}

fn project(size: &Size) -> Vec<String> {
    let spread = |of: fn(&Reading) -> f64| spread(size.readings.iter().map(of).collect(), 0);
    vec![
        size.members.to_string(),
        spread(|reading| count(reading.requests)),
        spread(|reading| milliseconds(reading.took)),
        spread(|reading| milliseconds(reading.resolver)),
        spread(|reading| milliseconds(reading.sandbox)),
        (size.memory >> 20).to_string(),
        size.plan.div_ceil(1024).to_string(),
    ]
}

fn sweep(swept: &Swept) -> Vec<String> {
    vec![
        swept.projects.to_string(),
        swept.requests.to_string(),
        format!("{:.2}", swept.requests_a_project()),
        format!("{:.1}", swept.took.as_secs_f64()),
        format!("{:.1}", swept.resolver.as_secs_f64()),
        (swept.memory >> 20).to_string(),
    ]
}

impl Swept {
    /// The mean.
    pub(super) fn requests_a_project(&self) -> f64 {
        count(self.requests) / count(self.projects)
    }
}

fn milliseconds(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_size_is_a_row_with_its_readings() {
        let reading = |requests, took| Reading {
            requests,
            took: Duration::from_millis(took),
            resolver: Duration::from_millis(40),
            sandbox: Duration::ZERO,
        };
        let (memory, plan) = (30 << 20, 4_097);
        let small = Size { members: 10, readings: vec![reading(2, 7)], memory, plan };
        let readings = vec![reading(21, 90), reading(21, 70), reading(23, 110)];
        let large = Size { members: 1_000, readings, memory: 41 << 20, plan: 90 << 10 };
        assert_eq!(
            of_projects(&[small, large]),
            "\nMedian of the readings (lowest to highest); CPU and peak memory are the resolver's\n\
             members  requests    reading ms   CPU ms      sandbox CPU ms  memory MB  plan KB\n\
             10       2           7            40          0               30         5\n\
             1000     21 (21–23)  90 (70–110)  40 (40–40)  0 (0–0)         41         90"
        );
    }

    #[test]
    fn a_sweep_is_a_row_with_its_share_of_requests() {
        let swept = Swept {
            projects: 2_000,
            requests: 2_500,
            took: Duration::from_millis(8_460),
            resolver: Duration::from_millis(4_010),
            memory: 33 << 20,
        };
        assert_eq!(
            of_sweeps(&[swept]),
            "\nA sweep in which nothing has changed; CPU and peak memory are the resolver's\n\
             projects  requests  a project  seconds  CPU s  memory MB\n\
             2000      2500      1.25       8.5      4.0    33"
        );
    }
}
