//! Permission templates by hand: the lines that a sync has to write, filled in with nothing else done, and a project that
//! nobody holds anything on.

use super::server::{Server, each};
use super::world;
use anyhow::{Context, Result};
use serde_json::Value;
use std::collections::BTreeSet;
use std::time::{Duration, Instant};

/// Rows of a page.
const PAGE: usize = 100;

/// One line of a template.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Line {
    kind: Kind,
    name: String,
    permission: String,
}

/// Whose line it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Kind {
    Person,
    Group,
}

impl Kind {
    /// The call that reads a project's, its list and the name in a row.
    const fn listed(self) -> [&'static str; 3] {
        match self {
            Self::Person => ["/api/permissions/users", "users", "login"],
            Self::Group => ["/api/permissions/groups", "groups", "name"],
        }
    }

    /// The call that fills one in, and the parameter of the name.
    const fn filled(self) -> [&'static str; 2] {
        match self {
            Self::Person => ["/api/permissions/add_user_to_template", "login"],
            Self::Group => ["/api/permissions/add_group_to_template", "groupName"],
        }
    }
}

/// Everything that is held on the project, in order.
pub(super) fn held(server: &Server, key: &str) -> Result<Vec<Line>> {
    let mut lines = listed(server, key, Kind::Person)?;
    lines.extend(listed(server, key, Kind::Group)?);
    lines.sort();
    Ok(lines)
}

/// The lines of people who have signed in through GitLab.
pub(super) fn of_people(lines: &[Line]) -> Vec<&Line> {
    lines.iter().filter(|line| line.name.starts_with(world::LOGIN)).collect()
}

/// How many hold something.
pub(super) fn holders(lines: &[&Line]) -> usize {
    lines.iter().map(|line| line.name.as_str()).collect::<BTreeSet<_>>().len()
}

fn listed(server: &Server, key: &str, kind: Kind) -> Result<Vec<Line>> {
    let [path, list, name] = kind.listed();
    let mut lines = Vec::new();
    for page in 1.. {
        let query = [("projectKey", key), ("ps", &PAGE.to_string()), ("p", &page.to_string())];
        let answer = server.get(path, &query)?;
        let rows = answer.get(list).and_then(Value::as_array).context("no list of holders")?;
        lines.extend(rows.iter().flat_map(|row| lines_of(row, kind, name)));
        if rows.len() < PAGE {
            break;
        }
    }
    Ok(lines)
}

fn lines_of(row: &Value, kind: Kind, name: &str) -> Vec<Line> {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let name = row.get(name).map(text).unwrap_or_default();
    let permissions = row.get("permissions").and_then(Value::as_array).into_iter().flatten();
    permissions.map(|permission| Line { kind, name: name.clone(), permission: text(permission) }).collect()
}

/// Fills a template with the lines, and says how long that took; the template is made before and removed after it.
pub(super) fn bare(server: &Server, lines: &[Line]) -> Result<Duration> {
    const TEMPLATE: (&str, &str) = ("templateName", "by hand");
    server.post("/api/permissions/create_template", &[("name", TEMPLATE.1)])?.success()?;
    let began = Instant::now();
    each(lines, |Line { kind, name, permission }| {
        let [path, parameter] = kind.filled();
        server.post(path, &[TEMPLATE, (parameter, name), ("permission", permission)])?.success()?;
        Ok(())
    })?;
    let took = began.elapsed();
    server.post("/api/permissions/delete_template", &[TEMPLATE])?.success()?;
    Ok(took)
}

/// Leaves on the project what every new one has.
pub(super) fn empty(server: &Server, key: &str) -> Result<()> {
    let templates = server.get("/api/permissions/search_templates", &[])?;
    let defaults = templates.get("defaultTemplates").and_then(Value::as_array).into_iter().flatten();
    let of_projects = defaults.filter(|default| default.get("qualifier").is_some_and(|kind| kind == "TRK"));
    let template = of_projects.filter_map(|default| default.get("templateId")?.as_str()).next();
    let template = template.context("SonarQube has no default template of projects")?;
    server
        .post("/api/permissions/apply_template", &[("projectKey", key), ("templateId", template)])?
        .success()?;
    Ok(())
}
