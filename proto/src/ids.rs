//! Identifiers. GitLab's are numeric and never change, whatever is renamed or moved; paths are never identifiers.

use std::{fmt, str::FromStr};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// A task, from the trigger that was accepted to its outcome. UUID version 7: ids sort by the time of acceptance.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct TaskId(pub Uuid);

impl TaskId {
    /// A new id, unique over all gateways.
    #[must_use]
    #[expect(clippy::new_without_default, reason = "two calls differ, which `default` does not suggest")]
    pub fn new() -> Self {
        Self(Uuid::now_v7())
    }
}

impl fmt::Display for TaskId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl FromStr for TaskId {
    type Err = uuid::Error;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        text.parse().map(Self)
    }
}

/// A fan-out of a group or of a person, or a sweep, with all its steps. UUID version 7, or version 5 where it is made of
/// what led to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct FanOutId(pub Uuid);

impl FanOutId {
    /// A new id, unique over all processes.
    #[must_use]
    #[expect(clippy::new_without_default, reason = "two calls differ, which `default` does not suggest")]
    pub fn new() -> Self {
        Self(Uuid::now_v7())
    }

    /// The id of the fan-out that `cause` leads to, however often it does.
    #[must_use]
    pub fn of(cause: &str) -> Self {
        Self(Uuid::new_v5(&Uuid::NAMESPACE_OID, cause.as_bytes()))
    }
}

impl fmt::Display for FanOutId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// GitLab's numeric id of a project.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct ProjectId(pub u64);

/// GitLab's numeric id of a user.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct UserId(pub u64);

/// GitLab's numeric id of a group.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct GroupId(pub u64);

impl fmt::Display for ProjectId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Display for GroupId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Display for UserId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}
