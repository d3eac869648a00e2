//! The events that GitLab makes of changes, each with the payload that it documents, and who hears of which.
//!
//! What makes no event here makes none in GitLab: invitations of groups, a group with another parent, blocked people,
//! settings. Levels stand in words, under another name for projects than for groups.

mod group;
mod member;
mod project;
mod repository;
mod user;

pub(super) use group::GroupEvent;
pub(super) use member::MemberEvent;
pub(super) use project::ProjectEvent;
pub use repository::Ref;

use serde_json::{Map, Value};

use super::clock;
use super::model::level;
use super::world::World;

/// When the things of this world were made, as system hooks show it.
pub(super) const CREATED: &str = "2025-01-15T09:00:00Z";

/// GitLab's name of a level, as events and its pages show it.
pub(super) fn role(level: u16) -> &'static str {
    match level {
        level::MINIMAL => "Minimal Access",
        level::GUEST => "Guest",
        level::PLANNER => "Planner",
        level::REPORTER => "Reporter",
        level::SECURITY_MANAGER => "Security Manager",
        level::DEVELOPER => "Developer",
        level::MAINTAINER => "Maintainer",
        level::OWNER => "Owner",
        _ => "No access",
    }
}

/// The last part of a path: what stands for a name in this world.
pub(super) fn last(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or_default()
}

/// One object of several.
pub(super) fn merged(parts: impl IntoIterator<Item = Value>) -> Value {
    let fields = |part| match part {
        Value::Object(fields) => fields,
        _ => Map::new(),
    };
    parts.into_iter().flat_map(fields).collect::<Map<_, _>>().into()
}

impl World {
    /// `created_at` and `updated_at`, as nearly every event of a system hook begins.
    fn dates(&self) -> Value {
        serde_json::json!({ "created_at": CREATED, "updated_at": clock::shown(self.now()) })
    }
}
