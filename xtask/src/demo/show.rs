//! How the demo looks: steps with their commands, facts, tables. Plain text, readable in a log.

use crate::say;

const INDENT: &str = "   ";

/// The first line of all.
pub(super) fn title(text: &str) {
    say::result(&format!("\n{text}\n{}", "=".repeat(text.chars().count())));
}

/// The title of a step.
pub(super) fn step(text: &str) {
    say::result(&format!("\n-- {text}"));
}

/// The command that a person would type for what happens now.
pub(super) fn typed(command: &str) {
    say::result(&format!("{INDENT}$ {command}"));
}

/// The same with settings in the environment before it, two in a line.
pub(super) fn typed_with(settings: &[(&str, &str)], command: &str) {
    let pair = |(name, value): &(&str, &str)| format!("{name}={value}");
    let line = |some: &[(&str, &str)]| some.iter().map(pair).collect::<Vec<_>>().join(" ") + " \\";
    let words: Vec<String> = settings.chunks(2).map(line).chain([command.to_owned()]).collect();
    typed(&words.join(&format!("\n{INDENT}  ")));
}

/// A call as `curl` would make it.
pub(super) fn curl(method: &str, url: &str, header: (&str, &str)) {
    let verb = if method == "GET" { String::new() } else { format!("-X {method} ") };
    typed(&format!("curl {verb}-H '{}: {}' '{url}'", header.0, header.1));
}

/// One fact with its name.
pub(super) fn fact(name: &str, value: &str) {
    say::result(&format!("{INDENT}{name:<10} {value}"));
}

/// Lines as they are.
pub(super) fn lines(lines: &[String]) {
    for line in lines {
        say::result(format!("{INDENT}{line}").trim_end());
    }
}

/// A table of two columns under their headings.
pub(super) fn table(headings: &[&str; 2], rows: &[[String; 2]]) {
    let width = rows.iter().map(|[first, _]| first.chars().count()).max().unwrap_or(0);
    let width = width.max(headings[0].len());
    let [first, second] = headings;
    say::result(&format!("{INDENT}{first:<width$}  {second}"));
    for [first, second] in rows {
        say::result(&format!("{INDENT}{first:<width$}  {second}"));
    }
}
