//! Questions that are answered at once, by request and reply, from what GitLab and SonarQube say at that moment.
//! Nothing is stored and nothing is changed by them.

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    AccessReport, Change, LeftOut, Member, Message, PermissionSet, Person, Plan, PlannedProject, ProjectId,
    UnseenGroup, UserId, Visibility, subject,
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
    pub unmatched: Vec<Person>,
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

/// What a sync would change, for people and programs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Preview {
    /// GitLab's id of the project.
    pub project: ProjectId,
    /// Its path with namespace.
    pub path: String,
    /// When the reading of GitLab began.
    pub read_at: Timestamp,
    /// Why a sync would do nothing; null where it would bring the project in line.
    pub skipped: Option<String>,
    /// The visibility that SonarQube should show; null when visibility is not synchronised.
    pub visibility: Option<Visibility>,
    /// Everybody who is to have permissions.
    pub members: Vec<Member>,
    /// Everybody whom GitLab lists and who gets nothing, with the reason.
    pub left_out: Vec<LeftOut>,
    /// Groups whose members cannot be seen; while there are any, nobody is revoked.
    pub unseen: Vec<UnseenGroup>,
    /// Who has access and has not signed in to SonarQube yet.
    pub unmatched: Vec<Person>,
    /// The SonarQube projects, with who holds what and what would change.
    pub sonarqube: Vec<ComparedProject>,
}

impl Compared {
    /// Of a project that a sync would not touch.
    #[must_use]
    pub const fn nothing(skipped: Option<String>) -> Self {
        Self { skipped, projects: Vec::new(), unmatched: Vec::new() }
    }

    /// This, with the plan that it was compared with.
    #[must_use]
    pub fn preview(self, plan: Plan) -> Preview {
        let Plan { read_at, project, members, left_out, unseen, .. } = plan;
        let PlannedProject { id: project, path, visibility } = project;
        let Self { skipped, projects: sonarqube, unmatched } = self;
        Preview {
            project,
            path,
            read_at,
            skipped,
            visibility,
            members,
            left_out,
            unseen,
            unmatched,
            sonarqube,
        }
    }
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

impl Question for Look {
    type Answer = Looked;
    const SUBJECT: &'static str = subject::LOOK;
}

impl Question for Compare {
    type Answer = Compared;
    const SUBJECT: &'static str = subject::COMPARE;
}
