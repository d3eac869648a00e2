//! What people order, as the audit tells it.

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{GroupId, ProjectId, TaskId};

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
    /// Carry out the plan that is held.
    Approve {
        /// The task whose plan was held first.
        held: TaskId,
        /// The digest of its changes.
        digest: String,
    },
    /// Forget the plan that is held.
    Reject {
        /// The task whose plan was held first.
        held: TaskId,
        /// The digest of its changes.
        digest: String,
    },
    /// Put the project back as it was before a task; it is paused meanwhile, and until it is resumed.
    Restore {
        /// The task.
        before: TaskId,
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
