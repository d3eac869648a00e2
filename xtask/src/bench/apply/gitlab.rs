//! The members of the sandbox's project, as GitLab's API lists and changes them.

use crate::bench::sandbox::System;
use crate::http;
use anyhow::{Context, Result};
use serde::Deserialize;
use serde_json::Value;

/// Rows of a page.
const PAGE: usize = 100;

/// GitLab's access level of a developer.
pub(super) const DEVELOPER: u16 = 30;
/// The same of a reporter.
pub(super) const REPORTER: u16 = 20;
/// The same of an owner: only of the group here.
pub(super) const OWNER: u16 = 50;

/// A member of the project or of its group.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Member {
    pub(super) id: u64,
    pub(super) username: String,
    pub(super) access_level: u16,
}

/// The project's members.
#[derive(Debug)]
pub(super) struct Members<'a> {
    gitlab: &'a System,
    project: u64,
}

impl<'a> Members<'a> {
    pub(super) const fn of(gitlab: &'a System, project: u64) -> Self {
        Self { gitlab, project }
    }

    /// All of them.
    pub(super) fn all(&self) -> Result<Vec<Member>> {
        let mut all = Vec::new();
        for page in 1.. {
            let rows = self.call("GET", &format!("all?per_page={PAGE}&page={page}"))?;
            let rows: Vec<Member> = serde_json::from_value(rows).context("no members")?;
            let last = rows.len() < PAGE;
            all.extend(rows);
            if last {
                break;
            }
        }
        Ok(all)
    }

    /// Gives another level to one of the project's own.
    pub(super) fn change_level(&self, member: &Member, level: u16) -> Result<()> {
        self.call("PUT", &format!("{}?access_level={level}", member.id)).map(drop)
    }

    /// Takes one of the project's own out.
    pub(super) fn remove(&self, member: &Member) -> Result<()> {
        self.call("DELETE", &member.id.to_string()).map(drop)
    }

    fn call(&self, method: &str, rest: &str) -> Result<Value> {
        let url = format!("{}/api/v4/projects/{}/members/{rest}", self.gitlab.url, self.project);
        let answer = http::call(method, &url, &[("PRIVATE-TOKEN", &self.gitlab.token)], "")?;
        match answer.success()? {
            "" => Ok(Value::Null),
            _ => answer.json(),
        }
    }
}
