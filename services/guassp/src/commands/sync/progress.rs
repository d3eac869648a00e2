//! How far a command is with many projects: a bar on a terminal, a line for each otherwise.

use std::io::{IsTerminal, stderr};

use indicatif::{ProgressBar, ProgressStyle};

use crate::commands::ask::Output;

const STYLE: &str = "{prefix} {bar:40} {pos}/{len} {eta} {wide_msg}";

/// How far it is.
pub(super) enum Progress {
    Bar(ProgressBar),
    Lines,
    /// For programs, which read the end.
    Nothing,
}

impl Progress {
    /// The beginning of `what`, with so many steps.
    pub(super) fn begin(what: &str, steps: usize, output: Output) -> Self {
        if output == Output::Json {
            return Self::Nothing;
        }
        if !stderr().is_terminal() {
            return Self::Lines;
        }
        let style = ProgressStyle::with_template(STYLE).unwrap_or_else(|_| ProgressStyle::default_bar());
        let steps = u64::try_from(steps).unwrap_or(u64::MAX);
        Self::Bar(ProgressBar::new(steps).with_style(style).with_prefix(what.to_owned()))
    }

    /// One more is done.
    pub(super) fn step(&self, line: &str) {
        match self {
            Self::Bar(bar) => {
                bar.set_message(line.to_owned());
                bar.inc(1);
            }
            Self::Lines => println!("{line}"),
            Self::Nothing => {}
        }
    }

    /// All are done.
    pub(super) fn end(&self) {
        if let Self::Bar(bar) = self {
            bar.finish_with_message("");
        }
    }
}
