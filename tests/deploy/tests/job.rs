//! The job of `deploy/gitlab-ci/guassp.yml`, run as a runner does: its script on the standard input of `sh -e`, and
//! nothing but its variables in the environment.

use std::{collections::BTreeMap, path::Path, process::Stdio};

use serde::Deserialize;
use tempfile::TempDir;
use tokio::{io::AsyncWriteExt, process::Command};

use crate::example;

/// The file, as far as the tests read it.
#[derive(Debug, Deserialize)]
pub(crate) struct File {
    pub(crate) variables: BTreeMap<String, String>,
    #[serde(flatten)]
    jobs: BTreeMap<String, Definition>,
}

/// A job of the file.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Definition {
    pub(crate) extends: String,
    pub(crate) script: Vec<String>,
    pub(crate) variables: BTreeMap<String, String>,
    /// Variable to audience.
    pub(crate) id_tokens: BTreeMap<String, BTreeMap<String, String>>,
}

impl File {
    pub(crate) fn read() -> Self {
        serde_saphyr::from_str(&Self::text()).expect("YAML")
    }

    pub(crate) fn text() -> String {
        example::read("deploy/gitlab-ci/guassp.yml")
    }

    pub(crate) fn job(&self, name: &str) -> &Definition {
        self.jobs.get(name).unwrap_or_else(|| panic!("no job {name:?}"))
    }
}

/// A job that a pipeline has.
#[derive(Debug)]
pub(crate) struct Job {
    script: String,
    variables: Vec<(String, String)>,
    /// Where it may leave files.
    folder: TempDir,
}

/// A job that has ended.
#[derive(Debug)]
pub(crate) struct Ended {
    pub(crate) code: i32,
    /// Everything that it said.
    pub(crate) log: String,
}

impl Job {
    /// The job `guassp` of a project, with the defaults of the file.
    pub(crate) fn new(gateway: &str, job_token: &str) -> Self {
        let file = File::read();
        let base = file.job(&file.job("guassp").extends);
        let variables = file.variables.iter().chain(&base.variables);
        let variables = variables.map(|(name, value)| (name.clone(), value.clone())).collect();
        let folder = TempDir::new().expect("a folder");
        let job = Self { script: base.script.join("\n"), variables, folder };
        job.with("GUASSP_URL", gateway).with("CI_JOB_TOKEN", job_token)
    }

    /// With this variable.
    pub(crate) fn with(mut self, name: &str, value: &str) -> Self {
        self.variables.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Where it may leave files.
    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    pub(crate) async fn run(&self) -> Ended {
        self.run_by(&["-e"]).await
    }

    /// As with `CI_DEBUG_TRACE`.
    pub(crate) async fn run_traced(&self) -> Ended {
        self.run_by(&["-e", "-x"]).await
    }

    async fn run_by(&self, arguments: &[&str]) -> Ended {
        let mut shell = Command::new("sh");
        shell.args(arguments).env_clear().env("PATH", std::env::var_os("PATH").expect("PATH"));
        shell.env("TMPDIR", self.folder()).envs(self.variables.iter().cloned()).kill_on_drop(true);
        shell.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = shell.spawn().expect("a shell");
        let mut input = child.stdin.take().expect("an input");
        input.write_all(self.script.as_bytes()).await.expect("the script is read");
        drop(input);
        let output = child.wait_with_output().await.expect("an end");
        let log = [output.stderr, output.stdout].concat();
        let left = std::fs::read_dir(self.folder()).expect("a folder").count();
        assert_eq!(left, 0, "the job cleans up behind itself");
        Ended {
            code: output.status.code().expect("an exit code"),
            log: String::from_utf8(log).expect("text"),
        }
    }
}

impl Ended {
    /// What a developer reads at the end of the log.
    pub(crate) fn last_line(&self) -> &str {
        self.log.lines().last().unwrap_or_default()
    }

    /// Checks the exit code and the end of the log.
    pub(crate) fn is(&self, code: i32, words: &str) {
        assert!(self.last_line().contains(words), "{words:?} is not told: {}", self.log);
        assert_eq!(self.code, code, "{}", self.log);
    }
}
