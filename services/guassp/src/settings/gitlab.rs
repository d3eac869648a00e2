//! Section `gitlab`.

use std::collections::BTreeSet;

use access::BotRule;
use proto::UserId;
use runtime::config::{ConfigError, masked};
use secrecy::SecretString;
use serde::{Deserialize, Serialize};
use url::Url;

#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(super) struct GitLab {
    url: String,
    #[serde(serialize_with = "masked")]
    token: Option<SecretString>,
    skip_users: BTreeSet<u64>,
    bots: Bots,
}

#[derive(Debug, Clone, Copy, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
enum Bots {
    LeaveOut,
    Include,
}

impl GitLab {
    pub(super) fn url(&self) -> Result<Url, ConfigError> {
        base_url("GITLAB_URL", &self.url, "https://gitlab.example.com")
    }

    pub(super) fn token(&self) -> Result<SecretString, ConfigError> {
        self.token.clone().ok_or_else(|| ConfigError::missing("GITLAB_TOKEN", "glpat-... (scope read_api)"))
    }

    pub(super) fn skip_users(&self) -> BTreeSet<UserId> {
        self.skip_users.iter().copied().map(UserId).collect()
    }

    pub(super) const fn bots(&self) -> BotRule {
        match self.bots {
            Bots::LeaveOut => BotRule::LeaveOut,
            Bots::Include => BotRule::Include,
        }
    }
}

/// The address of a server: http or https, with a host; a path is allowed, a query is not.
pub(super) fn base_url(variable: &str, text: &str, example: &str) -> Result<Url, ConfigError> {
    let wrong = |problem: String| ConfigError {
        setting: variable.to_owned(),
        problem,
        mend: format!("write it like {variable}={example}"),
    };
    let url: Url = text.parse().map_err(|error| wrong(format!("is no URL ({error})")))?;
    if !matches!(url.scheme(), "http" | "https") || !url.has_host() {
        return Err(wrong("is no http or https address".to_owned()));
    }
    if url.query().is_some() || url.fragment().is_some() {
        return Err(wrong("has a query or a fragment".to_owned()));
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(wrong("holds a user name or password, which would show up in logs".to_owned()));
    }
    Ok(url)
}
