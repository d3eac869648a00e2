//! Fuzzing of the API: schemathesis reads the description that the gateway serves, makes up requests for it, and
//! compares each answer with it.
//!
//! The gateway runs as a program with everything that it needs, so a 503 is a finding here, though it is documented.
//! What goes for every round stands in `schemathesis.toml`.

use crate::account::Account;
use crate::demo::system::{Guassp, Sandbox};
use crate::operator::Operator;
use crate::scratch::Folder;
use crate::wheel::Wheel;
use crate::workspace::Workspace;
use crate::{http, say, shell};
use anyhow::{Context, Result};
use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

const SCHEMATHESIS: Wheel = Wheel { package: "schemathesis", version: "4.32.5" };
const CONSTRAINTS: &str = include_str!("constraints.txt");
const CONFIGURATION: &str = include_str!("schemathesis.toml");

/// More than a fuzzer can send.
const NO_LIMIT: &str = "100000";

/// How many seconds a round may take beyond the time that it was told.
const PATIENCE: u64 = 120;

/// One run: who calls, what, and for how many seconds at most.
struct Round<'a> {
    caller: &'a str,
    header: Option<String>,
    only: &'a [&'a str],
    /// Checks that would find what is meant to be so.
    unchecked: &'a str,
    seconds: u16,
}

/// Fuzzes a gateway as an operator, as a CI job and as nobody; an error when anything was found.
pub(crate) fn run(workspace: &Workspace, nats_server: &Path) -> Result<()> {
    let library = SCHEMATHESIS.library(CONSTRAINTS)?;
    let folder = Folder::create("fuzz", Account::Own)?;
    fs::write(folder.join("schemathesis.toml"), CONFIGURATION)?;
    let operator = Operator::new(&workspace.built("guassp"), "fuzzer")?;
    let sandbox = Sandbox::start(workspace)?;
    let mut guassp = Guassp::start(workspace, nats_server, &sandbox, &settings(&operator))?;
    let bearer = operator.bearer();
    let tasks = format!("{}/tasks", guassp.url);
    let header = ("Authorization", bearer.as_str());
    // The gateway reads its list of tasks after the start.
    guassp.wait(|| http::get(&tasks, &[header]).ok().filter(|answer| answer.status == 200))?;
    let rounds = [
        Round {
            caller: "an operator",
            header: Some(format!("Authorization: {bearer}")),
            only: &[],
            // A canceled task is still shown, as canceled.
            unchecked: "use_after_free",
            seconds: 50,
        },
        Round {
            caller: "a CI job",
            header: Some(format!("JOB-TOKEN: {}", sandbox.job_token)),
            only: &["create_task", "show_task"],
            // Where a header holds the token, the body is nobody's; where none does, a body that cannot be read is 400.
            unchecked: "negative_data_rejection,ignored_auth",
            seconds: 15,
        },
        Round {
            caller: "nobody",
            header: None,
            only: &[],
            // Nobody deletes anything.
            unchecked: "use_after_free",
            seconds: 25,
        },
    ];
    let results = rounds.map(|round| round.run(&library, &folder, &guassp.url));
    guassp.check_alive().with_context(|| guassp.log())?;
    results.into_iter().collect()
}

impl Round<'_> {
    fn run(&self, library: &Path, folder: &Path, url: &str) -> Result<()> {
        say::note(&format!("as {}", self.caller));
        let mut command = Command::new("python3");
        command.env("PYTHONPATH", library).current_dir(folder);
        command.args(["-m", "schemathesis.cli", "run", &format!("{url}/openapi.json")]);
        command.args(["--checks", "all", "--exclude-checks", self.unchecked]);
        command.args(["--max-time", &self.seconds.to_string()]);
        command.args(self.header.iter().flat_map(|header| ["--header", header]));
        command.args(self.only.iter().flat_map(|id| ["--include-operation-id", id]));
        let limit = Duration::from_secs(u64::from(self.seconds) + PATIENCE);
        shell::show_within(limit, &mut command)
            .with_context(|| format!("fuzzing as {} found something", self.caller))
    }
}

/// The gateway's settings: this operator, and no limit that a fuzzer could reach.
fn settings(operator: &Operator) -> [(&str, &str); 5] {
    [
        ("GUASSP_TOKENS", &operator.entry),
        ("GUASSP_GATEWAY__LIMITS__CALLER_PER_SECOND", NO_LIMIT),
        ("GUASSP_GATEWAY__LIMITS__CALLER_BURST", NO_LIMIT),
        ("GUASSP_GATEWAY__LIMITS__PROJECT_PER_MINUTE", NO_LIMIT),
        ("GUASSP_GATEWAY__LIMITS__PROJECT_BURST", NO_LIMIT),
    ]
}
