//! A fan-out: "a group changed, synchronise every project that this reaches"; and a sweep, which looks at every project
//! for a change that nobody told of.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::{FanOutId, GroupId, Message, ProjectId, UserId, subject};

/// One step of a fan-out. Each reads one page of GitLab and leads to further steps, which are messages of their own:
/// they are worked on by any resolver, and repeated and given up alone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct FanOut {
    /// The fan-out that the step is part of.
    pub id: FanOutId,
    /// The group that changed; none in a sweep, which is about everything, and where an account changed.
    pub origin: Option<GroupId>,
    /// Who asked, by the name of their token; nobody where GitLab told of the change.
    pub by: Option<String>,
    /// What is to be read.
    pub step: FanOutStep,
}

/// What a step reads. Pages count from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum FanOutStep {
    /// The groups that invited the origin: how a fan-out begins.
    Group {
        /// The page.
        page: u64,
    },
    /// The groups below this group.
    Tree {
        /// The group.
        group: GroupId,
        /// The page.
        page: u64,
    },
    /// The projects of this very group, and those elsewhere that invited it.
    Projects {
        /// The group.
        group: GroupId,
        /// The page.
        page: u64,
    },
    /// What this person is a member of: how a fan-out of an account begins.
    User {
        /// The person.
        user: UserId,
        /// The page.
        page: u64,
    },
    /// The projects and groups below a group whose path is another now, or that is gone: the directory reads them.
    Directory {
        /// The group.
        group: GroupId,
        /// The page.
        page: u64,
    },
    /// The next projects of all that the token sees: how a sweep begins, and goes on.
    Sweep {
        /// The last project that was looked at; none at the beginning.
        after: Option<ProjectId>,
    },
}

impl FanOut {
    /// The first step of a fan-out of `origin`.
    #[must_use]
    pub fn begin(origin: GroupId, by: Option<String>) -> Self {
        Self { id: FanOutId::new(), origin: Some(origin), by, step: FanOutStep::Group { page: 1 } }
    }

    /// The first step of a fan-out of an account that changed.
    #[must_use]
    pub fn begin_user(user: UserId) -> Self {
        Self { id: FanOutId::new(), origin: None, by: None, step: FanOutStep::User { user, page: 1 } }
    }

    /// The first step of reading everything below a group, because of the event `cause`: once for each event.
    #[must_use]
    pub fn begin_directory(group: GroupId, cause: &str) -> Self {
        let id = FanOutId(Uuid::new_v5(&Uuid::NAMESPACE_OID, format!("directory.{cause}").as_bytes()));
        Self { id, origin: Some(group), by: None, step: FanOutStep::Directory { group, page: 1 } }
    }

    /// The first step of a sweep.
    #[must_use]
    pub fn sweep() -> Self {
        Self { id: FanOutId::new(), origin: None, by: None, step: FanOutStep::Sweep { after: None } }
    }

    /// Another step of the same fan-out.
    #[must_use]
    pub fn next(&self, step: FanOutStep) -> Self {
        Self { step, ..self.clone() }
    }

    /// The same step in a fan-out of its own: nothing that was published before is taken for it.
    #[must_use]
    pub fn afresh(self) -> Self {
        Self { id: FanOutId::new(), ..self }
    }

    /// The group whose page is read, where it is one of a group.
    #[must_use]
    pub const fn group(&self) -> Option<GroupId> {
        match self.step {
            FanOutStep::Group { .. } => self.origin,
            FanOutStep::Tree { group, .. }
            | FanOutStep::Projects { group, .. }
            | FanOutStep::Directory { group, .. } => Some(group),
            FanOutStep::User { .. } | FanOutStep::Sweep { .. } => None,
        }
    }

    /// The subject of the step's message: a person's is none of a sweep's.
    #[must_use]
    pub fn subject(&self) -> String {
        match self.step {
            FanOutStep::User { user, .. } => subject::fan_out_of_user(user),
            FanOutStep::Group { .. }
            | FanOutStep::Tree { .. }
            | FanOutStep::Projects { .. }
            | FanOutStep::Directory { .. }
            | FanOutStep::Sweep { .. } => subject::fan_out(self.group()),
        }
    }

    /// What tells the step's message from every other: a step that two others lead to is one message.
    #[must_use]
    pub fn message_id(&self) -> String {
        format!("{}.{}", self.id, self.step)
    }
}

impl FanOutStep {
    /// The kind as a word, for metrics and logs.
    #[must_use]
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Group { .. } => "group",
            Self::Tree { .. } => "tree",
            Self::Projects { .. } => "projects",
            Self::User { .. } => "user",
            Self::Directory { .. } => "directory",
            Self::Sweep { .. } => "sweep",
        }
    }
}

impl fmt::Display for FanOutStep {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Group { page } => write!(f, "{}.{page}", self.kind()),
            Self::Tree { group, page } | Self::Projects { group, page } | Self::Directory { group, page } => {
                write!(f, "{}.{group}.{page}", self.kind())
            }
            Self::User { user, page } => write!(f, "{}.{user}.{page}", self.kind()),
            Self::Sweep { after: None } => f.write_str(self.kind()),
            Self::Sweep { after: Some(after) } => write!(f, "{}.{after}", self.kind()),
        }
    }
}

impl Message for FanOut {
    const SCHEMA: &'static str = "guassp.fan_out";
    const VERSION: u32 = 1;
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::envelope;

    fn steps() -> [FanOutStep; 11] {
        let [one, two] = [GroupId(1), GroupId(2)];
        [
            FanOutStep::Group { page: 1 },
            FanOutStep::Tree { group: one, page: 1 },
            FanOutStep::Tree { group: one, page: 2 },
            FanOutStep::Projects { group: one, page: 1 },
            FanOutStep::Projects { group: two, page: 1 },
            FanOutStep::User { user: UserId(1), page: 1 },
            FanOutStep::User { user: UserId(1), page: 2 },
            FanOutStep::Directory { group: one, page: 1 },
            FanOutStep::Directory { group: two, page: 1 },
            FanOutStep::Sweep { after: None },
            FanOutStep::Sweep { after: Some(ProjectId(1)) },
        ]
    }

    #[test]
    fn every_step_reads_back_and_is_a_message_of_its_own() {
        let first = FanOut::begin(GroupId(1), None);
        let mut ids: Vec<_> = steps().into_iter().map(|step| first.next(step).message_id()).collect();
        for step in steps() {
            let message = first.next(step);
            let written = envelope::encode(&message).unwrap();
            assert_eq!(envelope::decode::<FanOut>(&written).unwrap(), message);
            ids.push(message.afresh().message_id());
        }
        ids.sort();
        ids.dedup();
        assert_eq!(ids.len(), 2 * steps().len());
    }
}
