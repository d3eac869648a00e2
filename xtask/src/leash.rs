//! Child processes that end with this program, however it ends: by an error, by Ctrl-C, by a kill.
//!
//! A server gets a process group and a scratch folder of its own. A small watcher process reads from
//! a pipe whose other end only this program holds; at the end of file (the operating system closes
//! the pipe even when this program is killed) it ends the group by its id and removes the folder. So
//! no signal handler is needed, and there is one way to stop, not two.

use crate::say;
use crate::scratch::Folder;
use anyhow::{Context, Result, bail};
use serde_json::Value;
use std::ffi::OsStr;
use std::fs::{self, File};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, ChildStdin, Command, ExitStatus, Stdio};
use std::thread;
use std::time::{Duration, Instant};

/// Arguments: the process group, the scratch folder if there is one. First politely, after 10 s by force: no server here
/// holds anything that outlives it.
const WATCHER: &str = r#"
trap '' HUP INT
read -r _
kill -s TERM -- "-$1" 2>/dev/null
tries=0
while kill -s 0 -- "-$1" 2>/dev/null && [ "$tries" -lt 50 ]; do sleep 0.2; tries=$((tries + 1)); done
kill -s KILL -- "-$1" 2>/dev/null
[ -z "$2" ] || rm -rf -- "$2"
"#;

/// Arguments: the command.
const LAST: &str = r#"
trap '' HUP INT
read -r _
exec "$@"
"#;

/// The file in the scratch folder that takes what a server prints.
pub(crate) const CONSOLE: &str = "console.log";

const POLL: Duration = Duration::from_millis(200);

/// How much of a line of a log is worth showing: SonarQube writes whole stack traces into one.
const WIDTH: usize = 240;

/// A running server. Dropping it stops it, waits for its end and removes its scratch folder.
#[derive(Debug)]
pub(crate) struct Server {
    name: String,
    child: Child,
    watcher: Child,
    leash: Option<ChildStdin>,
    scratch: Folder,
}

impl Server {
    /// Starts `command` on a leash. Its output goes to [`CONSOLE`] in `scratch`, its folder from now on.
    pub(crate) fn start(name: &str, mut command: Command, scratch: Folder) -> Result<Self> {
        let console = File::create(scratch.join(CONSOLE)).context("cannot write the server's output")?;
        command.stdin(Stdio::null()).stdout(console.try_clone()?).stderr(console).process_group(0);
        let child = command.spawn().with_context(|| format!("cannot start {name}"))?;
        let mut watcher = watch(child.id(), scratch.as_os_str())?;
        let leash = watcher.stdin.take();
        Ok(Self { name: name.to_owned(), child, watcher, leash, scratch })
    }

    /// Ends it at once, with no time for a last word (SIGKILL).
    pub(crate) fn kill(mut self) -> Result<()> {
        self.child.kill().with_context(|| format!("cannot kill {}", self.name))
    }

    /// An error when the server has ended by itself.
    pub(crate) fn check_alive(&mut self) -> Result<()> {
        match self.ended()? {
            Some(status) => bail!("{} ended by itself ({status})", self.name),
            None => Ok(()),
        }
    }

    /// Asks `ready` until it has an answer; an error with the end of the log when the server ends by
    /// itself or is not ready in time.
    pub(crate) fn wait<T>(&mut self, limit: Duration, ready: impl Fn() -> Option<T>) -> Result<T> {
        let deadline = Instant::now() + limit;
        loop {
            if let Some(answer) = ready() {
                return Ok(answer);
            }
            self.check_alive().with_context(|| self.log())?;
            if Instant::now() > deadline {
                bail!("{} was not ready within {}; {}", self.name, say::spoken(limit), self.log());
            }
            thread::sleep(POLL);
        }
    }

    /// Waits for the line of JSON with which the server says that it is ready, and what others need to know.
    pub(crate) fn announcement(&mut self, limit: Duration) -> Result<Value> {
        let console = self.scratch.join(CONSOLE);
        self.wait(limit, || first_json(&console))
    }

    /// The end of what the server printed, for an error message.
    pub(crate) fn log(&self) -> String {
        format!("the log of {} ends:\n{}", self.name, tail(&self.scratch.join(CONSOLE), 20))
    }

    /// The process, and the group of its children.
    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    /// The scratch folder, with the logs.
    pub(crate) fn folder(&self) -> &Path {
        &self.scratch
    }

    fn ended(&mut self) -> Result<Option<ExitStatus>> {
        self.child.try_wait().with_context(|| format!("cannot ask whether {} still runs", self.name))
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        say::note(&format!("stopping {}", self.name));
        drop(self.leash.take());
        // Reaping the child first lets the watcher see an empty group. Nothing is left to do on errors.
        let _ = self.child.wait();
        let _ = self.watcher.wait();
    }
}

/// A command that runs when this is dropped, or when this program ends without that.
#[derive(Debug)]
pub(crate) struct Parting {
    name: String,
    watcher: Child,
    leash: Option<ChildStdin>,
}

impl Parting {
    /// Prepares a command; `name` says what it does. Its environment is what it says and this program's own.
    pub(crate) fn prepare(name: &str, command: &Command) -> Result<Self> {
        let mut watcher = Command::new("sh");
        watcher.args(["-c", LAST, "parting"]).arg(command.get_program()).args(command.get_args());
        watcher.envs(command.get_envs().filter_map(|(variable, value)| Some((variable, value?))));
        let mut watcher = spawn(watcher)?;
        let leash = watcher.stdin.take();
        Ok(Self { name: name.to_owned(), watcher, leash })
    }
}

impl Drop for Parting {
    fn drop(&mut self) {
        say::note(&self.name);
        drop(self.leash.take());
        if !self.watcher.wait().is_ok_and(|status| status.success()) {
            say::note(&format!("{} failed: do it by hand", self.name));
        }
    }
}

/// The last lines of a log, for an error message, cut to a readable width; empty when there is no such
/// file.
pub(crate) fn tail(log: &Path, lines: usize) -> String {
    let text = fs::read_to_string(log).unwrap_or_default();
    let all: Vec<&str> = text.lines().collect();
    let last = all.iter().skip(all.len().saturating_sub(lines));
    last.map(|line| line.chars().take(WIDTH).chain(['\n']).collect::<String>()).collect()
}

fn first_json(console: &Path) -> Option<Value> {
    let text = fs::read_to_string(console).unwrap_or_default();
    text.lines().find_map(|line| serde_json::from_str(line).ok().filter(Value::is_object))
}

/// Runs a command to its end, and ends it with everything that it has started when it takes longer than `limit`: a
/// hang is a failure that says so. Nothing is returned then.
pub(crate) fn run_within(limit: Duration, command: &mut Command) -> Result<Option<ExitStatus>> {
    let mut child = command.process_group(0).spawn()?;
    let mut watcher = watch(child.id(), OsStr::new(""))?;
    let leash = watcher.stdin.take();
    let deadline = Instant::now() + limit;
    let mut ended = child.try_wait()?;
    while ended.is_none() && Instant::now() < deadline {
        thread::sleep(POLL);
        ended = child.try_wait()?;
    }
    drop(leash);
    child.wait()?;
    watcher.wait()?;
    Ok(ended)
}

fn watch(group: u32, scratch: &OsStr) -> Result<Child> {
    let mut watcher = Command::new("sh");
    watcher.args(["-c", WATCHER, "watcher", &group.to_string()]).arg(scratch);
    spawn(watcher)
}

/// A process that outlives this program, and whose standard input ends with it.
fn spawn(mut watcher: Command) -> Result<Child> {
    watcher.stdin(Stdio::piped()).stdout(Stdio::null()).process_group(0);
    watcher.spawn().context("cannot start the watcher of a server")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::account::Account;

    #[test]
    fn a_hang_ends_and_takes_its_children_along() {
        let folder = Folder::create("hang", Account::Own).unwrap();
        let mut command = Command::new("sh");
        command.current_dir(&*folder).args(["-c", "sleep 600 & echo $! > child; sleep 600"]);
        assert_eq!(run_within(Duration::from_secs(1), &mut command).unwrap(), None);
        let child = fs::read_to_string(folder.join("child")).unwrap();
        let left = Command::new("sh").args(["-c", &format!("kill -s 0 {child}")]).output().unwrap();
        assert!(!left.status.success());
    }

    #[test]
    fn what_ends_in_time_tells_how() {
        let status = run_within(Duration::from_secs(60), Command::new("sh").args(["-c", "exit 3"])).unwrap();
        assert_eq!(status.and_then(|status| status.code()), Some(3));
    }

    #[test]
    fn a_parting_command_runs_at_the_end_and_not_before() {
        let folder = Folder::create("parting", Account::Own).unwrap();
        let mut command = Command::new("sh");
        command.env("WORD", "two words").args(["-c", "printf %s \"$WORD\" > \"$1\"", "sh"]);
        let parting = Parting::prepare("writing", command.arg(folder.join("said"))).unwrap();
        assert!(!folder.join("said").exists());
        drop(parting);
        assert_eq!(fs::read_to_string(folder.join("said")).unwrap(), "two words");
    }

    #[test]
    fn a_dropped_server_takes_its_children_and_its_folder_along() {
        let scratch = Folder::create("leash", Account::Own).unwrap();
        let path = scratch.to_owned();
        let mut command = Command::new("sh");
        command.args(["-c", "sleep 600 & sleep 600"]);
        let server = Server::start("sleep", command, scratch).unwrap();
        let group = server.child.id();
        drop(server);
        let left = Command::new("sh").args(["-c", &format!("kill -s 0 -- -{group}")]).output().unwrap();
        assert!(!left.status.success());
        assert!(!path.exists());
    }
}
