//! Whose a SonarQube project is that nobody knows yet.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Question;
use crate::{Message, ProjectId, subject};

/// Asks an applier which GitLab project a SonarQube project belongs to. What is found is in the catalogue then.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Discover {
    /// The key of the SonarQube project.
    pub key: String,
}

/// Whose it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Discovered {
    /// The GitLab project that it is bound or mapped to, or that its key names.
    pub project: Option<ProjectId>,
    /// What it is called, where only that is left to go by: the path of its GitLab project, if there is one of that path.
    pub name: Option<String>,
}

impl Message for Discover {
    const SCHEMA: &'static str = "guassp.discover";
    const VERSION: u32 = 1;
}

impl Message for Discovered {
    const SCHEMA: &'static str = "guassp.discovered";
    const VERSION: u32 = 1;
}

impl Question for Discover {
    type Answer = Discovered;
    const SUBJECT: &'static str = subject::DISCOVER;
}
