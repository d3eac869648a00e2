//! The audit stream: what was changed in SonarQube and why, and what people ordered.

mod order;
mod token;

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub use self::{
    order::{Action, ControlEvent},
    token::TokenEnds,
};
use crate::{Cause, Change, Message, Outcome, PermissionSet, ProjectId, TaskId, UserId, Visibility};

/// One line of the audit.
///
/// A grant, a revoke or a change of visibility is told *before* it is made, so that none can happen untold. Where
/// it then fails, the task ends `failed` or tells the same change again at its next attempt.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Event {
    /// A permission is given to, or taken from, a person or a group.
    Grant(GrantChange),
    /// The visibility of a SonarQube project is changed.
    Visibility(VisibilityChange),
    /// A task has ended.
    TaskEnded(TaskEnded),
    /// Somebody else changed grants that are this system's.
    Drift(DriftFound),
    /// A plan waits for a person's approval.
    Held(PlanHeld),
    /// A person orders something.
    Control(ControlEvent),
    /// A token that this system signs in with ends soon, has ended, or is good for longer again.
    TokenEnds(TokenEnds),
}

impl Message for Event {
    const SCHEMA: &'static str = "guassp.event";
    const VERSION: u32 = 1;
}

impl Event {
    /// The kind as the subject spells it.
    #[must_use]
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Grant(change) => change.change.kind.key(),
            Self::Visibility(_) => "visibility",
            Self::TaskEnded(_) => "ended",
            Self::Drift(_) => "drift",
            Self::Held(_) => "held",
            Self::Control(_) => "control",
            Self::TokenEnds(_) => "token",
        }
    }

    /// The GitLab project that the event is about; none when it is about a group, or about everything.
    #[must_use]
    pub const fn project(&self) -> Option<ProjectId> {
        match self {
            Self::Grant(change) => Some(change.project),
            Self::Visibility(change) => Some(change.project),
            Self::TaskEnded(ended) => Some(ended.project),
            Self::Drift(drift) => Some(drift.project),
            Self::Held(held) => Some(held.project),
            Self::Control(control) => control.project,
            Self::TokenEnds(_) => None,
        }
    }
}

/// A permission given to, or taken from, one person or group.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct GrantChange {
    /// The GitLab project.
    pub project: ProjectId,
    /// The SonarQube project's key.
    pub sonarqube_project: String,
    /// Person or group, and permission, in SonarQube's terms.
    pub change: Change,
    /// The same person in GitLab; none for a group.
    pub gitlab_user: Option<UserId>,
    /// What the person or group held before: before the flip of the visibility for what that gives and takes, and after it
    /// for every other change.
    pub before: PermissionSet,
    /// What the person or group is to hold when all changes of the same step are made.
    pub after: PermissionSet,
    /// What the plan wants, as a fingerprint; the same wish has the same one.
    pub plan: String,
    /// The task that leads to it.
    pub task: TaskId,
    /// Who or what asked for the task.
    pub cause: Cause,
    /// When it was decided.
    pub at: Timestamp,
}

/// A change of a SonarQube project's visibility.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct VisibilityChange {
    /// The GitLab project.
    pub project: ProjectId,
    /// The SonarQube project's key.
    pub sonarqube_project: String,
    /// Before.
    pub from: Visibility,
    /// After.
    pub to: Visibility,
    /// The task that leads to it.
    pub task: TaskId,
    /// Who or what asked for the task.
    pub cause: Cause,
    /// When it was decided.
    pub at: Timestamp,
}

/// Grants that somebody else changed since the last sync, in SonarQube or by another tool.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct DriftFound {
    /// The GitLab project.
    pub project: ProjectId,
    /// The SonarQube project's key.
    pub sonarqube_project: String,
    /// How many.
    pub count: usize,
    /// The first of them, as what the other one did.
    pub changes: Vec<Change>,
    /// Whether this sync undoes them.
    pub repaired: bool,
    /// The task that found it.
    pub task: TaskId,
    /// When.
    pub at: Timestamp,
}

/// A plan that waits for a person's approval.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct PlanHeld {
    /// The GitLab project.
    pub project: ProjectId,
    /// The task whose plan it is.
    pub task: TaskId,
    /// The digest of the changes, which an approval names.
    pub digest: String,
    /// Why it waits, one sentence each.
    pub reasons: Vec<String>,
    /// How many permissions it would give.
    pub grants: usize,
    /// How many it would take.
    pub revokes: usize,
    /// When.
    pub at: Timestamp,
}

/// The end of a task.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct TaskEnded {
    /// The GitLab project.
    pub project: ProjectId,
    /// The task.
    pub task: TaskId,
    /// Who or what asked for it.
    pub cause: Cause,
    /// What became of it.
    pub outcome: Outcome,
    /// When it ended.
    pub at: Timestamp,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{ChangeKind, Grantee, Permission, Verdict, envelope};

    const PROJECT: ProjectId = ProjectId(7);
    const AT: Timestamp = Timestamp::UNIX_EPOCH;

    fn events() -> [Event; 7] {
        let task = TaskId::new();
        [
            Event::Grant(grant(task)),
            Event::Visibility(visibility(task)),
            Event::TaskEnded(TaskEnded {
                project: PROJECT,
                task,
                cause: Cause::Heal { after: task },
                outcome: Outcome::bare(Verdict::Done, None),
                at: AT,
            }),
            Event::Drift(drift(task)),
            Event::Held(held(task)),
            Event::Control(ControlEvent {
                project: None,
                action: Action::Pause { reason: None },
                by: "ops".to_owned(),
                at: AT,
            }),
            Event::TokenEnds(TokenEnds {
                system: "gitlab".to_owned(),
                expires_at: Some(AT),
                days_left: Some(7),
                at: AT,
            }),
        ]
    }

    fn change() -> Change {
        let grantee = Grantee::Login("jane".to_owned());
        Change { kind: ChangeKind::Revoke, grantee, permission: Permission::Admin }
    }

    fn grant(task: TaskId) -> GrantChange {
        GrantChange {
            project: PROJECT,
            sonarqube_project: "shop".to_owned(),
            change: change(),
            gitlab_user: Some(UserId(8)),
            before: [Permission::Admin].into(),
            after: PermissionSet::EMPTY,
            plan: "0f".to_owned(),
            task,
            cause: Cause::Heal { after: task },
            at: AT,
        }
    }

    fn visibility(task: TaskId) -> VisibilityChange {
        VisibilityChange {
            project: PROJECT,
            sonarqube_project: "shop".to_owned(),
            from: Visibility::Public,
            to: Visibility::Private,
            task,
            cause: Cause::Heal { after: task },
            at: AT,
        }
    }

    fn drift(task: TaskId) -> DriftFound {
        DriftFound {
            project: PROJECT,
            sonarqube_project: "shop".to_owned(),
            count: 1,
            changes: vec![change()],
            repaired: true,
            task,
            at: AT,
        }
    }

    fn held(task: TaskId) -> PlanHeld {
        PlanHeld {
            project: PROJECT,
            task,
            digest: "0f".to_owned(),
            reasons: vec!["too many".to_owned()],
            grants: 0,
            revokes: 1,
            at: AT,
        }
    }

    #[test]
    fn every_event_reads_back() {
        for event in events() {
            let written = envelope::encode(&event).unwrap();
            assert_eq!(envelope::decode::<Event>(&written).unwrap(), event);
        }
    }
}
