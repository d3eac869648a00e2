//! The closing table of a run of several parts: what ran, how long it took, how it ended.

use crate::say;
use anyhow::{Result, bail};
use std::time::{Duration, Instant};

/// The parts that have run, in their order.
#[derive(Debug, Default)]
pub(crate) struct Summary {
    rows: Vec<Row>,
}

#[derive(Debug)]
struct Row {
    name: String,
    outcome: Outcome,
    took: Duration,
}

#[derive(Debug, PartialEq)]
enum Outcome {
    Passed,
    Failed,
    NotRun(String),
}

impl Summary {
    /// Runs one part under its heading; `true` when it passed.
    pub(crate) fn run(&mut self, name: &str, part: impl FnOnce() -> Result<()>) -> bool {
        say::heading(name);
        let begun = Instant::now();
        let outcome = match part() {
            Ok(()) => Outcome::Passed,
            Err(error) => {
                say::failure(&error);
                Outcome::Failed
            }
        };
        let passed = outcome == Outcome::Passed;
        self.rows.push(Row { name: name.to_owned(), outcome, took: begun.elapsed() });
        passed
    }

    /// Notes a part that could not run.
    pub(crate) fn skip(&mut self, name: &str, reason: &str) {
        let outcome = Outcome::NotRun(reason.to_owned());
        self.rows.push(Row { name: name.to_owned(), outcome, took: Duration::ZERO });
    }

    /// Prints the table; an error when a part failed or could not run.
    pub(crate) fn conclude(self) -> Result<()> {
        say::result(&format!("\n{}", self.table()));
        let bad = self.rows.iter().filter(|row| row.outcome != Outcome::Passed);
        let bad: Vec<&str> = bad.map(|row| row.name.as_str()).collect();
        if !bad.is_empty() {
            bail!("not passed: {}", bad.join(", "));
        }
        Ok(())
    }

    fn table(&self) -> String {
        let width = self.rows.iter().map(|row| row.name.chars().count()).max().unwrap_or(0);
        let line = |row: &Row| format!("{:width$}  {:>12}  {}", row.name, say::spoken(row.took), row.outcome);
        self.rows.iter().map(line).collect::<Vec<_>>().join("\n")
    }
}

impl std::fmt::Display for Outcome {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Passed => f.write_str("ok"),
            Self::Failed => f.write_str("FAILED"),
            Self::NotRun(reason) => write!(f, "not run: {reason}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_failed_part_fails_the_whole_and_the_others_still_run() {
        let mut summary = Summary::default();
        assert!(!summary.run("first", || bail!("broken")));
        assert!(summary.run("second part", || Ok(())));
        summary.skip("third", "no first");
        for (row, seconds) in summary.rows.iter_mut().zip([0, 7, 0]) {
            row.took = Duration::from_secs(seconds);
        }
        assert_eq!(
            summary.table(),
            "first               0.0 s  FAILED\n\
             second part         7.0 s  ok\n\
             third               0.0 s  not run: no first"
        );
        assert_eq!(summary.conclude().unwrap_err().to_string(), "not passed: first, third");
    }
}
