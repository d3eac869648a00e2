//! The server, the account that this system signs in with, and what it needs to find projects.

use jiff::Timestamp;
use runtime::doctor::Check;
use secrecy::ExposeSecret;

use super::unread;
use crate::{
    sonarqube::{Account, Config, GitLabSetting, Reader, SonarQubeError},
    write,
};

/// How the end of the token is mended.
const RENEW: &str = "make a new user token of the same account before that, and set SONARQUBE_TOKEN";

/// Whether it is up, and new enough.
pub(super) async fn state(reader: &Reader) -> Vec<Check> {
    let up = || Check::ok("server", "SonarQube is up");
    match reader.status().await {
        Ok(version) => vec![up(), Check::ok("version", format!("{version}, which is new enough"))],
        Err(error @ SonarQubeError::TooOld { .. }) => {
            vec![up(), Check::fail("version", "too old", error)]
        }
        Err(error) => vec![Check::fail("server", "not to be used now", error)],
    }
}

/// Whom the token stands for, until when, and which rights that gives.
pub(super) async fn account(reader: &Reader, config: &Config, now: Timestamp) -> Vec<Check> {
    let account = match reader.account().await {
        Ok(account) => account,
        Err(error) => return vec![Check::fail("token", "SonarQube does not take it", error)],
    };
    vec![
        token(config.token.current().expose_secret(), &account.login),
        Check::expiry(account.token_expires, now, RENEW),
        right(account.administers_system, "Administer System", &account),
        right(account.creates_projects, "Create Projects", &account),
    ]
}

/// SonarQube's tokens begin with what they are: `squ_` for a person, `sqa_` and `sqp_` for analyses.
fn token(token: &str, login: &str) -> Check {
    match token.split_once('_').map(|(kind, _)| kind) {
        Some("sqa" | "sqp") => Check::fail(
            "token",
            format!("an analysis token of {login}, which cannot change permissions"),
            "make a user token (squ_…) of an account with \"Administer System\" and set SONARQUBE_TOKEN",
        ),
        Some("squ") => Check::ok("token", format!("a user token of {login}")),
        _ => Check::ok("token", format!("a token of {login}, of a form that does not tell its kind")),
    }
}

fn right(has: bool, right: &'static str, account: &Account) -> Check {
    if has {
        return Check::ok(right, "the account has this right");
    }
    let mend = format!(
        "give it to {} in Administration > Security > Global Permissions; an analysis token never has it",
        account.login
    );
    Check::fail(right, "the account lacks this right", mend)
}

/// Which of SonarQube's DevOps platform settings stand for the GitLab.
pub(super) async fn gitlab(reader: &Reader) -> Check {
    const NAME: &str = "GitLab integration";
    match reader.gitlabs().await {
        Ok(settings) if settings.is_empty() => Check::warn(
            NAME,
            "none, so no project is bound to its GitLab project",
            "add it in Administration > Configuration > DevOps Platform Integrations and import projects by it, or \
             have projects found by [sonarqube.projects], sonarqube.key_template or their names",
        ),
        Ok(settings) => Check::ok(NAME, settings.iter().map(name).collect::<Vec<_>>().join(", ")),
        Err(error @ SonarQubeError::Misconfigured { .. }) => {
            Check::fail(NAME, "it is not clear which one is the GitLab", error)
        }
        Err(error) => unread(NAME, &error),
    }
}

fn name(GitLabSetting { key, address }: &GitLabSetting) -> String {
    format!("{key} ({address})")
}

/// Temporary templates that a crash has left.
pub(super) async fn templates(reader: &Reader, now: Timestamp) -> Check {
    const NAME: &str = "temporary templates";
    match write::abandoned(reader, now).await {
        Ok(left) if left.is_empty() => Check::ok(NAME, "none left behind"),
        Ok(left) => Check::warn(
            NAME,
            format!("{} left behind by a crash", left.len()),
            "nothing holds by them; a running applier removes them within applier.catalog_refresh",
        ),
        Err(error) => unread(NAME, &error),
    }
}
