//! One thing that was looked at.

use std::fmt::Display;

use serde::Serialize;

use crate::sonarqube::SonarQubeError;

/// One thing that was looked at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Check {
    /// What it is about.
    pub name: &'static str,
    /// How it is.
    pub state: State,
    /// What was found.
    pub found: String,
    /// What to do about it, where it is not well.
    pub mend: Option<String>,
}

/// How a thing is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum State {
    /// As it should be.
    Ok,
    /// It works, and a person should know.
    Warn,
    /// It does not work.
    Fail,
}

impl Check {
    pub(super) fn ok(name: &'static str, found: impl Into<String>) -> Self {
        Self { name, state: State::Ok, found: found.into(), mend: None }
    }

    pub(super) fn warn(name: &'static str, found: impl Into<String>, mend: impl Display) -> Self {
        Self { name, state: State::Warn, found: found.into(), mend: Some(mend.to_string()) }
    }

    pub(super) fn fail(name: &'static str, found: impl Into<String>, mend: impl Display) -> Self {
        Self { name, state: State::Fail, found: found.into(), mend: Some(mend.to_string()) }
    }

    /// SonarQube did not say; its error tells the mend.
    pub(super) fn unread(name: &'static str, error: &SonarQubeError) -> Self {
        Self::fail(name, "cannot be read", error)
    }
}
