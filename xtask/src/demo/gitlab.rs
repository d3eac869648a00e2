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
    /// A group above the project.
    pub(super) group: u64,
    /// Everybody whom the sandbox knows, with `gitlab_id` and, once signed in there, `sonarqube_login`.
    pub(super) people: Vec<Value>,
}

/// A member of the project.
#[derive(Debug)]
pub(super) struct Member {
    /// The name that people sign in with.
    pub(super) name: String,
    id: u64,
    level: u64,
    /// `active`, or why the account may do nothing, as GitLab calls it.
    state: String,
}

/// Somebody whom GitLab knows.
#[derive(Debug)]
pub(super) struct Person {
    /// The name that people sign in with.
    pub(super) name: String,
    id: u64,
}

const DEVELOPER: u64 = 30;

/// GitLab's access levels by their names; see its page "Members API".
const LEVELS: [(u64, &str); 7] = [
    (5, "minimal access"),
    (10, "guest"),
    (15, "planner"),
    (20, "reporter"),
    (DEVELOPER, "developer"),
    (40, "maintainer"),
    (50, "owner"),
];

impl GitLab {
    /// Everybody with access to the project, direct or through groups, with the level's name.
    pub(super) fn people(&self) -> Result<Vec<[String; 2]>> {
        let members = self.members("members/all")?;
        let row = |member: Member| {
            let blocked =
                if member.state == "active" { String::new() } else { format!(", but {}", member.state) };
            [member.name, level_name(member.level) + &blocked]
        };
        Ok(members.into_iter().map(row).collect())
    }

    /// A direct member who has signed in to SonarQube, with the lowest level: the others still have work.
    pub(super) fn a_direct_member(&self) -> Result<Member> {
        let members = self.members("members")?.into_iter();
        let known = members.filter(|member| self.has_signed_in_to_sonarqube(member.id));
        known.min_by_key(|member| member.level).context("no direct member has signed in to SonarQube")
    }

    /// Somebody who has signed in to SonarQube, and has no access to the project.
    pub(super) fn an_outsider(&self) -> Result<Person> {
        let members = self.members("members/all")?;
        let people = self.people.iter().filter_map(person);
        let mut others = people.filter(|person| !members.iter().any(|member| member.id == person.id));
        let outsider = others.find(|person| self.has_signed_in_to_sonarqube(person.id));
        outsider.context("everybody who has signed in to SonarQube is a member")
    }

    /// Makes somebody a developer of the group above the project.
    pub(super) fn add_to_group(&self, person: &Person) -> Result<()> {
        let Self { url, group, .. } = self;
        let url =
            format!("{url}/api/v4/groups/{group}/members?user_id={}&access_level={DEVELOPER}", person.id);
        self.call("POST", &url)?.success().context("GitLab did not add the member")?;
        Ok(())
    }

    fn has_signed_in_to_sonarqube(&self, id: u64) -> bool {
        let person =
            self.people.iter().find(|person| person.get("gitlab_id").and_then(Value::as_u64) == Some(id));
        person.and_then(|person| person.get("sonarqube_login")).is_some_and(Value::is_string)
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
        state: row.get("state")?.as_str()?.to_owned(),
    })
}

fn person(about: &Value) -> Option<Person> {
    let name = about.get("username")?.as_str()?.to_owned();
    Some(Person { name, id: about.get("gitlab_id")?.as_u64()? })
}

fn level_name(level: u64) -> String {
    let known = LEVELS.iter().find(|(number, _)| *number == level);
    known.map_or_else(|| level.to_string(), |(_, name)| (*name).to_owned())
}
