//! Questions that are answered at once, by request and reply, from what GitLab and SonarQube say at that moment.
//! None of them changes anything by itself; an order to put a project back leads to a plan that does.

mod discover;
mod preview;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub use self::{
    discover::{Discover, Discovered},
    preview::{Preview, Why},
};
use crate::{
    AccessReport, Change, Exposure, Message, PermissionSet, Person, Plan, ProjectId, TaskId, UserId,
    Visibility, subject,
};

/// A message that asks, and the message that answers it.
pub trait Question: Message {
    /// The answer.
    type Answer: Message;
    /// Where it is asked.
    const SUBJECT: &'static str;
}

/// Asks a resolver what GitLab says of a project, and what follows from it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Look {
    /// The project, by GitLab's id or by its path with namespace.
    pub project: String,
    /// Whether to tell who has which access and by which paths: all memberships on the way are read for it.
    pub paths: Option<Paths>,
}

/// Of whom the paths are told.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Paths {
    /// Of everybody.
    Everybody,
    /// Of one person, by GitLab's id or by the username.
    Person(String),
}

/// What GitLab says of a project.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Looked {
    /// The plan that a sync would follow; its task exists nowhere.
    pub plan: Plan,
    /// Why a sync would do nothing, where the settings leave the project out.
    pub skipped: Option<String>,
    /// Who has which access and why, where it was asked for.
    pub access: Option<AccessReport>,
}

/// Asks an applier what SonarQube has, and what a plan would change.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Compare {
    /// The plan.
    pub plan: Plan,
}

/// What SonarQube has, and what the plan would change.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Compared {
    /// Why nothing would be done, where nothing would be done.
    pub skipped: Option<String>,
    /// The SonarQube projects of the GitLab project.
    pub projects: Vec<ComparedProject>,
    /// Who has access and has not signed in to SonarQube yet.
    pub pending: Vec<Person>,
    /// Why a sync would change nothing before a person approves of it, one sentence each.
    pub held: Vec<String>,
}

/// One SonarQube project.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ComparedProject {
    /// Its key.
    pub key: String,
    /// Who may see it now.
    pub visibility: Visibility,
    /// Who may see it after a sync, where that changes.
    pub becomes: Option<Visibility>,
    /// Who holds permissions now, by login.
    pub holders: Vec<ComparedHolder>,
    /// What a sync would give and take, in the order in which it would: grants first.
    pub changes: Vec<Change>,
    /// What is wanted and would not be done, and why.
    pub kept: Vec<String>,
    /// Grants of this system that somebody else changed since the last sync, as what the other one did.
    pub drift: Vec<Change>,
    /// Groups that would still let people in whom GitLab keeps out, after a sync.
    pub exposure: Vec<Exposure>,
}

/// An account that holds permissions on a SonarQube project, or that a plan names.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ComparedHolder {
    /// Its login in SonarQube.
    pub login: String,
    /// The person in GitLab, where that is known beyond doubt.
    pub user: Option<UserId>,
    /// What it holds now.
    pub permissions: PermissionSet,
    /// Whether its grants are this system's to change.
    pub ours: bool,
}

impl Compared {
    /// Of a project that a sync would not touch.
    #[must_use]
    pub const fn nothing(skipped: Option<String>) -> Self {
        Self { skipped, projects: Vec::new(), pending: Vec::new(), held: Vec::new() }
    }
}

/// Asks an applier to put a project back as it was before a task changed it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct PutBack {
    /// The GitLab project. It has to be paused: otherwise its next sync undoes what was put back.
    pub project: ProjectId,
    /// Everything that this task and those after it changed is undone.
    pub before: TaskId,
    /// Who asks, by the name of their token.
    pub by: String,
}

/// The project is being put back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct PuttingBack {
    /// The task under which it is done; its record tells how it went.
    pub task: TaskId,
}

impl Message for Look {
    const SCHEMA: &'static str = "guassp.look";
    const VERSION: u32 = 1;
}

impl Message for Looked {
    const SCHEMA: &'static str = "guassp.looked";
    const VERSION: u32 = 1;
}

impl Message for Compare {
    const SCHEMA: &'static str = "guassp.compare";
    const VERSION: u32 = 1;
}

impl Message for Compared {
    const SCHEMA: &'static str = "guassp.compared";
    const VERSION: u32 = 1;
}

impl Message for PutBack {
    const SCHEMA: &'static str = "guassp.put_back";
    const VERSION: u32 = 1;
}

impl Message for PuttingBack {
    const SCHEMA: &'static str = "guassp.putting_back";
    const VERSION: u32 = 1;
}

impl Question for PutBack {
    type Answer = PuttingBack;
    const SUBJECT: &'static str = subject::RESTORE;
}

impl Question for Look {
    type Answer = Looked;
    const SUBJECT: &'static str = subject::LOOK;
}

impl Question for Compare {
    type Answer = Compared;
    const SUBJECT: &'static str = subject::COMPARE;
}
