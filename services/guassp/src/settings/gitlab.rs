//! Section `gitlab`.

use std::{collections::BTreeSet, time::Duration};

use access::BotRule;
use jiff::tz::TimeZone;
use proto::UserId;
use resolver::{
    ExpiryJob,
    gitlab::{Budget, Config},
};
use runtime::{
    config::{ConfigError, duration, masked},
    http::Limits,
    secret::Secret,
};
use serde::{Deserialize, Serialize};
use url::Url;

#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(super) struct GitLab {
    url: String,
    #[serde(serialize_with = "masked")]
    pub(super) token: Option<Secret>,
    skip_users: BTreeSet<u64>,
    bots: Bots,
    parallel_calls: usize,
    cache_rows: u64,
    #[serde(with = "duration")]
    cache_age: Duration,
    time_zone: String,
    expiry_job: String,
    #[serde(with = "duration")]
    expiry_margin: Duration,
    budget: Budget,
}

/// How often end dates are looked through. No setting: a look that finds nothing is cheap.
const LOOK_AT_ENDS: Duration = Duration::from_secs(30);

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

    /// How GitLab is read.
    pub(super) fn client(&self, http: &Limits) -> Result<Config, ConfigError> {
        Ok(Config {
            url: self.url()?,
            token: self.token()?,
            limits: http.clone(),
            parallel_calls: self.parallel_calls,
            cache_rows: self.cache_rows,
            cache_age: self.cache_age,
            budget: self.budget,
        })
    }

    pub(super) const fn counts(&self) -> [(&'static str, u64); 2] {
        [("gitlab.parallel_calls", self.parallel_calls as u64), ("gitlab.cache_rows", self.cache_rows)]
    }

    pub(super) const fn times(&self) -> [(&'static str, Duration); 1] {
        [("gitlab.cache_age", self.cache_age)]
    }

    fn token(&self) -> Result<Secret, ConfigError> {
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

impl GitLab {
    /// When GitLab removes memberships that have ended.
    pub(super) fn expiry(&self) -> Result<ExpiryJob, ConfigError> {
        let zone = TimeZone::get(&self.time_zone).map_err(|_| ConfigError {
            setting: "gitlab.time_zone".to_owned(),
            problem: format!("is wrong (there is no time zone \"{}\")", self.time_zone),
            mend: "write a name of the IANA database, for example Europe/Berlin".to_owned(),
        })?;
        let at = self.expiry_job.parse().map_err(|_| ConfigError {
            setting: "gitlab.expiry_job".to_owned(),
            problem: format!("is wrong (\"{}\" is no time of day)", self.expiry_job),
            mend: "write hours and minutes, for example 00:10".to_owned(),
        })?;
        Ok(ExpiryJob { at, zone, margin: self.expiry_margin, look_every: LOOK_AT_ENDS })
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
