//! The sandbox's SonarQube: what it says about the grants on the project.

use super::difference::Grants;
use crate::http;
use anyhow::{Context, Result};
use serde_json::Value;

/// The most that a page of `permissions/users` holds.
const PAGE: usize = 100;

/// Where the project is and how to ask about it.
#[derive(Debug)]
pub(super) struct SonarQube {
    pub(super) url: String,
    pub(super) token: String,
    pub(super) project_key: String,
}

impl SonarQube {
    /// The permissions of everybody who has any on the project. One page is enough for the sandbox.
    pub(super) fn grants(&self) -> Result<Grants> {
        let url = format!("{}/api/permissions/users?projectKey={}&ps={PAGE}", self.url, self.project_key);
        let authorization = format!("Bearer {}", self.token);
        let json = http::get(&url, &[("Authorization", &authorization)])?.json()?;
        let users = json.get("users").and_then(Value::as_array).context("SonarQube listed no users")?;
        let grants = users.iter().map(|user| grant(user).context("a user of SonarQube lacks a field"));
        let grants: Grants = grants.collect::<Result<_>>()?;
        Ok(grants.into_iter().filter(|(_, permissions)| !permissions.is_empty()).collect())
    }
}

fn grant(user: &Value) -> Option<(String, std::collections::BTreeSet<String>)> {
    let permissions = user.get("permissions")?.as_array()?.iter();
    let permissions = permissions.filter_map(|name| name.as_str().map(str::to_owned)).collect();
    Some((user.get("login")?.as_str()?.to_owned(), permissions))
}
