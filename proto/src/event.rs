//! The audit stream: what was changed in SonarQube and why, and what people ordered.

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{Cause, Change, GroupId, Message, Outcome, ProjectId, TaskId, UserId, Visibility};

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
    /// A person orders something.
    Control(ControlEvent),
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
            Self::Control(_) => "control",
        }
    }

    /// The GitLab project that the event is about; none when it is about a group, or about everything.
    #[must_use]
    pub const fn project(&self) -> Option<ProjectId> {
        match self {
            Self::Grant(change) => Some(change.project),
            Self::Visibility(change) => Some(change.project),
            Self::TaskEnded(ended) => Some(ended.project),
            Self::Control(control) => control.project,
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

/// What a person orders. It is told before it is done: what came too late is told, too.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ControlEvent {
    /// The GitLab project; none when it is about a group, about everything, or about a letter that names no project.
    pub project: Option<ProjectId>,
    /// What is to be done.
    pub action: Action,
    /// Who says so, by the name of their token, or the network that they called from.
    pub by: String,
    /// When.
    pub at: Timestamp,
}

/// What a person can order, beside what jobs ask for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Action {
    /// Begin nothing and write nothing, until it is resumed.
    Pause {
        /// Why, in the person's own words.
        reason: Option<String>,
    },
    /// Go on.
    Resume,
    /// Synchronise the project.
    Sync,
    /// Synchronise every project that a change of the group reaches.
    SyncGroup {
        /// The group.
        group: GroupId,
    },
    /// Do not work on a task that nobody has begun.
    Cancel {
        /// The task.
        task: TaskId,
    },
    /// Ask once more for what a dead letter asked for.
    Replay {
        /// The letter's number: its sequence in the stream of dead letters.
        letter: u64,
    },
    /// Throw a dead letter away.
    Drop {
        /// The letter's number: its sequence in the stream of dead letters.
        letter: u64,
        /// Who had given it up.
        stage: String,
        /// Why it had been given up.
        reason: String,
    },
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{ChangeKind, Permission, Verdict, envelope};

    fn events() -> [Event; 4] {
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
            Event::Control(ControlEvent {
                project: None,
                action: Action::Pause { reason: None },
                by: "ops".to_owned(),
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
