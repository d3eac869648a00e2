//! A load of posts: many CI jobs, each of another project, ask a gateway for a synchronisation.
//!
//! `load --url URL --tokens FILE` keeps `--connections` connections busy, each with one post at a time (a closed loop),
//! until `--requests` posts are answered, and prints one line of JSON: how many were accepted, and how long they took.
//! `--hooks SECRET` posts webhooks of GitLab instead, and sends one that was not accepted again. It shares the machine
//! with what it measures, so it runs on one thread and does little for each post. It decides nothing about what is fast
//! enough.

mod answer;
mod connection;
mod hooks;
mod post;
mod report;
mod run;
mod tokens;

use std::{fs, io::Write, path::PathBuf};

use anyhow::{Context, Result};
use clap::Parser;
use http::Uri;

use crate::{post::Post, run::Load, tokens::Kind};

/// Posts tasks with the tokens of many jobs, and measures the answers.
#[derive(Debug, Parser)]
struct Arguments {
    /// Where the tasks are posted: `http://127.0.0.1:5000/task`.
    #[arg(long)]
    url: Uri,
    /// The file of tokens: a line a project, `<project id> <job token> <ID token>`.
    #[arg(long, required_unless_present = "hooks")]
    tokens: Option<PathBuf>,
    /// Which of them are sent.
    #[arg(long, value_enum, default_value_t = Kind::Job)]
    kind: Kind,
    /// Webhooks of GitLab are posted instead, with this secret token: `http://127.0.0.1:5000/webhooks/gitlab`.
    #[arg(long, value_name = "SECRET", conflicts_with = "tokens")]
    hooks: Option<String>,
    /// How many projects they are about.
    #[arg(long, default_value_t = 500)]
    projects: usize,
    /// A file for the ids of the webhooks that were accepted, one a line.
    #[arg(long)]
    accepted: Option<PathBuf>,
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
    let arguments = Arguments::parse();
    let measured = Load::new(&arguments.url, arguments.posts()?)?.run(arguments.connections).await?;
    if let Some(file) = &arguments.accepted {
        fs::write(file, measured.hooks.join("\n")).with_context(|| file.display().to_string())?;
    }
    writeln!(std::io::stdout(), "{}", serde_json::to_string(&measured.report())?)?;
    Ok(())
}

impl Arguments {
    fn posts(&self) -> Result<Vec<Post>> {
        let Self { tokens, kind, hooks, projects, skip, requests, .. } = self;
        if let Some(secret) = hooks {
            return hooks::posts(secret, *requests, *projects);
        }
        let tokens = tokens.as_ref().context("--tokens FILE is missing")?;
        Ok(tokens::read(tokens, *kind, *skip, *requests)?.into_iter().map(Post::task).collect())
    }
}
