//! Whether GitLab tells this system of changes: by hooks that are there, send what is needed, and are not switched off.

use std::sync::Arc;

use runtime::{doctor::Check, metrics::Metrics};

use super::Config;
use crate::{
    StartError,
    hooks::{Health, HookError, Hooks, Listed, Wanted},
};

const NAME: &str = "hooks";
const INSTALL: &str = "guassp hooks install (it changes what differs, removes all but one, and prints the steps where the token may not)";
/// GitLab calls a hook again when a test request was answered with 2xx.
const WAKE: &str = "see that GitLab reaches that address, then: guassp hooks install (it writes the secrets anew and has GitLab test the hook)";

pub(super) async fn checks(config: &Config, metrics: Arc<Metrics>) -> Result<Vec<Check>, StartError> {
    let Some(wanted) = &config.hooks else {
        return Ok(vec![Check::skip(
            NAME,
            "webhooks.url (GUASSP_WEBHOOKS__URL), where GitLab reaches the gateway",
        )]);
    };
    let hooks = Hooks::new(&config.gitlab, metrics)?;
    let found = match hooks.places(&config.places).await {
        Ok(places) => hooks.list(wanted, &places).await,
        Err(error) => Err(error),
    };
    Ok(match found {
        Ok(health) => told(&health, wanted),
        Err(error @ HookError::NoPlace(_)) => vec![Check::warn(NAME, error.to_string(), INSTALL)],
        Err(error) => {
            let mend = "look again later; GitLab's own words are above";
            vec![Check::fail(NAME, format!("cannot be read: {error}"), mend)]
        }
    })
}

fn told(health: &Health, wanted: &Wanted) -> Vec<Check> {
    let mut checks: Vec<Check> = health.hooks.iter().map(one).collect();
    for place in &health.without {
        let found = format!("{place} has none to {}: changes are found by the sweep alone", wanted.url);
        checks.push(Check::fail(NAME, found, INSTALL));
    }
    for place in &health.unseen {
        let mend = "a token with the scope api, of an administrator or owner, sees them; or look in GitLab";
        checks.push(Check::warn(NAME, format!("cannot be seen at {place}"), mend));
    }
    checks
}

fn one(hook: &Listed) -> Check {
    let Listed { place, hook, url, switched_off, problems } = hook;
    let found = format!("{place}, hook {hook} to {url}");
    if problems.is_empty() {
        return Check::ok(NAME, found);
    }
    let mend = if *switched_off { WAKE } else { INSTALL };
    Check::fail(NAME, format!("{found}: {}", problems.join("; ")), mend)
}
