//! What a run comes to: counts, posts a second, and how long answers took.

use std::{collections::BTreeMap, time::Duration};

use serde::Serialize;

use crate::answer::Answer;

/// Every post of a run with its answer, and how long all of them took together.
#[derive(Debug)]
pub(crate) struct Measured {
    pub(crate) posts: Vec<(Answer, Duration)>,
    pub(crate) took: Duration,
    /// The ids of the hooks that were accepted.
    pub(crate) hooks: Vec<String>,
}

/// The line of JSON. Latencies are in milliseconds, and are those of accepted posts.
#[derive(Debug, Serialize)]
pub(crate) struct Report {
    pub(crate) requests: usize,
    pub(crate) accepted: usize,
    /// Every other end of a post, by its status.
    pub(crate) others: BTreeMap<String, usize>,
    pub(crate) seconds: f64,
    /// Accepted posts a second.
    pub(crate) per_second: f64,
    pub(crate) p50: f64,
    pub(crate) p90: f64,
    pub(crate) p99: f64,
    pub(crate) max: f64,
}

impl Measured {
    pub(crate) fn report(&self) -> Report {
        let mut counts: BTreeMap<String, usize> = BTreeMap::new();
        for (answer, _) in &self.posts {
            *counts.entry(answer.name()).or_default() += 1;
        }
        let accepted = counts.remove(&Answer::Accepted.name()).unwrap_or_default();
        let took = self.latencies();
        let seconds = self.took.as_secs_f64();
        Report {
            requests: self.posts.len(),
            accepted,
            others: counts,
            seconds,
            per_second: took.len() as f64 / seconds,
            p50: percentile(&took, 50),
            p90: percentile(&took, 90),
            p99: percentile(&took, 99),
            max: percentile(&took, 100),
        }
    }

    /// In order.
    fn latencies(&self) -> Vec<Duration> {
        let accepted = self.posts.iter().filter(|(answer, _)| *answer == Answer::Accepted);
        let mut took: Vec<Duration> = accepted.map(|(_, took)| *took).collect();
        took.sort_unstable();
        took
    }
}

/// The nearest rank: the smallest of the `sorted` that so many percent of them do not exceed, in milliseconds.
fn percentile(sorted: &[Duration], percent: usize) -> f64 {
    let rank = (sorted.len() * percent).div_ceil(100);
    sorted.get(rank.saturating_sub(1)).map_or(0.0, |took| took.as_secs_f64() * 1_000.0)
}

#[cfg(test)]
mod tests {
    use http::StatusCode;

    use super::*;

    fn milliseconds(range: std::ops::RangeInclusive<u64>) -> Vec<Duration> {
        range.map(Duration::from_millis).collect()
    }

    #[test]
    fn a_percentile_is_one_of_the_measured_values() {
        let hundred = milliseconds(1..=100);
        assert_eq!([50, 90, 99, 100].map(|p| percentile(&hundred, p)), [50.0, 90.0, 99.0, 100.0]);
        let three = milliseconds(1..=3);
        assert_eq!([1, 50, 90].map(|p| percentile(&three, p)), [1.0, 2.0, 3.0]);
        assert_eq!(percentile(&[], 50), 0.0);
    }

    #[test]
    fn only_accepted_posts_count_as_throughput_and_latency() {
        let slow = Duration::from_secs(9);
        let posts = vec![
            (Answer::Accepted, Duration::from_millis(4)),
            (Answer::Refused(StatusCode::TOO_MANY_REQUESTS), slow),
            (Answer::Accepted, Duration::from_millis(2)),
            (Answer::None, slow),
        ];
        let report = Measured { posts, took: Duration::from_secs(2), hooks: Vec::new() }.report();
        assert_eq!((report.requests, report.accepted, report.per_second), (4, 2, 1.0));
        assert_eq!((report.p50, report.max), (2.0, 4.0));
        assert_eq!(report.others, [("429".to_owned(), 1), ("no answer".to_owned(), 1)].into());
    }
}
