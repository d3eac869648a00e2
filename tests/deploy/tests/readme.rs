//! The one line of README.md for a pipeline that needs no more.

use std::process::Stdio;

use crate::example::{adapt, read};

/// Runs it as a job's script: exit code and output.
pub(crate) async fn run(gateway: &str, job_token: &str) -> (i32, String) {
    let readme = read("README.md");
    let line = readme.lines().find_map(|line| line.trim().strip_prefix("- curl ")).expect("the line");
    let script = adapt(&format!("curl {line}"), "https://guassp.example.com", gateway, 1);
    let mut shell = tokio::process::Command::new("sh");
    shell.args(["-e", "-c", &script]).env("CI_JOB_TOKEN", job_token).stdin(Stdio::null());
    let output = shell.output().await.expect("a shell");
    let said = [output.stderr, output.stdout].concat();
    (output.status.code().expect("a code"), String::from_utf8_lossy(&said).into_owned())
}
