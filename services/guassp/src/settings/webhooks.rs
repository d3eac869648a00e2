//! Section `webhooks`: where GitLab reaches this system, what its hooks prove themselves with, and what is taken of them.

use std::time::Duration;

use gateway::webhooks::{Config, NoKey, SigningKey};
use resolver::hooks::Wanted;
use runtime::{
    config::{ConfigError, duration, masked},
    secret::{Retired, Secret},
};
use serde::{Deserialize, Serialize};

use super::{Settings, gitlab::base_url};

#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Webhooks {
    url: Option<String>,
    #[serde(serialize_with = "masked")]
    secret: Option<Secret>,
    #[serde(serialize_with = "masked")]
    previous_secret: Option<Retired>,
    #[serde(serialize_with = "masked")]
    signing_key: Option<Secret>,
    #[serde(serialize_with = "masked")]
    previous_signing_key: Option<Retired>,
    #[serde(serialize_with = "masked")]
    sonarqube_secret: Option<Secret>,
    #[serde(with = "duration")]
    replay_window: Duration,
    max_body_bytes: usize,
    look_again: Vec<After>,
}

#[derive(Debug, Deserialize, Serialize)]
#[serde(transparent)]
struct After(#[serde(with = "duration")] Duration);

const URL: &str = "GUASSP_WEBHOOKS__URL";
const EXAMPLE: &str = "https://guassp.example.com";

impl Webhooks {
    pub(super) fn as_configured(&self) -> Result<Config, ConfigError> {
        let keys = [
            ("GUASSP_WEBHOOKS__SIGNING_KEY", given(&self.signing_key)),
            ("GUASSP_WEBHOOKS__PREVIOUS_SIGNING_KEY", retired(&self.previous_signing_key)),
        ];
        let keys = keys.into_iter().filter_map(|(name, key)| Some(signing_key(name, key?)));
        let secrets = [given(&self.secret), retired(&self.previous_secret)];
        Ok(Config {
            secrets: secrets.into_iter().flatten().cloned().collect(),
            signing_keys: keys.collect::<Result<_, _>>()?,
            replay_window: self.replay_window,
            max_body_bytes: self.max_body_bytes,
            look_again: self.look_again.iter().map(|after| after.0).collect(),
        })
    }

    /// Whether anything can be verified.
    pub(super) fn has_secret(&self) -> bool {
        let retired = [retired(&self.previous_secret), retired(&self.previous_signing_key)];
        let secrets = [given(&self.secret), given(&self.signing_key)].into_iter().chain(retired);
        secrets.flatten().any(|secret| !secret.is_empty())
    }

    /// Everything that may be read again from its file; what is retired comes first, so that what GitLab has is never without
    /// effect while both change.
    pub(super) fn secrets(&self) -> impl Iterator<Item = &Secret> {
        let retired = [retired(&self.previous_secret), retired(&self.previous_signing_key)];
        let secrets = [&self.secret, &self.signing_key, &self.sonarqube_secret];
        retired.into_iter().flatten().chain(secrets.into_iter().flatten())
    }

    /// The secret of SonarQube's webhook.
    pub(super) fn sonarqube_secret(&self) -> Option<Secret> {
        given(&self.sonarqube_secret).cloned()
    }

    pub(super) const fn counts(&self) -> [(&'static str, u64); 1] {
        [("webhooks.max_body_bytes", self.max_body_bytes as u64)]
    }

    pub(super) const fn times(&self) -> [(&'static str, Duration); 1] {
        [("webhooks.replay_window", self.replay_window)]
    }
}

impl Settings {
    /// What this system's hooks are like; none where nobody has said where GitLab reaches it.
    pub(crate) fn hooks(&self) -> Result<Option<Wanted>, ConfigError> {
        self.webhooks.url.as_ref().map(|url| self.hooks_at(url)).transpose()
    }

    /// The same, to this address; without one it must be set.
    pub(crate) fn hooks_to(&self, url: Option<&str>) -> Result<Wanted, ConfigError> {
        let url = url.or(self.webhooks.url.as_deref());
        self.hooks_at(url.ok_or_else(|| ConfigError::missing(URL, EXAMPLE))?)
    }

    fn hooks_at(&self, url: &str) -> Result<Wanted, ConfigError> {
        let url = base_url(URL, url, EXAMPLE)?;
        let Webhooks { secret, signing_key, .. } = &self.webhooks;
        Ok(Wanted::at(&url, given(secret).cloned(), given(signing_key).cloned()))
    }
}

/// An empty secret would be anybody's.
fn given(secret: &Option<Secret>) -> Option<&Secret> {
    secret.as_ref().filter(|secret| !secret.is_empty())
}

/// It may be empty now and not later, or the reverse: whoever uses it looks each time.
fn retired(secret: &Option<Retired>) -> Option<&Secret> {
    secret.as_ref().map(Retired::secret)
}

fn signing_key(setting: &str, key: &Secret) -> Result<SigningKey, ConfigError> {
    SigningKey::read(key.clone()).map_err(|error: NoKey| ConfigError {
        setting: setting.to_owned(),
        problem: error.to_string(),
        mend: "copy the signing token as GitLab shows it, once, when it is made".to_owned(),
    })
}
