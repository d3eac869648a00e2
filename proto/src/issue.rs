//! What the notifier keeps of the issues that it opened for people.

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::Message;

/// An issue in GitLab about something that needs a person. Its key says what: `failed.<project>`, `held.<project>`,
/// `token.<system>`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct OpenedIssue {
    /// Its number in the project of issues; 0 while it is being opened.
    pub iid: u64,
    /// Where people look at it.
    pub url: String,
    /// A digest of what it says now: the same is not said twice.
    pub digest: String,
    /// Whether it is open.
    pub open: bool,
    /// When it was opened, said something new or was closed last.
    pub at: Timestamp,
}

impl Message for OpenedIssue {
    const SCHEMA: &'static str = "guassp.opened_issue";
    const VERSION: u32 = 1;
}
