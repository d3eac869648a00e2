//! Asking the running services, for the commands that do.

use std::{fmt::Display, time::Duration};

use async_nats::{Client, jetstream::Context};
use clap::ValueEnum;
use proto::live::{Compared, Look, Looked, Paths, Preview};
use runtime::{
    config::ConfigError,
    jetstream::{connect::connect, server::Server},
    live::{self, AskError},
    readiness::Readiness,
};

use serde::Serialize;

use crate::{exit::Failed, settings::Settings};

/// A group of 20,000 members takes GitLab minutes.
const PATIENCE: Duration = Duration::from_secs(300);

/// How an answer is told.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub(super) enum Output {
    /// For people.
    #[default]
    Text,
    /// For programs.
    Json,
}

impl Output {
    /// Prints what is told, in the one form or the other.
    pub(super) fn print(self, told: &(impl Display + Serialize)) -> Result<(), Failed> {
        if self == Self::Text {
            print!("{told}");
        }
        self.print_json(told)
    }

    /// Prints what programs are told, and to people nothing.
    pub(super) fn print_json(self, told: &impl Serialize) -> Result<(), Failed> {
        if self == Self::Json {
            println!("{}", serde_json::to_string_pretty(told).map_err(Failed::because)?);
        }
        Ok(())
    }
}

/// `NATS_URL`, or the server that an all-in-one of this data folder has started.
pub(super) fn nats_url(settings: &Settings) -> Option<String> {
    settings.nats.url.clone().or_else(|| Server::running_in(&settings.data_dir.join("nats")))
}

/// Connects there.
pub(super) async fn nats(settings: &Settings) -> Result<Context, Failed> {
    let url = nats_url(settings).ok_or_else(|| {
        ConfigError::missing(
            "NATS_URL",
            "nats://nats:4222 (or run this where an all-in-one runs, with its GUASSP_DATA_DIR)",
        )
    })?;
    let latch = Readiness::default().latch("nats");
    Ok(connect(&settings.nats, &url, "guassp command", latch).await?)
}

/// A connection to the nats-server over which the services are asked.
pub(super) struct Services(Client);

impl Services {
    /// Connects as [`nats`] does.
    pub(super) async fn reach(settings: &Settings) -> Result<Self, Failed> {
        Ok(Self(nats(settings).await?.client()))
    }

    /// What GitLab says of the project, and what follows from it.
    pub(super) async fn look(&self, project: &str, paths: Option<Paths>) -> Result<Looked, Failed> {
        let question = Look { project: project.to_owned(), paths };
        live::ask(&self.0, &question, PATIENCE).await.map_err(Failed::from)
    }

    /// What SonarQube has, and what a sync would change; nothing is asked where a sync would do nothing.
    pub(super) async fn compare(&self, looked: &Looked) -> Result<Compared, Failed> {
        live::compare(&self.0, looked, PATIENCE).await.map_err(Failed::from)
    }

    /// What a sync would change now.
    pub(super) async fn preview(&self, project: &str) -> Result<Preview, Failed> {
        live::preview(&self.0, project, PATIENCE).await.map_err(Failed::from)
    }
}

impl From<AskError> for Failed {
    fn from(error: AskError) -> Self {
        match error {
            AskError::Refused { code: 503, .. } | AskError::Nobody(_) | AskError::TooLate(..) => {
                Self::unavailable(error)
            }
            AskError::Unavailable(_) => Self::unavailable(format!("NATS_URL: {error}")),
            AskError::Refused { .. } | AskError::Unreadable(_) => Self::because(error),
        }
    }
}
