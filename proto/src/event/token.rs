//! Tokens that end.

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The end of a token that this system signs in with: told 30, 7 and 1 days before it, when it has ended, and once more
/// when the token is good for longer again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct TokenEnds {
    /// The system that it is for: `gitlab`, `sonarqube`, `issues`.
    pub system: String,
    /// When it ends; none where it never does.
    pub expires_at: Option<Timestamp>,
    /// Whole days until then, 0 when it has ended; none where that is more than a month away.
    pub days_left: Option<u16>,
    /// When this was found.
    pub at: Timestamp,
}
