//! A load of posts: many CI jobs, each of another project, ask a gateway for a synchronisation.
//!
//! `load --url URL --tokens FILE` keeps `--connections` connections busy, each with one post at a time (a closed loop),
//! until `--requests` posts are answered, and prints one line of JSON: how many were accepted, and how long they took.
//! It shares the machine with what it measures, so it runs on one thread and does little for each post. It decides
//! nothing about what is fast enough.

mod answer;
mod connection;
mod report;
mod run;
mod tokens;

use std::{io::Write, path::PathBuf};

use anyhow::Result;
use clap::Parser;
use http::Uri;

use crate::{run::Load, tokens::Kind};

/// Posts tasks with the tokens of many jobs, and measures the answers.
#[derive(Debug, Parser)]
struct Arguments {
    /// Where the tasks are posted: `http://127.0.0.1:5000/task`.
    #[arg(long)]
    url: Uri,
    /// The file of tokens: a line a project, `<project id> <job token> <ID token>`.
    #[arg(long)]
    tokens: PathBuf,
    /// Which of them are sent.
    #[arg(long, value_enum, default_value_t = Kind::Job)]
    kind: Kind,
    /// How many lines of the file are passed over: an earlier run used them.
    #[arg(long, default_value_t = 0)]
    skip: usize,
    /// How many tasks are posted.
    #[arg(long, default_value_t = 1_000)]
    requests: usize,
    /// How many connections are kept busy.
    #[arg(long, default_value_t = 64)]
    connections: usize,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<()> {
    let Arguments { url, tokens, kind, skip, requests, connections } = Arguments::parse();
    let headers = tokens::read(&tokens, kind, skip, requests)?;
    let measured = Load::new(&url, headers)?.run(connections).await?;
    writeln!(std::io::stdout(), "{}", serde_json::to_string(&measured.report())?)?;
    Ok(())
}
