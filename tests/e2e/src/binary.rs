//! The guassp binary as a child process: for tests that kill it.

use std::{
    fs::File,
    path::{Path, PathBuf},
    process::{ExitStatus, Stdio},
};

use tokio::process::{Child, Command};

/// The binary that `GUASSP_BIN` names, or the one that cargo built beside this test.
///
/// # Panics
/// When there is none.
#[must_use]
pub fn guassp() -> PathBuf {
    let built = || Some(std::env::current_exe().ok()?.parent()?.parent()?.join("guassp"));
    let path = std::env::var_os("GUASSP_BIN").map(PathBuf::from).or_else(built).expect("a path");
    assert!(
        path.exists(),
        "{} does not exist: `cargo build -p guassp`, or `cargo xtask test`",
        path.display()
    );
    path
}

/// A running `guassp`; killed when dropped.
#[derive(Debug)]
pub struct Process {
    child: Child,
}

impl Process {
    /// Starts `guassp` with these arguments and nothing but these variables.
    ///
    /// # Panics
    /// When it cannot be started.
    #[must_use]
    pub fn start(arguments: &[&str], environment: &[(String, String)]) -> Self {
        let mut command = command(arguments, environment);
        let child =
            command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("guassp");
        Self { child }
    }

    /// The same with a new file for what it says, and no more than so many open files where that is given.
    ///
    /// # Panics
    /// When it cannot be started, or the file not be made.
    #[must_use]
    pub fn start_with_log(
        arguments: &[&str],
        environment: &[(String, String)],
        log: &Path,
        open_files: Option<u32>,
    ) -> Self {
        let mut command = match open_files {
            None => command(arguments, environment),
            Some(files) => {
                let mut shell = prepared(Path::new("/bin/sh"), environment);
                shell.arg("-c").arg(format!("ulimit -n {files}; exec \"$0\" \"$@\"")).arg(guassp());
                shell.args(arguments);
                shell
            }
        };
        let log = File::create(log).expect("a log file");
        let child = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(log).spawn().expect("guassp");
        Self { child }
    }

    /// `kill -9`: no chance to finish or to say anything.
    ///
    /// # Panics
    /// When it cannot be killed.
    pub async fn kill(mut self) {
        self.child.kill().await.expect("killed");
    }

    /// The process id, while it runs.
    #[must_use]
    pub fn id(&self) -> Option<u32> {
        self.child.id()
    }
}

/// Runs `guassp` to its end: exit status and standard error.
///
/// # Panics
/// When it cannot be started.
pub async fn run(arguments: &[&str], environment: &[(String, String)]) -> (ExitStatus, String) {
    let output = command(arguments, environment).output().await.expect("guassp");
    (output.status, String::from_utf8_lossy(&output.stderr).into_owned())
}

fn command(arguments: &[&str], environment: &[(String, String)]) -> Command {
    let mut command = prepared(&guassp(), environment);
    command.args(arguments);
    command
}

fn prepared(program: &Path, environment: &[(String, String)]) -> Command {
    let mut command = Command::new(program);
    command.env_clear().envs(environment.iter().cloned()).kill_on_drop(true);
    command
}
