//! The directory: which projects and groups GitLab has and had, and where. Written by resolvers, served by gateways.
//!
//! Ids never change, paths do. What is written comes from readings of GitLab, ordered by the moment at which they began;
//! events only say when to read, which paths something had before, and that it was deleted.

mod found;

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub use self::found::{FoundBy, FoundProject, ProjectsBelow};
use crate::{GroupId, Message, ProjectId};

/// A project of GitLab, as it was last read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct DirectoryProject {
    /// GitLab's id.
    pub id: ProjectId,
    /// The path with namespace; the last one where the project is gone.
    pub path: String,
    /// The group that owns it; none where it lies in a person's own namespace.
    pub group: Option<GroupId>,
    /// `private`, `internal` or `public`.
    pub visibility: String,
    /// Whether it is archived.
    pub archived: bool,
    /// Whether it is there.
    pub presence: Presence,
    /// Paths that it had before, the newest last.
    pub previous: Vec<PreviousPath>,
    /// When the last reading began that showed it; 1970 where none ever did, and an event told of it.
    pub as_of: Timestamp,
    /// When the last reading began that did not show it.
    #[serde(default)]
    pub missed: Option<Timestamp>,
    /// Whether GitLab has told that it was deleted.
    #[serde(default)]
    pub destroyed: bool,
}

/// A group of GitLab, as it was last read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct DirectoryGroup {
    /// GitLab's id.
    pub id: GroupId,
    /// The full path; the last one where the group is gone.
    pub path: String,
    /// The group that it lies in; none at the top.
    pub parent: Option<GroupId>,
    /// `private`, `internal` or `public`.
    pub visibility: String,
    /// Whether it is there.
    pub presence: Presence,
    /// Paths that it had before, the newest last.
    pub previous: Vec<PreviousPath>,
    /// When the last reading began that showed it; 1970 where none ever did, and an event told of it.
    pub as_of: Timestamp,
    /// When the last reading began that did not show it.
    #[serde(default)]
    pub missed: Option<Timestamp>,
    /// Whether GitLab has told that it was deleted.
    #[serde(default)]
    pub destroyed: bool,
}

/// Whether something is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Presence {
    /// GitLab showed it.
    Present,
    /// GitLab does not show it, and has not said that it was deleted: the token may have lost its access.
    Unseen,
    /// GitLab told that it was deleted, and does not show it.
    Gone,
}

impl DirectoryProject {
    /// A project of which nothing but this was told: private, and nobody's, until a reading shows more.
    #[must_use]
    pub fn unseen(id: ProjectId, path: impl Into<String>) -> Self {
        Self {
            id,
            path: path.into(),
            group: None,
            visibility: "private".to_owned(),
            archived: false,
            presence: Presence::Unseen,
            previous: Vec::new(),
            as_of: Timestamp::UNIX_EPOCH,
            missed: None,
            destroyed: false,
        }
    }

    /// A project that the reading which began at `as_of` showed, as far as not said otherwise private and in no group.
    #[must_use]
    pub fn shown(id: ProjectId, path: impl Into<String>, as_of: Timestamp) -> Self {
        Self { presence: Presence::Present, as_of, ..Self::unseen(id, path) }
    }
}

impl DirectoryGroup {
    /// A group of which nothing but this was told: private, and at the top, until a reading shows more.
    #[must_use]
    pub fn unseen(id: GroupId, path: impl Into<String>) -> Self {
        Self {
            id,
            path: path.into(),
            parent: None,
            visibility: "private".to_owned(),
            presence: Presence::Unseen,
            previous: Vec::new(),
            as_of: Timestamp::UNIX_EPOCH,
            missed: None,
            destroyed: false,
        }
    }

    /// A group that the reading which began at `as_of` showed, as far as not said otherwise private and at the top.
    #[must_use]
    pub fn shown(id: GroupId, path: impl Into<String>, as_of: Timestamp) -> Self {
        Self { presence: Presence::Present, as_of, ..Self::unseen(id, path) }
    }
}

impl Presence {
    /// The presence as a word, as it is written.
    #[must_use]
    pub const fn key(self) -> &'static str {
        match self {
            Self::Present => "present",
            Self::Unseen => "unseen",
            Self::Gone => "gone",
        }
    }
}

/// A path that something had before.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct PreviousPath {
    /// The path.
    pub path: String,
    /// When it was noticed that it is another now.
    pub until: Timestamp,
}

impl Message for DirectoryProject {
    const SCHEMA: &'static str = "guassp.directory_project";
    const VERSION: u32 = 1;
}

impl Message for DirectoryGroup {
    const SCHEMA: &'static str = "guassp.directory_group";
    const VERSION: u32 = 1;
}
