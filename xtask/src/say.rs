//! What the commands say: progress in plain words on standard error, results on standard output.
//!
//! The split lets a script write `NATS_SERVER_BIN=$(cargo xtask fetch nats-server)` while a person
//! still reads what happens. Decides nothing.
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a command line talks to a person")]

use std::process::Command;
use std::time::Duration;

/// A line of progress.
pub(crate) fn note(text: &str) {
    eprintln!("   {text}");
}

/// The title of a larger piece of work.
pub(crate) fn heading(text: &str) {
    eprintln!("\n== {text}");
}

/// The command that is about to run, as a person would type it.
pub(crate) fn running(command: &Command) {
    note(&format!("$ {}", typed(command)));
}

/// Why a command failed: what it wanted, then each cause on a line of its own.
pub(crate) fn failure(error: &anyhow::Error) {
    eprintln!("\nfailed: {error}");
    for cause in error.chain().skip(1) {
        eprintln!("   because {cause}");
    }
}

/// A result: what a caller may want to read by program.
pub(crate) fn result(text: &str) {
    println!("{text}");
}

/// A command as a person would type it: no quoting beyond what reading needs.
pub(crate) fn typed(command: &Command) -> String {
    let program = command.get_program().to_string_lossy();
    let name = program.rsplit('/').next().unwrap_or(&program).to_owned();
    let arguments = command.get_args().map(|argument| quoted(&argument.to_string_lossy()));
    std::iter::once(name).chain(arguments).collect::<Vec<_>>().join(" ")
}

/// A duration as people say it: `4.2 s`, `3 min 07 s`.
pub(crate) fn spoken(duration: Duration) -> String {
    match duration.as_secs() {
        0..60 => format!("{:.1} s", duration.as_secs_f64()),
        seconds => format!("{} min {:02} s", seconds / 60, seconds % 60),
    }
}

fn quoted(argument: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./:=,@+".contains(c);
    if !argument.is_empty() && argument.chars().all(plain) {
        argument.to_owned()
    } else {
        format!("'{argument}'")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_spoken_in_seconds_then_minutes() {
        assert_eq!(spoken(Duration::from_millis(4_240)), "4.2 s");
        assert_eq!(spoken(Duration::from_secs(187)), "3 min 07 s");
    }

    #[test]
    fn only_arguments_that_need_it_are_quoted() {
        let mut command = Command::new("/usr/bin/curl");
        command.args(["-X", "POST", "JOB-TOKEN: abc"]);
        assert_eq!(typed(&command), "curl -X POST 'JOB-TOKEN: abc'");
    }
}
