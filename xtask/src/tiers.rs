//! `cargo xtask test`: the tiers of tests, from the quickest to the one on a real SonarQube.
//!
//! A failed tier does not hide the next ones: each runs when what it stands on was built, and the
//! summary at the end tells which failed.

use crate::sonarqube::{self, Database, SonarQube};
use crate::summary::Summary;
use crate::workspace::Workspace;
use crate::{fuzz, nats_server, say, shell};
use anyhow::{Context, Result, bail};
use clap::Args;
use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

/// A tier that takes longer hangs: a slow machine compiles and runs the longest in half of it.
const LIMIT: Duration = Duration::from_secs(20 * 60);

/// Which tiers to run.
#[derive(Args, Debug)]
pub(crate) struct Selection {
    /// Also fuzz the API, run the deployment examples, and the stories on a real SonarQube, which is fetched and started.
    #[arg(long)]
    all: bool,
    /// The version of the real SonarQube.
    #[arg(long, value_name = "VERSION", default_value = sonarqube::VERSION, requires = "all")]
    sonarqube: String,
}

/// What the tests are told by their environment.
#[derive(Debug)]
struct Surroundings {
    workspace: Workspace,
    nats_server: PathBuf,
}

/// Runs the selected tiers; an error when any failed.
pub(crate) fn run(selection: &Selection) -> Result<()> {
    say::heading(
        "test: programs, units and adapters, end to end, API fuzzing, deployment examples, real SonarQube",
    );
    let surroundings = Surroundings::find()?;
    let mut summary = Summary::default();
    let built = summary.run("programs", || surroundings.build());
    summary.run("units and adapters", || surroundings.units());
    if built {
        summary.run("end to end", || surroundings.end_to_end());
    } else {
        summary.skip("end to end", "the programs were not built");
    }
    match (selection.all, built) {
        (false, _) => drop(summary.run("the other tiers: compiled only", || surroundings.compile())),
        (true, false) => {
            summary.skip("API fuzzing", "the programs were not built");
            summary.skip("deployment examples", "the programs were not built");
            summary.skip("real SonarQube", "the programs were not built");
        }
        (true, true) => {
            summary.run("API fuzzing", || surroundings.fuzz());
            summary.run("deployment examples", || surroundings.deployment_examples());
            let name = format!("real SonarQube {}", selection.sonarqube);
            summary.run(&name, || surroundings.sonarqube(&selection.sonarqube));
        }
    }
    summary.conclude()
}

/// Builds the programs and runs the tier of fuzzing alone.
pub(crate) fn fuzz() -> Result<()> {
    let surroundings = Surroundings::find()?;
    surroundings.build()?;
    surroundings.fuzz()
}

impl Surroundings {
    fn find() -> Result<Self> {
        Ok(Self { workspace: Workspace::find()?, nats_server: nats_server::find_or_fetch()? })
    }

    fn build(&self) -> Result<()> {
        shell::run(&mut self.workspace.cargo(&["build", "-p", "guassp", "-p", "sandbox", "--bins"]))
    }

    fn units(&self) -> Result<()> {
        let apart = ["--exclude", "e2e", "--exclude", "deploy", "--exclude", "sonarqube"];
        self.test(&[&["test", "--workspace"], &apart[..]].concat())
    }

    fn end_to_end(&self) -> Result<()> {
        self.test(&["test", "-p", "e2e"])
    }

    fn compile(&self) -> Result<()> {
        self.test(&["test", "-p", "deploy", "-p", "sonarqube", "--no-run"])
    }

    fn deployment_examples(&self) -> Result<()> {
        let missing = ["nginx", "curl"].into_iter().find(|program| !shell::exists(program));
        if let Some(program) = missing {
            bail!(
                "there is no {program} on PATH: install it (Debian: apt-get install nginx curl; nginx is in /usr/sbin)"
            );
        }
        self.test(&["test", "-p", "deploy"])
    }

    fn fuzz(&self) -> Result<()> {
        fuzz::run(&self.workspace, &self.nats_server)
    }

    /// Compiles first: a SonarQube is not started for tests that cannot run.
    fn sonarqube(&self, version: &str) -> Result<()> {
        self.compile()?;
        let server = SonarQube::start(version, Database::Embedded)?;
        let mut command = self.command(&["test", "-p", "sonarqube"]);
        command.env("SONARQUBE_URL", &server.url).env("SONARQUBE_TOKEN", &server.token);
        shell::show_within(LIMIT, &mut command).context("the stories failed on the real SonarQube")
    }

    fn test(&self, arguments: &[&str]) -> Result<()> {
        shell::show_within(LIMIT, &mut self.command(arguments))
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = self.workspace.cargo(arguments);
        command.arg("--no-fail-fast");
        command.env("NATS_SERVER_BIN", &self.nats_server).env("GUASSP_BIN", self.workspace.built("guassp"));
        command
    }
}
