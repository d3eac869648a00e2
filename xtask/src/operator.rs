//! A person who may do everything, by a token that `guassp token new` made.

use crate::shell;
use anyhow::{Context, Result};
use serde_json::Value;
use std::path::Path;
use std::process::Command;

/// The person's token.
#[derive(Debug)]
pub(crate) struct Operator {
    token: String,
    /// What the gateway knows it by: its `GUASSP_TOKENS`.
    pub(crate) entry: String,
}

impl Operator {
    /// Has this `guassp` make a token.
    pub(crate) fn new(guassp: &Path, name: &str) -> Result<Self> {
        let mut command = Command::new(guassp);
        command.args(["token", "new", name, "--role", "operator", "--output", "json"]);
        let issued: Value = serde_json::from_str(&shell::output(&mut command)?)?;
        let field = |name: &str| issued.get(name).and_then(Value::as_str).map(str::to_owned);
        let new = || Some(Self { token: field("token")?, entry: field("entry")? });
        new().context("`guassp token new` did not say everything")
    }

    /// The token itself, for `GUASSP_TOKEN`.
    pub(crate) fn token(&self) -> &str {
        &self.token
    }

    /// The value of `Authorization`.
    pub(crate) fn bearer(&self) -> String {
        format!("Bearer {}", self.token)
    }
}
