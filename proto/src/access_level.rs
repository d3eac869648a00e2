//! GitLab's access levels.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What GitLab lets a person do in a project, from nothing to everything.
///
/// GitLab numbers its roles and now and then adds one between two others (15 in 17.7, 25 later), so a number is
/// read by [`AccessLevel::from_gitlab`] and never by equality.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum AccessLevel {
    /// 0: a row that gives nothing, for example where sharing is locked.
    None,
    /// 5: may be listed in a group, sees none of its projects.
    Minimal,
    /// 10
    Guest,
    /// 15
    Planner,
    /// 20
    Reporter,
    /// 25
    SecurityManager,
    /// 30
    Developer,
    /// 40
    Maintainer,
    /// 50
    Owner,
}

impl AccessLevel {
    /// Every level, lowest first.
    pub const ALL: [Self; 9] = [
        Self::None,
        Self::Minimal,
        Self::Guest,
        Self::Planner,
        Self::Reporter,
        Self::SecurityManager,
        Self::Developer,
        Self::Maintainer,
        Self::Owner,
    ];

    /// The level GitLab's API means by `number`. A number between two known levels is the lower one: a level that
    /// is not known yet must not give more than GitLab does.
    #[must_use]
    pub fn from_gitlab(number: u32) -> Self {
        Self::ALL.into_iter().rev().find(|level| level.as_gitlab() <= number).unwrap_or(Self::None)
    }

    /// GitLab's number of the level.
    #[must_use]
    pub const fn as_gitlab(self) -> u32 {
        match self {
            Self::None => 0,
            Self::Minimal => 5,
            Self::Guest => 10,
            Self::Planner => 15,
            Self::Reporter => 20,
            Self::SecurityManager => 25,
            Self::Developer => 30,
            Self::Maintainer => 40,
            Self::Owner => 50,
        }
    }

    /// The level as a word, for settings; it is the same in messages.
    #[must_use]
    pub const fn key(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Minimal => "minimal",
            Self::Guest => "guest",
            Self::Planner => "planner",
            Self::Reporter => "reporter",
            Self::SecurityManager => "security_manager",
            Self::Developer => "developer",
            Self::Maintainer => "maintainer",
            Self::Owner => "owner",
        }
    }

    /// The role's name as GitLab's pages show it, in lower case.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::None => "no access",
            Self::Minimal => "minimal access",
            Self::Guest => "guest",
            Self::Planner => "planner",
            Self::Reporter => "reporter",
            Self::SecurityManager => "security manager",
            Self::Developer => "developer",
            Self::Maintainer => "maintainer",
            Self::Owner => "owner",
        }
    }
}

impl fmt::Display for AccessLevel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_level_between_two_known_ones_is_the_lower_one() {
        let readings = [
            (0, "no access"),
            (4, "no access"),
            (5, "minimal access"),
            (12, "guest"),
            (29, "security manager"),
            (35, "developer"),
        ];
        for (number, name) in readings {
            assert_eq!(AccessLevel::from_gitlab(number).name(), name, "{number}");
        }
    }

    #[test]
    fn a_level_above_all_known_ones_is_the_highest() {
        assert_eq!(AccessLevel::from_gitlab(60), AccessLevel::Owner);
    }

    #[test]
    fn every_known_level_reads_back() {
        for level in AccessLevel::ALL {
            assert_eq!(AccessLevel::from_gitlab(level.as_gitlab()), level);
        }
    }

    #[test]
    fn settings_and_messages_spell_a_level_alike() {
        for level in AccessLevel::ALL {
            assert_eq!(serde_json::to_value(level).unwrap(), level.key());
        }
    }
}
