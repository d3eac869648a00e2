//! The token: whose it is, of which kind, what it may do, until when, and what it lets this system see.

use proto::UserId;
use runtime::{
    clock::Clock,
    doctor::Check,
    http::{Call, Client, Failure, FailureKind},
};
use serde::Deserialize;

use crate::gitlab::{OWN_TOKEN, OwnToken, SYSTEM};

const USER: &str = "/api/v4/user";
const PROJECTS: &str = "/api/v4/projects";
const RENEW: &str =
    "make a new token with the scope read_api (api, if it is to install hooks) and set GITLAB_TOKEN";

/// The account behind the token.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct Account {
    id: UserId,
    username: String,
    /// The account of a token of a project or group.
    #[serde(default)]
    bot: bool,
    /// GitLab tells it of administrators alone.
    #[serde(default)]
    is_admin: bool,
}

/// The checks, and the account where GitLab tells it.
pub(super) async fn checks(http: &Client, clock: &Clock) -> (Vec<Check>, Option<Account>) {
    let mut checks = Vec::new();
    match http.call(Call::get(OWN_TOKEN, OWN_TOKEN)).await {
        Ok(answer) => match answer.json::<OwnToken>(SYSTEM, OWN_TOKEN) {
            Ok(token) => {
                checks.push(scopes(&token));
                checks.push(Check::expiry(token.ends(), clock.now(), RENEW));
            }
            Err(failure) => checks.push(untold(&failure)),
        },
        Err(failure) if failure.is_unauthorized() => return (vec![refused(&failure)], None),
        Err(failure) => checks.push(untold(&failure)),
    }
    match account(http).await {
        Ok(account) => {
            checks.insert(0, kind(&account));
            (checks, Some(account))
        }
        // Its scopes were told of.
        Err(_) if checks.iter().any(|check| check.mend.as_deref() == Some(RENEW)) => (checks, None),
        Err(failure) => {
            checks.insert(0, refused(&failure));
            (checks, None)
        }
    }
}

async fn account(http: &Client) -> Result<Account, Failure> {
    http.call(Call::get(USER, USER)).await?.json(SYSTEM, USER)
}

fn refused(failure: &Failure) -> Check {
    let why = match &failure.kind {
        FailureKind::Refused { message, .. } if message.contains("expired") => "it has expired",
        FailureKind::Refused { message, .. } if message.contains("revoked") => "it was revoked",
        _ => "GitLab does not take it",
    };
    Check::fail("token", format!("{why}: {failure}"), RENEW)
}

fn untold(failure: &Failure) -> Check {
    let mend = "nothing, if this GitLab is older than 15.5 or it is no access token; look in GitLab at its scopes and its end";
    Check::warn("token's scopes", format!("GitLab does not tell them: {failure}"), mend)
}

/// `api` holds everything that `read_api` does.
fn scopes(token: &OwnToken) -> Check {
    const NAME: &str = "token's scopes";
    let found = format!("{} (the token is called {})", token.scopes.join(", "), token.name);
    if token.scopes.iter().any(|scope| scope == "read_api" || scope == "api") {
        return Check::ok(NAME, found);
    }
    Check::fail(NAME, format!("{found}: neither read_api nor api"), RENEW)
}

/// As far as the account tells it.
fn kind(account: &Account) -> Check {
    let Account { username, id, .. } = account;
    let kind = match () {
        () if username.starts_with("group_") && account.bot => "a group's access token",
        () if username.starts_with("project_") && account.bot => "a project's access token",
        () if account.bot || username.starts_with("service_account") => "a service account's token",
        () => "a personal access token",
    };
    let administrator = if account.is_admin { ", an administrator" } else { "" };
    Check::ok("token", format!("{kind}, of {username} (user {id}{administrator})"))
}

/// What a plan is not read of, nobody is given anything in.
pub(super) async fn sees(http: &Client, account: &Account) -> Check {
    const NAME: &str = "projects";
    if account.is_admin {
        return Check::ok(NAME, "an administrator sees all of them, with all members");
    }
    let call = Call::get(PROJECTS, PROJECTS).query("membership", true).query("per_page", 1);
    let mend = format!(
        "make {} an Owner of the top-level groups whose projects are synchronised (of a group that is invited and that it does not see, nobody is told)",
        account.username
    );
    match http.call(call).await {
        Ok(answer) => match answer.number("x-total") {
            Some(0) => Check::warn(NAME, "it is a member of none", mend),
            Some(count) => Check::ok(
                NAME,
                format!(
                    "it is a member of {count}; members of groups that it does not see are left as they are"
                ),
            ),
            None => Check::ok(NAME, "it is a member of more than GitLab counts"),
        },
        Err(failure) => Check::warn(NAME, format!("cannot be counted: {failure}"), mend),
    }
}
