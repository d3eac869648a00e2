//! Looks whether a GitLab is as a resolver needs it, before the first task or when something is odd. Changes nothing.

mod hooks;
mod server;
mod token;

use std::sync::Arc;

use runtime::{
    clock::Clock,
    doctor::{Report, State},
    http::Client,
    metrics::Metrics,
};

use crate::{
    StartError, gitlab,
    hooks::{Choice, Wanted},
};

/// What is to be looked at.
#[derive(Debug, Clone)]
pub struct Config {
    /// How GitLab is reached.
    pub gitlab: gitlab::Config,
    /// What this system's hooks are like; none where nobody has said where GitLab reaches it.
    pub hooks: Option<Wanted>,
    /// Where hooks are looked for.
    pub places: Choice,
}

/// Looks at GitLab.
///
/// # Errors
/// When a setting does not fit. Whatever GitLab says is in the report.
pub async fn examine(config: &Config, clock: &Clock) -> Result<Report, StartError> {
    let metrics = Arc::new(Metrics::new()?);
    let http: Client = config.gitlab.connect(metrics.clone())?;
    let mut checks = server::checks(&http, &config.gitlab.url, clock).await;
    if fails(&checks) {
        return Ok(Report::broken_off(checks));
    }
    let (about_token, account) = token::checks(&http, clock).await;
    checks.extend(about_token);
    let Some(account) = account.filter(|_| !fails(&checks)) else { return Ok(Report::broken_off(checks)) };
    checks.push(token::sees(&http, &account).await);
    checks.extend(hooks::checks(config, metrics).await?);
    Ok(Report::whole(checks))
}

fn fails(checks: &[runtime::doctor::Check]) -> bool {
    checks.iter().any(|check| check.state == State::Fail)
}
