//! `guassp token new`: makes a token for a person. The gateway knows it by the line that is printed with it, and
//! nothing keeps the token itself.

use clap::Subcommand;
use gateway::caller::{PersonToken, Role};
use secrecy::ExposeSecret;
use serde::Serialize;

use super::ask::Output;
use crate::exit::Failed;

/// What to do with tokens of people.
#[derive(Debug, Subcommand)]
pub(crate) enum Action {
    /// Make a token, and the entry of `GUASSP_TOKENS` that makes it good. It needs no settings.
    New {
        /// Whom it is for: letters, digits and ._@-
        name: String,
        /// viewer may look at everything, operator may do everything.
        #[arg(long, value_parser = role)]
        role: Role,
        #[arg(long, value_enum, default_value_t)]
        output: Output,
    },
}

#[derive(Serialize)]
struct Issued<'a> {
    name: &'a str,
    role: String,
    token: &'a str,
    entry: String,
}

pub(super) fn run(action: &Action) -> Result<(), Failed> {
    let Action::New { name, role, output } = action;
    let (token, entry) = PersonToken::issue(name, *role)
        .map_err(|wrong| Failed::because(format!("a token for {name:?} {wrong}")))?;
    let issued =
        Issued { name, role: role.to_string(), token: token.expose_secret(), entry: entry.to_string() };
    match output {
        Output::Text => show(&issued),
        Output::Json => println!("{}", serde_json::to_string(&issued).map_err(Failed::because)?),
    }
    Ok(())
}

fn show(Issued { name, role, token, entry }: &Issued<'_>) {
    println!("The token of {name}, who is {role}. It is shown only now:");
    println!();
    println!("    {token}");
    println!();
    println!(
        "Add this to GUASSP_TOKENS (or to the file GUASSP_TOKENS_FILE) of every gateway, and start it anew:"
    );
    println!();
    println!("    {entry}");
}

fn role(text: &str) -> Result<Role, &'static str> {
    text.parse().map_err(|_| "it is viewer or operator")
}
