//! Looks whether issues can be opened: the token, its end, and what its user may do in the project of issues. Changes nothing.

use std::sync::Arc;

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use runtime::{
    clock::Clock,
    doctor::{Check, Report, State},
    http::{Call, Client, Failure},
    metrics::Metrics,
};
use serde::Deserialize;

use crate::{
    Config, StartError,
    gitlab::{SYSTEM, connect},
    token::OwnToken,
};

const PROJECT: &str = "/api/v4/projects/:id";
/// GitLab's number of Reporter, who may make issues and label them.
const REPORTER: u64 = 20;
const RENEW: &str = "make a new token with the scope api and set GUASSP_ISSUES__TOKEN";

/// A project as GitLab shows it to whoever asks.
#[derive(Deserialize)]
struct Project {
    path_with_namespace: String,
    issues_access_level: Option<String>,
    #[serde(default)]
    archived: bool,
    /// Not shown to an administrator who is no member.
    permissions: Option<Permissions>,
}

#[derive(Deserialize)]
struct Permissions {
    project_access: Option<Access>,
    group_access: Option<Access>,
}

#[derive(Deserialize)]
struct Access {
    access_level: u64,
}

/// Looks at GitLab with the token of issues.
///
/// # Errors
/// When the token cannot be sent, or the HTTP client cannot be set up. Whatever GitLab says is in the report.
pub async fn examine(config: &Config, clock: &Clock) -> Result<Report, StartError> {
    let client = connect(config, Arc::new(Metrics::new()?))?;
    let mut checks = token(&client, clock).await;
    if checks.iter().any(|check| check.state == State::Fail) {
        return Ok(Report::broken_off(checks));
    }
    checks.extend(project(&client, &config.project).await);
    Ok(Report::whole(checks))
}

async fn token(client: &Client, clock: &Clock) -> Vec<Check> {
    match OwnToken::read(client).await {
        Ok(token) => {
            let found = format!("{} (the token is called {})", token.scopes.join(", "), token.name);
            let scopes = if token.scopes.iter().any(|scope| scope == "api") {
                Check::ok("token's scopes", found)
            } else {
                Check::fail("token's scopes", format!("{found}: not api"), RENEW)
            };
            vec![scopes, Check::expiry(token.ends(), clock.now(), RENEW)]
        }
        Err(failure) if failure.is_unauthorized() => {
            vec![Check::fail("token", format!("GitLab does not take it: {failure}"), RENEW)]
        }
        Err(failure) => {
            let mend = "look again later, or correct GITLAB_URL; `guassp doctor --only gitlab` tells more";
            vec![Check::fail("token", format!("cannot be looked at: {failure}"), mend)]
        }
    }
}

async fn project(client: &Client, project: &str) -> Vec<Check> {
    const NAME: &str = "project";
    let path = format!("/api/v4/projects/{}", utf8_percent_encode(project, NON_ALPHANUMERIC));
    match read(client, path).await {
        Ok(found) => {
            let mut checks = vec![open(&found)];
            checks.push(role(&found));
            checks
        }
        Err(failure) => {
            let mend = "make the token's user a Reporter of the project of issues, or correct issues.project \
                        (GUASSP_ISSUES__PROJECT)";
            vec![Check::fail(NAME, format!("{project} cannot be read: {failure}"), mend)]
        }
    }
}

/// Whether it takes issues.
fn open(project: &Project) -> Check {
    const NAME: &str = "project";
    let path = &project.path_with_namespace;
    if project.archived {
        return Check::fail(NAME, format!("{path} is archived"), "name another one in issues.project");
    }
    if project.issues_access_level.as_deref() == Some("disabled") {
        let mend = "switch issues on in the project's settings (General, Visibility), or name another one";
        return Check::fail(NAME, format!("{path} has no issues"), mend);
    }
    Check::ok(NAME, path)
}

fn role(project: &Project) -> Check {
    const NAME: &str = "role";
    let Some(Permissions { project_access, group_access }) = &project.permissions else {
        return Check::ok(NAME, "GitLab does not tell it, as it does of administrators");
    };
    let level = [project_access, group_access].into_iter().flatten().map(|access| access.access_level).max();
    match level {
        Some(level @ REPORTER..) => Check::ok(NAME, format!("level {level}, which may make issues")),
        Some(level) => Check::fail(
            NAME,
            format!("level {level}"),
            "make the token's user a Reporter (20) of the project",
        ),
        None => Check::warn(
            NAME,
            "no member of the project or of the group that it lies in",
            "make the token's user a Reporter of the project, unless it is an administrator or was invited with a group",
        ),
    }
}

async fn read(client: &Client, path: String) -> Result<Project, Failure> {
    client.call(Call::get(PROJECT, path)).await?.json(SYSTEM, PROJECT)
}
