//! Section `issues`.

use notifier::About;
use runtime::{
    config::{ConfigError, masked},
    jetstream::Retry,
    secret::Secret,
};
use serde::{Deserialize, Serialize};

use super::Settings;

#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Issues {
    project: Option<String>,
    #[serde(serialize_with = "masked")]
    pub(super) token: Option<Secret>,
    labels: Vec<String>,
    failed: bool,
    held: bool,
    tokens: bool,
    at_most: usize,
    retry: Retry,
}

impl Issues {
    pub(super) const fn counts(&self) -> [(&'static str, u64); 2] {
        [("issues.at_most", self.at_most as u64), ("issues.retry.attempts", self.retry.attempts)]
    }

    /// Whether issues are opened at all.
    fn project(&self) -> Option<&str> {
        self.project.as_deref().map(str::trim).filter(|project| !project.is_empty())
    }
}

impl Settings {
    /// Whether this machine is told of a project of issues.
    pub(crate) fn notifies(&self) -> bool {
        self.issues.project().is_some()
    }

    /// What a notifier needs; nothing where issues are switched off.
    pub(crate) fn notifier(&self) -> Result<Option<notifier::Config>, ConfigError> {
        let Issues { token, labels, failed, held, tokens, at_most, retry, .. } = &self.issues;
        let Some(project) = self.issues.project() else { return Ok(None) };
        let missing = || ConfigError::missing("GUASSP_ISSUES__TOKEN", "glpat-... (scope api)");
        Ok(Some(notifier::Config {
            gitlab_url: self.gitlab.url()?,
            token: token.clone().ok_or_else(missing)?,
            limits: self.http.clone(),
            project: project.to_owned(),
            labels: labels.clone(),
            about: About { failed: *failed, held: *held, tokens: *tokens },
            at_most: *at_most,
            retry: retry.clone(),
        }))
    }
}
