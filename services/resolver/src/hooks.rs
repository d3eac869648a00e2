//! This system's webhooks in GitLab: which there are, making them as they should be, taking them away.
//!
//! Its own is a hook by its address and by nothing else: all pages of a list are read before one is made, and there is
//! never a second one at a place. What a token may not change is told as steps that a person can take. Nothing here reads
//! memberships, and no other part of the resolver writes to GitLab.

mod api;
mod by_hand;
mod events;
mod health;
mod install;
mod places;
mod remove;

use std::sync::Arc;

use runtime::{
    http::{Client, Failure, FailureKind},
    metrics::Metrics,
    secret::Secret,
};
use serde::Serialize;
use url::Url;

pub use self::{
    api::Hook,
    events::Events,
    health::{Health, Listed},
    places::{Choice, Place, Places},
};
use crate::{StartError, gitlab};

/// The path of this system that takes GitLab's events.
pub const PATH: &str = "/webhooks/gitlab";

/// What a hook of this system should be like.
#[derive(Debug, Clone)]
pub struct Wanted {
    /// Where GitLab sends events to.
    pub url: Url,
    /// The secret token, where one is configured.
    pub secret: Option<Secret>,
    /// The signing token (`whsec_…`), where one is configured.
    pub signing_key: Option<Secret>,
    /// What it has to send.
    pub events: Events,
}

impl Wanted {
    /// A hook to the system whose public address is `public`, with or without the path of hooks.
    #[must_use]
    pub fn at(public: &Url, secret: Option<Secret>, signing_key: Option<Secret>) -> Self {
        let mut url = public.clone();
        let base = public.path().trim_end_matches('/');
        let base = base.strip_suffix(PATH).unwrap_or(base);
        url.set_path(&format!("{base}{PATH}"));
        let set = |secret: &Secret| !secret.is_empty();
        Self { url, secret: secret.filter(set), signing_key: signing_key.filter(set), events: Events::Access }
    }

    /// The same, which sends these events.
    #[must_use]
    pub fn sending(self, events: Events) -> Self {
        Self { events, ..self }
    }

    /// Whether a gateway can tell what such a hook sends from what anybody sends.
    const fn proves_itself(&self) -> bool {
        self.secret.is_some() || self.signing_key.is_some()
    }

    /// Whether GitLab's hook leads here.
    fn is_ours(&self, hook: &Hook) -> bool {
        let same = |url: Url| url.as_str().trim_end_matches('/') == self.url.as_str().trim_end_matches('/');
        hook.url.parse().is_ok_and(same)
    }
}

/// What was done at one place.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Done {
    /// Where: `system`, or a group or project by its path.
    pub place: String,
    /// What came of it.
    pub result: Outcome,
    /// GitLab's id of the hook.
    pub hook: Option<u64>,
    /// What was, or would be, different; or the steps that a person takes.
    pub details: Vec<String>,
}

/// What came of a place.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// There was none; now there is.
    Installed,
    /// It was not as it should be; now it is.
    Updated,
    /// GitLab had switched it off; a test request went through, so it calls it again.
    Woken,
    /// It was as it should be.
    Unchanged,
    /// It was taken away.
    Removed,
    /// Only looked: there would be a new one.
    WouldInstall,
    /// Only looked: it would be changed.
    WouldUpdate,
    /// Only looked: it would be taken away.
    WouldRemove,
    /// Nothing was changed: the details are steps for a person.
    ByHand,
    /// It did not work out: the last of the details says why, those before it what was done.
    Failed,
}

impl Done {
    fn at(place: &Place, result: Outcome, hook: Option<u64>) -> Self {
        Self { place: place.to_string(), result, hook, details: Vec::new() }
    }

    fn failed(place: &Place, error: &HookError) -> Self {
        Self { details: vec![error.to_string()], ..Self::at(place, Outcome::Failed, None) }
    }

    /// The same, with one more thing that went wrong.
    fn but(&mut self, problem: String) {
        self.result = Outcome::Failed;
        self.details.push(problem);
    }
}

/// Why nothing can be done.
#[derive(Debug, thiserror::Error)]
pub enum HookError {
    /// GitLab did not answer as it should.
    #[error("{0}")]
    Call(#[from] Failure),
    /// A list of hooks is not whole.
    #[error("GitLab's list of hooks is not usable: {0}")]
    Incomplete(String),
    /// There is no place for a hook.
    #[error(
        "the token's user {0} is no administrator, owns no top-level group and maintains no project: name a place by --group or --project"
    )]
    NoPlace(String),
    /// A hook would prove nothing to the gateway, which answers it 401 until GitLab switches it off.
    #[error(
        "GUASSP_WEBHOOKS__SECRET and GUASSP_WEBHOOKS__SIGNING_KEY are not set: set here the one that the gateway has, or the gateway refuses what a new hook sends"
    )]
    NoSecret,
    /// The client cannot be set up.
    #[error(transparent)]
    Start(#[from] StartError),
}

impl HookError {
    /// Whether GitLab says that the token may not, or does not show whether it may.
    fn is_refusal(&self) -> bool {
        match self {
            Self::Call(failure) => {
                matches!(failure.kind, FailureKind::Refused { status: 403, .. } | FailureKind::Missing { .. })
            }
            Self::Incomplete(_) | Self::NoPlace(_) | Self::NoSecret | Self::Start(_) => false,
        }
    }
}

/// Changes nothing, where that is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// Do it.
    Apply,
    /// Tell what would be done.
    DryRun,
}

/// The hooks of one GitLab.
#[derive(Debug)]
pub struct Hooks {
    http: Client,
    /// GitLab's address, for people.
    gitlab: Url,
}

impl Hooks {
    /// A client with the token of the resolver. No call is made yet.
    ///
    /// # Errors
    /// When the token cannot be sent, or the HTTP client cannot be set up.
    pub fn new(config: &gitlab::Config, metrics: Arc<Metrics>) -> Result<Self, StartError> {
        Ok(Self { http: config.connect(metrics)?, gitlab: config.url.clone() })
    }
}
