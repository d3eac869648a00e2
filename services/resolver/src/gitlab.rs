//! What GitLab says about a project and its members: the whole truth, or an error.
//!
//! **Invariant:** a reading is complete or refused. A page that is cut, missing, repeated or of another kind, an
//! empty list, a total that moves: each is an error with the reason, never a shorter list. **Invariant:** nobody is
//! taken for gone because the token, or a proxy that lost it, could not see them: before an empty or smaller list is
//! believed the token's user is asked for ([`GitLab::confirm`]), and groups that the token may not see are named.
//!
//! `list` reads a list to its end, `ask` makes each call with good manners (`limit`), `groups` keeps what changes
//! seldom.

mod ask;
mod error;
mod groups;
mod identity;
mod limit;
mod list;
mod members;
mod overview;
mod pages;
mod project;
mod reach;
mod tags;
mod unseen;
mod users;

use std::{sync::Arc, time::Duration};

use access::MembershipRow;
use jiff::civil::Date;
use proto::{GroupId, ProjectId, UnseenGroup};
use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use runtime::{
    http::{Client, Limits},
    jetstream::Budgets,
    metrics::Metrics,
};
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use url::Url;

pub use self::{
    error::ReadError,
    groups::{Group, Share},
    members::Listed,
    overview::Projects,
    project::Project,
    reach::Reached,
};
use self::{groups::Groups, identity::Identity, limit::CallLimits, tags::Tagged};
use crate::StartError;

const SYSTEM: &str = "gitlab";

/// How GitLab is read.
#[derive(Debug, Clone)]
pub struct Config {
    /// GitLab.
    pub url: Url,
    /// A token that may read the projects' members; `read_api` is enough.
    pub token: SecretString,
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

/// Everything a plan is made of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reading {
    /// The project's path with namespace.
    pub path: String,
    /// Whether everybody may see the project and its code; GitLab's `internal` is not public.
    pub public: bool,
    /// The group that the project lies in; none for a personal project.
    pub group: Option<GroupId>,
    /// Whether the project lies in a person's own namespace.
    pub personal: bool,
    /// The groups that are invited to the project itself.
    pub invited: Vec<Share>,
    /// The lines of `members/all`, all of them.
    pub rows: Vec<MembershipRow>,
    /// Invited groups whose members the token may not see: the lines may lack people who have access.
    pub unseen: Vec<UnseenGroup>,
    /// The earliest end date that a membership or an invitation has, to the project or above it; also one that has
    /// passed already.
    pub ends: Option<Date>,
}

impl GitLab {
    /// A client of GitLab. Without `budgets` it shares nothing with other processes, and no budget is kept.
    ///
    /// # Errors
    /// When the token cannot be sent in a header, or the HTTP client cannot be set up.
    pub fn new(config: &Config, budgets: Option<Budgets>, metrics: Arc<Metrics>) -> Result<Self, StartError> {
        let token = config.token.expose_secret();
        let mut value = HeaderValue::from_str(token).map_err(|_| StartError::Token)?;
        value.set_sensitive(true);
        let headers = HeaderMap::from_iter([(HeaderName::from_static("private-token"), value)]);
        Ok(Self {
            http: Client::new(SYSTEM, &config.url, headers, &config.limits, metrics)?,
            parallel_calls: config.parallel_calls,
            limits: Arc::new(CallLimits::new(config.budget, budgets)),
            identity: Arc::default(),
            groups: Arc::new(Groups::new(config.cache_rows, config.cache_age)),
            tagged: Arc::default(),
        })
    }

    /// Reads a project and all its members.
    ///
    /// # Errors
    /// When anything is missing from the answer.
    pub async fn read(&self, project: ProjectId) -> Result<Reading, ReadError> {
        let found = self.project(project).await?;
        self.complete(project, found).await
    }

    /// Reads the members of a project that was found.
    pub(crate) async fn complete(&self, project: ProjectId, found: Project) -> Result<Reading, ReadError> {
        let listed = self.project_all(project).await?;
        let above = self.groups_above(found.group()).await?;
        let mut reading = Reading {
            public: found.is_open(),
            group: found.group(),
            personal: found.is_personal(),
            invited: found.invited(),
            ends: None,
            path: found.path().to_owned(),
            unseen: Vec::new(),
            rows: Vec::new(),
        };
        let shares = reading.invited.iter().chain(above.iter().flat_map(|group| &group.invited));
        reading.ends =
            listed.iter().map(|line| line.ends).chain(shares.map(|share| share.ends)).flatten().min();
        reading.rows = listed.into_iter().map(|line| line.row).collect();
        reading.unseen = self.unseen(&reading, &above, &self.account().await?).await?;
        Ok(reading)
    }

    /// Makes sure that GitLab knows the token's user: for the first plan of a project, which no other one can be
    /// compared with.
    ///
    /// # Errors
    /// When the token's user is not proven.
    pub async fn confirm_user(&self) -> Result<(), ReadError> {
        self.prove().await.map(|_| ())
    }

    /// Makes sure that a reading with fewer people than the last one is the truth: the token must still be its user's,
    /// and a second reading, made after that is proven, must agree. Returns the groups that the token may not see.
    ///
    /// # Errors
    /// When the token's user is not proven, or the list has changed.
    pub async fn confirm(
        &self,
        project: ProjectId,
        reading: &Reading,
    ) -> Result<Vec<UnseenGroup>, ReadError> {
        let account = self.prove().await?;
        let listed = self.project_all(project).await?;
        if !listed.iter().map(|line| &line.row).eq(&reading.rows) {
            return Err(ReadError::Incomplete("it changed between two readings".to_owned()));
        }
        let above = self.groups_above(reading.group).await?;
        self.unseen(reading, &above, &account).await
    }
}
