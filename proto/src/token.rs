//! What is known of the tokens that this system signs in with. Never the token itself.

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::Message;

/// Key `token.<system>` among the projects: a token, as the system that it is for described it last.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct TokenState {
    /// The system that it is for: `gitlab`, `sonarqube`, `issues`.
    pub system: String,
    /// The account that it stands for, by its username or login there.
    pub account: String,
    /// What it may do, in that system's words.
    pub scopes: Vec<String>,
    /// When it ends; none where it never does, or the system does not tell.
    pub expires_at: Option<Timestamp>,
    /// When that system described it last.
    pub checked_at: Timestamp,
    /// How many days before the end people were told last; none where there was nothing to tell.
    #[serde(default)]
    pub told: Option<u16>,
    /// Why the last look failed; none where it did not. Everything else is what the look before it found.
    #[serde(default)]
    pub problem: Option<String>,
}

impl Message for TokenState {
    const SCHEMA: &'static str = "guassp.token_state";
    const VERSION: u32 = 1;
}
