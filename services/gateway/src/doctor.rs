//! Looks whether a gateway is set up: who may call, and whether GitLab can be asked about job tokens. Changes nothing.

use std::sync::Arc;

use axum::http::HeaderMap;
use runtime::{
    doctor::{Check, Report},
    http::{Call, Client, Failure, FailureKind, Limits},
    metrics::Metrics,
};
use url::Url;

use crate::{StartError, caller};

/// What is to be looked at.
#[derive(Debug, Clone)]
pub struct Config {
    /// The GitLab that vouches for job tokens.
    pub gitlab_url: Url,
    /// How patient calls to it are.
    pub limits: Limits,
    /// Who may call.
    pub callers: caller::Config,
    /// Whether a secret for webhooks is set.
    pub takes_hooks: bool,
}

/// Looks at the settings of a gateway, and asks GitLab one thing without a token.
///
/// # Errors
/// When the HTTP client cannot be set up.
pub async fn examine(config: &Config) -> Result<Report, StartError> {
    let checks = vec![job_tokens(config).await?, people(&config.callers), hooks(config.takes_hooks)];
    Ok(Report::whole(checks))
}

/// GitLab refuses a call without a token with 401: that is the answer of one that can be asked.
async fn job_tokens(config: &Config) -> Result<Check, StartError> {
    const NAME: &str = "job tokens";
    const ROUTE: &str = "/api/v4/job";
    let Config { gitlab_url: url, limits, .. } = config;
    let client = Client::new("gitlab", url, HeaderMap::new(), limits, Arc::new(Metrics::new()?))?;
    let found = match client.call(Call::get(ROUTE, ROUTE)).await {
        Err(Failure { kind: FailureKind::Refused { status: 401, .. }, .. }) => {
            return Ok(Check::ok(NAME, format!("GitLab at {url} can be asked about them")));
        }
        Err(failure) => failure.to_string(),
        Ok(_) => format!("{url} answers a call without a token, as no GitLab does"),
    };
    let mend =
        format!("correct GITLAB_URL ({url}), or let this machine reach it: it says whose each job token is");
    Ok(Check::fail(NAME, found, mend))
}

fn people(callers: &caller::Config) -> Check {
    const NAME: &str = "people's tokens";
    let caller::Config { people, allow, .. } = callers;
    if !people.is_empty() {
        return Check::ok(NAME, "set");
    }
    if !allow.viewer.is_empty() || !allow.operator.is_empty() {
        return Check::ok(NAME, "none; trusted networks have a role");
    }
    let mend = "guassp token new NAME --role operator prints an entry for GUASSP_TOKENS";
    Check::warn(NAME, "none, so that nobody may look at anything or order anything", mend)
}

fn hooks(takes_hooks: bool) -> Check {
    const NAME: &str = "webhooks";
    if takes_hooks {
        return Check::ok(NAME, "a secret is set");
    }
    let mend = "set GUASSP_WEBHOOKS__SECRET (or __SIGNING_KEY) on the gateway, then guassp hooks install";
    Check::warn(NAME, "no secret is set, so none is taken: changes are found by the sweep alone", mend)
}
