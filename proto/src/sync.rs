//! What appliers keep of a project between two syncs: how the last one went, what waits for a person or for SonarQube,
//! and what was left in SonarQube.

use std::{collections::BTreeMap, fmt};

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{Change, Message, Outcome, PermissionSet, Person, TaskId, Visibility};

/// Project key `last`: how the last sync went that came to an end; a failed one leaves it as it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct LastSync {
    /// The task.
    pub task: TaskId,
    /// When it ended.
    pub at: Timestamp,
    /// What became of it.
    pub outcome: Outcome,
}

/// Project key `hold`: a plan that waits for a person's approval. Nothing of it is written before that.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Hold {
    /// The task whose plan was held first; later plans that come to the same leave it.
    pub task: TaskId,
    /// The digest of all changes, which an approval names.
    pub digest: String,
    /// When it was held.
    pub at: Timestamp,
    /// Why, one sentence each.
    pub reasons: Vec<String>,
    /// Whether the limit of an hour over all projects holds it; it stays held when the hour is over.
    #[serde(default)]
    pub hourly: bool,
    /// Whether it was approved and somebody has begun to write it: what is left of it after a crash is approved, too.
    #[serde(default)]
    pub begun: bool,
    /// How many permissions it would give.
    pub grants: usize,
    /// How many it would take.
    pub revokes: usize,
    /// What it would change, project by project.
    pub projects: Vec<HeldProject>,
}

/// What a held plan would change on one SonarQube project.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct HeldProject {
    /// The project's key in SonarQube.
    pub key: String,
    /// The visibility it would be changed to, if it would.
    pub becomes: Option<Visibility>,
    /// The changes, grants before revokes; the first [`Hold::LISTED`] of all projects. The digest is of all of them.
    pub changes: Vec<Change>,
}

impl Hold {
    /// How many changes are listed by name; the counts are always whole.
    pub const LISTED: usize = 2_000;
}

/// Project key `decision`: what a person decided about a held plan.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Decision {
    /// The task whose plan was held first.
    pub held: TaskId,
    /// The digest of the changes that the person saw.
    pub digest: String,
    /// What was decided.
    pub ruling: Ruling,
    /// Who decided, by the name of their token.
    pub by: String,
    /// When.
    pub at: Timestamp,
}

impl Decision {
    /// Whether it is about this hold.
    #[must_use]
    pub fn is_about(&self, hold: &Hold) -> bool {
        self.held == hold.task && self.digest == hold.digest
    }
}

/// What a person decided about a held plan.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Ruling {
    /// Exactly these changes may be made, once.
    Approved,
    /// Nothing of it is to be done. When a later plan comes to the same it is held anew.
    Rejected,
}

/// Project key `waiting`: what a sync could not do yet, and what appliers look out for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Waiting {
    /// The project's path with namespace at the time.
    pub path: String,
    /// People with access who have not signed in to SonarQube yet.
    pub people: Vec<Person>,
    /// Whether SonarQube had no project for it.
    pub project_missing: bool,
    /// Since when.
    pub since: Timestamp,
}

/// What accounts hold, or should, by login.
pub type HeldByLogin = BTreeMap<String, PermissionSet>;

/// Project key `written`: what the accounts that are this system's were to hold when it had written, by which it tells
/// what somebody else changed since.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Written {
    /// By SonarQube project. What somebody else changed, and a setting leaves, is not in here.
    pub projects: BTreeMap<String, HeldByLogin>,
    /// What syncs have begun to change since, by SonarQube project: of these permissions nobody knows whose hand it was.
    #[serde(default)]
    pub touched: BTreeMap<String, HeldByLogin>,
    /// The task whose revokes were counted for the hour, so that its next attempt does not count them again.
    #[serde(default)]
    pub counted: Option<TaskId>,
}

/// Key `revokes` among the budgets: how many permissions were taken over all projects in the hour that began then.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct HourOfRevokes {
    /// When the hour began.
    pub since: Timestamp,
    /// How many.
    pub count: u64,
}

impl fmt::Display for Ruling {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Approved => "approved",
            Self::Rejected => "rejected",
        })
    }
}

impl Message for LastSync {
    const SCHEMA: &'static str = "guassp.last_sync";
    const VERSION: u32 = 1;
}

impl Message for Hold {
    const SCHEMA: &'static str = "guassp.hold";
    const VERSION: u32 = 1;
}

impl Message for Decision {
    const SCHEMA: &'static str = "guassp.decision";
    const VERSION: u32 = 1;
}

impl Message for Waiting {
    const SCHEMA: &'static str = "guassp.waiting";
    const VERSION: u32 = 1;
}

impl Message for Written {
    const SCHEMA: &'static str = "guassp.written";
    const VERSION: u32 = 1;
}

impl Message for HourOfRevokes {
    const SCHEMA: &'static str = "guassp.hour_of_revokes";
    const VERSION: u32 = 1;
}
