//! `cargo xtask test`: the tiers of tests, from the quickest to the one on a real SonarQube.
//!
//! A failed tier does not hide the next ones: each runs when what it stands on was built, and the
//! summary at the end tells which failed.

use crate::sonarqube::{self, Database, SonarQube};
use crate::summary::Summary;
use crate::workspace::Workspace;
use crate::{nats_server, say, shell};
use anyhow::{Context, Result};
use clap::Args;
use std::path::PathBuf;
use std::process::Command;

/// Which tiers to run.
#[derive(Args, Debug)]
pub(crate) struct Selection {
    /// Also run the stories on a real SonarQube, which is fetched and started.
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
    say::heading("test: programs, units and adapters, end to end, real SonarQube");
    let surroundings =
        Surroundings { workspace: Workspace::find()?, nats_server: nats_server::find_or_fetch()? };
    let mut summary = Summary::default();
    let built = summary.run("programs", || surroundings.build());
    summary.run("units and adapters", || surroundings.units());
    if built {
        summary.run("end to end", || surroundings.end_to_end());
    } else {
        summary.skip("end to end", "the programs were not built");
    }
    match (selection.all, built) {
        (false, _) => drop(summary.run("real SonarQube: compiled only", || surroundings.compile_sonarqube())),
        (true, false) => summary.skip("real SonarQube", "the programs were not built"),
        (true, true) => {
            let name = format!("real SonarQube {}", selection.sonarqube);
            summary.run(&name, || surroundings.sonarqube(&selection.sonarqube));
        }
    }
    summary.conclude()
}

impl Surroundings {
    fn build(&self) -> Result<()> {
        shell::run(&mut self.workspace.cargo(&["build", "-p", "guassp", "-p", "sandbox", "--bins"]))
    }

    fn units(&self) -> Result<()> {
        let arguments = ["test", "--workspace", "--exclude", "e2e", "--exclude", "sonarqube"];
        self.test(&arguments)
    }

    fn end_to_end(&self) -> Result<()> {
        self.test(&["test", "-p", "e2e"])
    }

    fn compile_sonarqube(&self) -> Result<()> {
        self.test(&["test", "-p", "sonarqube", "--no-run"])
    }

    /// Compiles first: a SonarQube is not started for tests that cannot run.
    fn sonarqube(&self, version: &str) -> Result<()> {
        self.compile_sonarqube()?;
        let server = SonarQube::start(version, Database::Embedded)?;
        let mut command = self.command(&["test", "-p", "sonarqube"]);
        command.env("SONARQUBE_URL", &server.url).env("SONARQUBE_TOKEN", &server.token);
        shell::show(&mut command).context("the stories failed on the real SonarQube")
    }

    fn test(&self, arguments: &[&str]) -> Result<()> {
        shell::show(&mut self.command(arguments))
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = self.workspace.cargo(arguments);
        command.arg("--no-fail-fast");
        command.env("NATS_SERVER_BIN", &self.nats_server).env("GUASSP_BIN", self.workspace.built("guassp"));
        command
    }
}
