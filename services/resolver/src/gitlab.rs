//! What GitLab says about a project and its members: the whole truth, or an error.
//!
//! **Invariant:** a reading is complete or refused. A page that is cut, missing, repeated or of another kind, an
//! empty list, a total that moves: each is an error with the reason, never a shorter list. **Invariant:** nobody is
//! taken for gone because the token, or a proxy that lost it, could not see them: before a reading is believed that
//! differs from the last one the token's user is asked for, and groups that the token may not see are named.
//!
//! `reading` says when a reading is sure, `list` reads a list to its end, `ask` makes each call with good manners
//! (`limit`), `groups` keeps what changes seldom.

mod ask;
mod below;
mod error;
mod groups;
mod identity;
mod limit;
mod list;
mod members;
mod memberships;
mod overview;
mod pages;
mod project;
mod reach;
mod reading;
mod tags;
mod token;
mod unseen;
mod users;

use std::{sync::Arc, time::Duration};

use reqwest::header::HeaderMap;
use runtime::{
    http::{Client, Credential, Limits},
    jetstream::Budgets,
    metrics::Metrics,
    secret::Secret,
};
use serde::{Deserialize, Serialize};
use url::Url;

pub(crate) use self::{
    below::Below,
    error::is_about_the_project,
    token::{OWN_TOKEN, OwnToken},
};
pub use self::{
    error::ReadError,
    groups::{Group, Share},
    members::Listed,
    overview::Projects,
    project::Project,
    reach::Reached,
    reading::Reading,
};
use self::{groups::Groups, identity::Identity, limit::CallLimits, tags::Tagged};
use crate::StartError;

pub(crate) const SYSTEM: &str = "gitlab";

/// How GitLab is read.
#[derive(Debug, Clone)]
pub struct Config {
    /// GitLab.
    pub url: Url,
    /// A token that may read the projects' members; `read_api` is enough.
    pub token: Secret,
    /// How patient calls are.
    pub limits: Limits,
    /// Pages of one list that are asked for at a time.
    pub parallel_calls: usize,
    /// How many rows of groups and of their members are kept in all.
    pub cache_rows: u64,
    /// How old what is kept of a group may be.
    pub cache_age: Duration,
    /// How many calls all resolvers together may make.
    pub budget: Budget,
}

impl Config {
    /// The bare client, which signs in with the token.
    pub(crate) fn connect(&self, metrics: Arc<Metrics>) -> Result<Client, StartError> {
        let credential =
            Credential::header_of("private-token", self.token.clone()).map_err(|_| StartError::Token)?;
        let client = Client::new(SYSTEM, &self.url, HeaderMap::new(), &self.limits, metrics)?;
        Ok(client.signed_in(credential))
    }
}

/// Section `gitlab.budget`: calls a minute of all resolvers together; 0 is no limit.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Budget {
    /// Calls of every kind.
    pub requests_per_minute: u32,
    /// Calls of `GET /projects/:id/members/all`, each page counted.
    pub member_lists_per_minute: u32,
}

/// A client of GitLab that reads memberships. Cheap to clone; clones share what they know.
#[derive(Debug, Clone)]
pub struct GitLab {
    http: Client,
    parallel_calls: usize,
    limits: Arc<CallLimits>,
    identity: Arc<Identity>,
    groups: Arc<Groups>,
    tagged: Arc<Tagged>,
}

impl GitLab {
    /// A client of GitLab. Without `budgets` it shares nothing with other processes, and no budget is kept.
    ///
    /// # Errors
    /// When the token cannot be sent in a header, or the HTTP client cannot be set up.
    pub fn new(config: &Config, budgets: Option<Budgets>, metrics: Arc<Metrics>) -> Result<Self, StartError> {
        Ok(Self {
            http: config.connect(metrics)?,
            parallel_calls: config.parallel_calls,
            limits: Arc::new(CallLimits::new(config.budget, budgets)),
            identity: Arc::new(Identity::of(config.token.clone())),
            groups: Arc::new(Groups::new(config.cache_rows, config.cache_age)),
            tagged: Arc::default(),
        })
    }

    /// Makes sure that GitLab knows the token's user.
    ///
    /// # Errors
    /// When the token's user is not proven.
    pub(crate) async fn confirm_user(&self) -> Result<(), ReadError> {
        self.prove().await.map(|_| ())
    }
}
