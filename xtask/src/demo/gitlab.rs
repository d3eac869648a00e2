//! The sandbox's GitLab, used through GitLab's own API as a person with a token would.

use super::show;
use crate::http;
use anyhow::{Context, Result};
use serde_json::Value;

/// Where the project is and how to ask about it.
#[derive(Debug)]
pub(super) struct GitLab {
    pub(super) url: String,
    pub(super) token: String,
    pub(super) project: u64,
}

/// A member of the project.
#[derive(Debug)]
pub(super) struct Member {
    /// The name that people sign in with.
    pub(super) name: String,
    id: u64,
    level: u64,
}

/// GitLab's access levels by their names; see its page "Members API".
const LEVELS: [(u64, &str); 7] = [
    (5, "minimal access"),
    (10, "guest"),
    (15, "planner"),
    (20, "reporter"),
    (30, "developer"),
    (40, "maintainer"),
    (50, "owner"),
];

impl GitLab {
    /// Everybody with access to the project, direct or through groups, with the level's name.
    pub(super) fn people(&self) -> Result<Vec<[String; 2]>> {
        let members = self.members("members/all")?;
        Ok(members.into_iter().map(|member| [member.name, level_name(member.level)]).collect())
    }

    /// A direct member who is neither maintainer nor owner, so that the project keeps somebody.
    pub(super) fn a_direct_member(&self) -> Result<Member> {
        let mut members = self.members("members")?;
        members.sort_by_key(|member| member.level);
        members.into_iter().rfind(|member| member.level < 40).context("the sandbox has no direct member")
    }

    /// Ends a membership.
    pub(super) fn remove(&self, member: &Member) -> Result<()> {
        let url = format!("{}/api/v4/projects/{}/members/{}", self.url, self.project, member.id);
        let answer = self.call("DELETE", &url)?;
        anyhow::ensure!(answer.status == 204, "GitLab answered {} to the removal", answer.status);
        Ok(())
    }

    fn members(&self, path: &str) -> Result<Vec<Member>> {
        let url = format!("{}/api/v4/projects/{}/{path}?per_page=100", self.url, self.project);
        let json = self.call("GET", &url)?.json()?;
        let rows = json.as_array().context("GitLab's members are no list")?;
        rows.iter().map(|row| member(row).context("a member of GitLab lacks a field")).collect()
    }

    fn call(&self, method: &str, url: &str) -> Result<http::Answer> {
        let header = ("PRIVATE-TOKEN", self.token.as_str());
        show::curl(method, url, header);
        http::call(method, url, &[header], "")
    }
}

fn member(row: &Value) -> Option<Member> {
    Some(Member {
        name: row.get("username")?.as_str()?.to_owned(),
        id: row.get("id")?.as_u64()?,
        level: row.get("access_level")?.as_u64()?,
    })
}

fn level_name(level: u64) -> String {
    let known = LEVELS.iter().find(|(number, _)| *number == level);
    known.map_or_else(|| level.to_string(), |(_, name)| (*name).to_owned())
}
