//! The audit stream: what was changed in SonarQube, and why.

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{Cause, Change, Message, Outcome, ProjectId, TaskId, UserId, Visibility};

/// One line of the audit.
///
/// A grant, a revoke or a change of visibility is told *before* it is made, so that none can happen untold. Where
/// it then fails, the task ends `failed` or tells the same change again at its next attempt.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Event {
    /// A permission is given to, or taken from, a person.
    Grant(GrantChange),
    /// The visibility of a SonarQube project is changed.
    Visibility(VisibilityChange),
    /// A task has ended.
    TaskEnded(TaskEnded),
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
            Self::TaskEnded(_) => "task",
        }
    }

    /// The GitLab project that the event is about.
    #[must_use]
    pub const fn project(&self) -> ProjectId {
        match self {
            Self::Grant(change) => change.project,
            Self::Visibility(change) => change.project,
            Self::TaskEnded(ended) => ended.project,
        }
    }
}

/// A permission given to, or taken from, one person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct GrantChange {
    /// The GitLab project.
    pub project: ProjectId,
    /// The SonarQube project's key.
    pub sonarqube_project: String,
    /// Person and permission, in SonarQube's terms.
    pub change: Change,
    /// The same person in GitLab.
    pub gitlab_user: Option<UserId>,
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
    use crate::{ChangeKind, Permission, Verdict, envelope};

    fn events() -> [Event; 3] {
        let (project, task, at) = (ProjectId(7), TaskId::new(), Timestamp::UNIX_EPOCH);
        let (cause, sonarqube_project) = (Cause::Heal { after: task }, "shop".to_owned());
        let change =
            Change { kind: ChangeKind::Revoke, login: "jane".to_owned(), permission: Permission::Admin };
        [
            Event::Grant(GrantChange {
                project,
                sonarqube_project: sonarqube_project.clone(),
                change,
                gitlab_user: Some(UserId(8)),
                task,
                cause: cause.clone(),
                at,
            }),
            Event::Visibility(VisibilityChange {
                project,
                sonarqube_project,
                from: Visibility::Public,
                to: Visibility::Private,
                task,
                cause: cause.clone(),
                at,
            }),
            Event::TaskEnded(TaskEnded {
                project,
                task,
                cause,
                outcome: Outcome::bare(Verdict::Done, None),
                at,
            }),
        ]
    }

    #[test]
    fn every_event_reads_back() {
        for event in events() {
            let written = envelope::encode(&event).unwrap();
            assert_eq!(envelope::decode::<Event>(&written).unwrap(), event);
        }
    }
}
