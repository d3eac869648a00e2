//! Fuzzing of the API: schemathesis reads the description that the gateway serves, makes up requests for it, and
//! compares each answer with it.
//!
//! The gateway runs as a program with everything that it needs, so a 503 is a finding here, though it is documented.
//! What goes for every round stands in `schemathesis.toml`.

use crate::account::Account;
use crate::demo::system::{Guassp, Sandbox};
use crate::scratch::Folder;
use crate::wheel::Wheel;
use crate::workspace::Workspace;
use crate::{http, say, shell};
use anyhow::{Context, Result};
use serde_json::Value;
use std::fs;
use std::path::Path;
use std::process::Command;

const SCHEMATHESIS: Wheel = Wheel { package: "schemathesis", version: "4.32.5" };
const CONSTRAINTS: &str = include_str!("constraints.txt");
const CONFIGURATION: &str = include_str!("schemathesis.toml");

/// More than a fuzzer can send.
const NO_LIMIT: &str = "100000";

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
    let operator = Operator::new(workspace)?;
    let sandbox = Sandbox::start(workspace)?;
    let mut guassp = Guassp::start(workspace, nats_server, &sandbox, &operator.settings())?;
    let bearer = format!("Bearer {}", operator.token);
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
        shell::show(&mut command).with_context(|| format!("fuzzing as {} found something", self.caller))
    }
}

/// A person who may do everything.
struct Operator {
    token: String,
    /// What the gateway knows it by.
    entry: String,
}

impl Operator {
    fn new(workspace: &Workspace) -> Result<Self> {
        let mut command = Command::new(workspace.built("guassp"));
        command.args(["token", "new", "fuzzer", "--role", "operator", "--output", "json"]);
        let issued: Value = serde_json::from_str(&shell::output(&mut command)?)?;
        let field = |name: &str| issued.get(name).and_then(Value::as_str).map(str::to_owned);
        let new = || Some(Self { token: field("token")?, entry: field("entry")? });
        new().context("`guassp token new` did not say everything")
    }

    /// The gateway's settings: this operator, and no limit that a fuzzer could reach.
    fn settings(&self) -> [(&str, &str); 5] {
        [
            ("GUASSP_TOKENS", &self.entry),
            ("GUASSP_GATEWAY__LIMITS__CALLER_PER_SECOND", NO_LIMIT),
            ("GUASSP_GATEWAY__LIMITS__CALLER_BURST", NO_LIMIT),
            ("GUASSP_GATEWAY__LIMITS__PROJECT_PER_MINUTE", NO_LIMIT),
            ("GUASSP_GATEWAY__LIMITS__PROJECT_BURST", NO_LIMIT),
        ]
    }
}
