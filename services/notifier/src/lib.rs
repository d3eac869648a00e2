//! The notifier: opens an issue in GitLab for what needs a person, and closes it when it is mended.
//!
//! It consumes the audit stream and holds a GitLab token of its own, with scope `api` on the project of issues; it reads no
//! memberships and never talks to SonarQube. The story of an event is `notify::Notifier::work`; what an event is about is
//! told in `matter`, whether it needs a person now in `look`, how an issue is kept in line in `desk`, what it says in
//! `words`. Only `gitlab::Issues` writes to GitLab; `doctor` looks whether it can.

mod desk;
pub mod doctor;
mod gitlab;
mod look;
mod matter;
mod metrics;
mod notify;
mod patience;
mod token;
mod words;

use runtime::{
    Runtime,
    http::{Client, Limits},
    jetstream::{self, Retry, watch_queue},
    secret::Secret,
};
use url::Url;

use crate::{
    desk::Desk, gitlab::Issues, look::Lookout, metrics::NotifierMetrics, notify::Notifier, patience::Patience,
};

/// What a notifier needs to know.
#[derive(Debug, Clone)]
pub struct Config {
    /// The GitLab that has the project of issues.
    pub gitlab_url: Url,
    /// A token with scope `api`, whose user may make issues there (Reporter).
    pub token: Secret,
    /// How patient calls are.
    pub limits: Limits,
    /// The project of issues, by id or path.
    pub project: String,
    /// The labels of its issues.
    pub labels: Vec<String>,
    /// What people are told of.
    pub about: About,
    /// Of failing projects so many at most have an issue each; one more tells that there are others.
    pub at_most: usize,
    /// How often and how patiently a failed call is repeated.
    pub retry: Retry,
}

/// The system that the token is for, among the tokens of all services.
const TOKEN: &str = "issues";

async fn watch_token(client: Client, secret: Secret, runtime: Runtime) {
    runtime::token::watch(TOKEN, secret, || token::facts(&client), runtime).await;
}

/// What people are told of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct About {
    /// Projects that cannot be synchronised.
    pub failed: bool,
    /// Plans that wait for approval.
    pub held: bool,
    /// Tokens that end soon.
    pub tokens: bool,
}

/// Why a notifier could not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The HTTP client could not be set up.
    #[error("the client of GitLab's issues cannot be set up: {0}")]
    Client(#[from] reqwest::Error),
    /// The token cannot be a header's value.
    #[error(
        "GUASSP_ISSUES__TOKEN holds characters that no token has: set it again, without spaces or line ends"
    )]
    Token,
    /// A metric's name is taken.
    #[error("metrics: {0}")]
    Metrics(#[from] prometheus::Error),
}

/// Starts a notifier; it works until the runtime's life ends.
///
/// # Errors
/// When the client of GitLab cannot be set up.
pub fn start(config: &Config, runtime: &Runtime) -> Result<(), StartError> {
    let notifier = Notifier {
        about: config.about,
        look: Lookout { jetstream: runtime.jetstream.clone(), clock: runtime.clock.clone() },
        desk: Desk {
            issues: Issues::new(config, runtime.metrics.clone())?,
            jetstream: runtime.jetstream.clone(),
            clock: runtime.clock.clone(),
            metrics: NotifierMetrics::new(&runtime.metrics)?,
            at_most: config.at_most,
        },
        patience: Patience { token: config.token.clone(), life: runtime.lifecycle.clone() },
    };
    let client = gitlab::connect(config, runtime.metrics.clone())?;
    runtime.lifecycle.spawn(watch_token(client, config.token.clone(), runtime.clone()));
    // One at a time: people read no faster, and GitLab limits how many issues a user makes in a minute.
    runtime.lifecycle.spawn(jetstream::run(notifier, 1, config.retry.clone(), runtime.clone()));
    runtime.lifecycle.spawn(watch_queue::<Notifier>(runtime.clone()));
    Ok(())
}
