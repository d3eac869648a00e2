//! A task: "bring SonarQube's grants of this project in line with GitLab".

use jiff::civil::Date;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{GitLabEventKind, GroupId, Message, ProjectId, TaskId, UserId};

/// Asks for one synchronisation of one project. It carries no memberships: whoever works on it reads them afresh.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Task {
    /// The id that the caller was told.
    pub id: TaskId,
    /// The GitLab project to synchronise.
    pub project: ProjectId,
    /// Who or what asked first. Triggers that joined a waiting task are not listed.
    pub cause: Cause,
}

impl Message for Task {
    const SCHEMA: &'static str = "guassp.task";
    const VERSION: u32 = 1;
}

/// Who or what asked for a synchronisation; it stands beside every change in the audit stream.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Cause {
    /// A CI job, proven by its job token.
    Job {
        /// GitLab's id of the job.
        job: u64,
        /// GitLab's id of the pipeline.
        pipeline: Option<u64>,
        /// The person who caused the job.
        user: Option<UserId>,
    },
    /// A person asked for it.
    Manual {
        /// Who, by the name of their token.
        by: String,
    },
    /// A group changed, and it reaches the project.
    Group {
        /// The group.
        group: GroupId,
        /// Who asked, by the name of their token; nobody where GitLab told of the change.
        by: Option<String>,
    },
    /// GitLab told of a change of the project, or of a member of it.
    Hook {
        /// What it told of.
        event: GitLabEventKind,
        /// The delivery: the id of the event in `GUASSP_GITLAB`.
        delivery: String,
    },
    /// GitLab told of a change of a person's account, who is a member of the project.
    User {
        /// The person.
        user: UserId,
    },
    /// The end date of a membership or of an invitation has come.
    Ended {
        /// The date.
        on: Date,
    },
    /// A regular look at the project saw a change, or the last whole reading is too old.
    Reconcile,
    /// Somebody who has access signed in to SonarQube for the first time.
    SignedIn {
        /// The first such person.
        user: UserId,
    },
    /// SonarQube has a project that it did not have when the last task ended.
    Appeared,
    /// A person approved of a plan that was held.
    Approved {
        /// Who, by the name of their token.
        by: String,
    },
    /// A person puts the project back as it was.
    Restore {
        /// Who, by the name of their token.
        by: String,
        /// Before this task.
        before: TaskId,
    },
    /// An applier that lost its plan while it wrote, or whose plan was held up by a pause, asks for a fresh
    /// synchronisation.
    Heal {
        /// The task whose plan was written late.
        after: TaskId,
    },
}

impl Cause {
    /// The kind as a word, for metrics and logs.
    #[must_use]
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Job { .. } => "job",
            Self::Manual { .. } => "manual",
            Self::Group { .. } => "group",
            Self::Hook { .. } => "hook",
            Self::User { .. } => "user",
            Self::Ended { .. } => "ended",
            Self::Reconcile => "reconcile",
            Self::SignedIn { .. } => "signed_in",
            Self::Appeared => "appeared",
            Self::Approved { .. } => "approved",
            Self::Restore { .. } => "restore",
            Self::Heal { .. } => "heal",
        }
    }
}
