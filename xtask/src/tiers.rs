//! `cargo xtask test`: the tiers of tests, from the quickest to the one on a real SonarQube.
//!
//! A failed tier does not hide the next ones: each runs when what it stands on was built, and the
//! summary at the end tells which failed.

use crate::sonarqube::{self, Database, SonarQube};
use crate::summary::Summary;
use crate::workspace::Workspace;
use crate::{fuzz, nats_server, say, shell};
use anyhow::{Context, Result, bail};
use clap::{ArgGroup, Args};
use std::num::NonZero;
use std::path::PathBuf;
use std::process::Command;
use std::thread::available_parallelism;
use std::time::Duration;

/// A tier that takes longer hangs: a slow machine compiles and runs the longest in half of it.
const LIMIT: Duration = Duration::from_secs(20 * 60);

/// Which tiers to run.
#[derive(Args, Debug)]
#[command(group = ArgGroup::new("real").multiple(true))]
pub(crate) struct Selection {
    /// Also fuzz the API, run the deployment examples, and the tests on a real SonarQube.
    #[arg(long, group = "real")]
    all: bool,
    /// Also run the tests on a real SonarQube, of this version, which is fetched and started.
    #[arg(long, group = "real", value_name = "VERSION")]
    sonarqube: Option<String>,
    /// Keep its data in a PostgreSQL, as in production, not in the embedded H2. In a database and by a role that are
    /// dropped at the end: on the server of this URL (postgres://role:password@host:port, who may make both), without
    /// one on a server that is started for it.
    #[arg(long, requires = "real", value_name = "URL")]
    postgres: Option<Option<String>>,
}

/// What the tests are told by their environment.
#[derive(Debug)]
struct Surroundings {
    workspace: Workspace,
    nats_server: PathBuf,
}

/// Runs the selected tiers; an error when any failed.
pub(crate) fn run(selection: &Selection) -> Result<()> {
    let database = Database::chosen(selection.postgres.as_ref())?;
    say::heading(
        "test: programs, units and adapters, end to end, API fuzzing, deployment examples, real SonarQube",
    );
    let surroundings = Surroundings::find()?;
    let mut summary = Summary::default();
    let built = summary.run("programs", || surroundings.build());
    summary.run("units and adapters", || surroundings.units());
    let mut tier = |name: &str, tier: &dyn Fn() -> Result<()>| match built {
        true => drop(summary.run(name, tier)),
        false => summary.skip(name, "the programs were not built"),
    };
    tier("end to end", &|| surroundings.end_to_end());
    if selection.all {
        tier("API fuzzing", &|| surroundings.fuzz());
        tier("deployment examples", &|| surroundings.deployment_examples());
    }
    match selection.real() {
        Some(version) => {
            let name = format!("real SonarQube {version} on {database}");
            tier(&name, &|| surroundings.sonarqube(version, &database));
        }
        None => drop(summary.run("the other tiers: compiled only", || surroundings.compile())),
    }
    summary.conclude()
}

/// Builds the programs and runs the tier of fuzzing alone.
pub(crate) fn fuzz() -> Result<()> {
    let surroundings = Surroundings::find()?;
    surroundings.build()?;
    surroundings.fuzz()
}

impl Selection {
    /// The version of the real SonarQube, if there is to be one.
    fn real(&self) -> Option<&str> {
        self.sonarqube.as_deref().or(self.all.then_some(sonarqube::VERSION))
    }
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
        self.test_that_waits(&[&["test", "--workspace"], &apart[..]].concat())
    }

    /// Some of these fill the machine, and more wait: half as many again as there are cores.
    fn end_to_end(&self) -> Result<()> {
        self.test_at_once(&["test", "-p", "e2e"], cores() + cores().div_ceil(2))
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
        self.test_that_waits(&["test", "-p", "deploy"])
    }

    fn fuzz(&self) -> Result<()> {
        fuzz::run(&self.workspace, &self.nats_server)
    }

    /// Compiles first: a SonarQube is not started for tests that cannot run.
    fn sonarqube(&self, version: &str, database: &Database) -> Result<()> {
        self.compile()?;
        let server = SonarQube::start(version, database)?;
        let mut command = self.command(&["test", "-p", "sonarqube"]);
        command.env("SONARQUBE_URL", &server.url).env("SONARQUBE_TOKEN", &server.token);
        shell::show_within(LIMIT, &mut command).context("the tests failed on the real SonarQube")
    }

    fn test(&self, arguments: &[&str]) -> Result<()> {
        shell::show_within(LIMIT, &mut self.command(arguments))
    }

    /// For tests that mostly wait for a pause or a time limit of the product to pass, rather than compute: more of them
    /// at a time than there are cores.
    fn test_that_waits(&self, arguments: &[&str]) -> Result<()> {
        self.test_at_once(arguments, 3 * cores())
    }

    fn test_at_once(&self, arguments: &[&str], threads: usize) -> Result<()> {
        let mut command = self.command(arguments);
        command.env("RUST_TEST_THREADS", threads.to_string());
        shell::show_within(LIMIT, &mut command)
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = self.workspace.cargo(arguments);
        command.arg("--no-fail-fast");
        command.env("NATS_SERVER_BIN", &self.nats_server).env("GUASSP_BIN", self.workspace.built("guassp"));
        command
    }
}

fn cores() -> usize {
    available_parallelism().map_or(1, NonZero::get)
}
