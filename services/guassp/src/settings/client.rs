//! Section `client`: the gateway that the commands talk to, and as whom.

use runtime::{
    config::{ConfigError, masked},
    http::Limits,
    secret::Secret,
};
use serde::{Deserialize, Serialize};
use url::Url;

use super::{Settings, gitlab::base_url};

#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Client {
    url: Option<String>,
    #[serde(serialize_with = "masked")]
    token: Option<Secret>,
}

/// How to reach a gateway, and as whom.
#[derive(Debug)]
pub(crate) struct Endpoint {
    pub(crate) url: Url,
    /// None where the network is trusted.
    pub(crate) token: Option<Secret>,
    pub(crate) limits: Limits,
}

impl Settings {
    /// What a command needs that talks to a gateway.
    pub(crate) fn client(&self) -> Result<Endpoint, ConfigError> {
        const EXAMPLE: &str = "https://guassp.example.com";
        let url = self.client.url.as_ref().ok_or_else(|| ConfigError::missing("GUASSP_URL", EXAMPLE))?;
        let url = base_url("GUASSP_URL", url, EXAMPLE)?;
        Ok(Endpoint { url, token: self.client.token.clone(), limits: self.http.clone() })
    }
}
