//! A person's word before something is taken away.

use std::io::{IsTerminal, Write};

use super::ask::Output;
use crate::exit::Failed;

/// An error unless a person agrees: by `--yes`, or at the terminal.
pub(super) fn ask(question: &str, yes: bool, output: Output) -> Result<(), Failed> {
    if yes {
        return Ok(());
    }
    if !std::io::stdin().is_terminal() || output == Output::Json {
        return Err(Failed::because("nothing is changed: nobody can be asked here, so add --yes"));
    }
    print!("{question} [y/N] ");
    let mut answer = String::new();
    std::io::stdout().flush().map_err(Failed::because)?;
    std::io::stdin().read_line(&mut answer).map_err(Failed::because)?;
    match answer.trim().to_lowercase().as_str() {
        "y" | "yes" => Ok(()),
        _ => Err(Failed::because("nothing is changed")),
    }
}
