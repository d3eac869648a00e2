//! What was found of each system, for people and for programs.

use std::fmt;

use clap::ValueEnum;
use runtime::doctor::{Check, Report, State};
use serde::Serialize;

/// What is looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum, Serialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum System {
    /// The token, what it sees, and the hooks.
    #[value(name = "gitlab")]
    GitLab,
    /// The account, its rights, people and templates.
    #[value(name = "sonarqube")]
    SonarQube,
    /// The nats-server, its streams and queues.
    Nats,
    /// Who may call.
    Gateway,
    /// The token and the project of issues for people.
    Issues,
}

impl System {
    pub(super) const ALL: [Self; 5] =
        [Self::GitLab, Self::SonarQube, Self::Nats, Self::Gateway, Self::Issues];

    const fn title(self) -> &'static str {
        match self {
            Self::GitLab => "GitLab",
            Self::SonarQube => "SonarQube",
            Self::Nats => "nats-server",
            Self::Gateway => "Gateway",
            Self::Issues => "Issues",
        }
    }
}

/// A check, and what it is of.
#[derive(Debug, Serialize)]
struct Line {
    system: System,
    #[serde(flatten)]
    check: Check,
}

/// What was found of all systems that were looked at.
#[derive(Debug, Serialize)]
pub(super) struct Reports {
    checks: Vec<Line>,
    /// Whether everything was looked at.
    complete: bool,
    #[serde(skip)]
    systems: Vec<(System, bool)>,
}

impl Default for Reports {
    fn default() -> Self {
        Self { checks: Vec::new(), complete: true, systems: Vec::new() }
    }
}

impl Reports {
    pub(super) fn add(&mut self, system: System, report: Report) {
        self.complete &= report.complete;
        self.systems.push((system, report.complete));
        self.checks.extend(report.checks.into_iter().map(|check| Line { system, check }));
    }

    pub(super) fn failed(&self) -> usize {
        self.checks.iter().filter(|line| line.check.state == State::Fail).count()
    }

    pub(super) const fn count(&self) -> usize {
        self.checks.len()
    }
}

impl fmt::Display for Reports {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let several = self.systems.len() > 1;
        for (index, (system, complete)) in self.systems.iter().enumerate() {
            if several {
                let gap = if index == 0 { "" } else { "\n" };
                writeln!(f, "{gap}{}", system.title())?;
            }
            for Line { check, .. } in self.checks.iter().filter(|line| line.system == *system) {
                write_check(f, check)?;
            }
            if !complete {
                writeln!(f, "\nThe rest was not looked at: mend this first.")?;
            }
        }
        Ok(())
    }
}

fn write_check(f: &mut fmt::Formatter<'_>, check: &Check) -> fmt::Result {
    let Check { name, state, found, mend } = check;
    writeln!(f, "{} {name}: {found}", sign(*state))?;
    mend.as_ref().map_or(Ok(()), |mend| writeln!(f, "       {mend}"))
}

const fn sign(state: State) -> &'static str {
    match state {
        State::Ok => "[ok]  ",
        State::Warn => "[warn]",
        State::Fail => "[FAIL]",
        State::Skip => "[skip]",
    }
}
