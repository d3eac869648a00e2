//! Runs other programs to their end, and says in plain words why one failed.

use crate::{leash, say};
use anyhow::{Context, Result, bail};
use std::env;
use std::io::{ErrorKind, Write};
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};
use std::time::Duration;

/// Runs a command on the way to a result, and says so: whatever it prints goes to standard error.
pub(crate) fn run(command: &mut Command) -> Result<()> {
    show(command.stdout(std::io::stderr()))
}

/// Runs a command whose output is itself the result, and says so.
pub(crate) fn show(command: &mut Command) -> Result<()> {
    say::running(command);
    let status = command.stdin(Stdio::null()).status().with_context(|| missing(command))?;
    if !status.success() {
        bail!("`{}` failed ({status})", say::typed(command));
    }
    Ok(())
}

/// The same for a command that might hang: after `limit` it is ended, with everything that it has started.
pub(crate) fn show_within(limit: Duration, command: &mut Command) -> Result<()> {
    say::running(command);
    let ended = leash::run_within(limit, command.stdin(Stdio::null())).with_context(|| missing(command))?;
    match ended {
        Some(status) if status.success() => Ok(()),
        Some(status) => bail!("`{}` failed ({status})", say::typed(command)),
        None => bail!("`{}` hung: it was ended after {}", say::typed(command), say::spoken(limit)),
    }
}

/// What a command prints on standard output. Its error output is part of the error when it fails.
pub(crate) fn output(command: &mut Command) -> Result<String> {
    let output = command.stdin(Stdio::null()).output().with_context(|| missing(command))?;
    printed(command, &output)
}

/// Runs a command that reads `input`, which is shown nowhere. Its error output is part of the error when it fails.
pub(crate) fn feed(command: &mut Command, input: &str) -> Result<()> {
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().with_context(|| missing(command))?;
    // A command that ends before it has read everything says why itself.
    let _ = child.stdin.take().context("no standard input")?.write_all(input.as_bytes());
    printed(command, &child.wait_with_output()?).map(drop)
}

fn printed(command: &Command, output: &Output) -> Result<String> {
    if !output.status.success() {
        let reason = String::from_utf8_lossy(&output.stderr);
        bail!("`{}` failed ({}): {}", say::typed(command), output.status, reason.trim());
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

/// Whether a program can be started at all.
pub(crate) fn exists(program: &str) -> bool {
    let probe = Command::new(program).arg("--version").stdin(Stdio::null()).output();
    !matches!(probe, Err(error) if error.kind() == ErrorKind::NotFound)
}

/// The first program of that name on PATH.
pub(crate) fn find_on_path(program: &str) -> Option<PathBuf> {
    let path = env::var_os("PATH")?;
    env::split_paths(&path).map(|folder| folder.join(program)).find(|file| file.is_file())
}

fn missing(command: &Command) -> String {
    format!("cannot start {}", command.get_program().to_string_lossy())
}
