//! Section `gateway`.

use std::{
    net::{IpAddr, SocketAddr},
    time::Duration,
};

use gateway::{
    caller::{self, IdTokenConfig, People},
    guard,
};
use ipnet::IpNet;
use runtime::{
    config::{ConfigError, duration, masked},
    secret::Secret,
};
use serde::{Deserialize, Serialize};

use super::gitlab::base_url;

#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Gateway {
    address: IpAddr,
    port: u16,
    #[serde(with = "duration")]
    pub(super) stranded_after: Duration,
    #[serde(serialize_with = "masked")]
    pub(super) tokens: Option<Secret>,
    trusted_proxies: Vec<String>,
    #[serde(with = "duration")]
    verdict_ttl: Duration,
    allow: Allow,
    id_tokens: IdTokens,
    pub(super) limits: guard::Limits,
}

#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct Allow {
    viewer: Vec<String>,
    operator: Vec<String>,
}

#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct IdTokens {
    audience: Option<String>,
    issuer: Option<String>,
    #[serde(with = "duration")]
    clock_skew: Duration,
}

impl Gateway {
    pub(super) const fn listen(&self) -> SocketAddr {
        SocketAddr::new(self.address, self.port)
    }

    pub(super) fn callers(&self) -> Result<caller::Config, ConfigError> {
        Ok(caller::Config {
            people: self.people()?,
            allow: caller::Allow {
                viewer: networks("gateway.allow.viewer", &self.allow.viewer)?,
                operator: networks("gateway.allow.operator", &self.allow.operator)?,
            },
            trusted_proxies: networks("gateway.trusted_proxies", &self.trusted_proxies)?,
            verdict_ttl: self.verdict_ttl,
            id_tokens: self.id_tokens.config()?,
        })
    }

    fn people(&self) -> Result<People, ConfigError> {
        let Some(tokens) = &self.tokens else { return Ok(People::default()) };
        People::read(tokens.clone()).map_err(|error| ConfigError {
            setting: "GUASSP_TOKENS".to_owned(),
            problem: error.to_string(),
            mend: "write it as `guassp token new NAME --role viewer` prints it".to_owned(),
        })
    }
}

impl IdTokens {
    fn config(&self) -> Result<IdTokenConfig, ConfigError> {
        let Self { audience, issuer, clock_skew } = self;
        if audience.as_deref().is_some_and(|audience| audience.trim().is_empty()) {
            return Err(ConfigError::missing("gateway.id_tokens.audience", "https://guassp.example.com"));
        }
        if let Some(issuer) = issuer {
            base_url("gateway.id_tokens.issuer", issuer, "https://gitlab.example.com")?;
        }
        Ok(IdTokenConfig { audience: audience.clone(), issuer: issuer.clone(), clock_skew: *clock_skew })
    }
}

/// Networks, or single addresses.
fn networks(setting: &str, list: &[String]) -> Result<Vec<IpNet>, ConfigError> {
    list.iter().map(|text| network(text.trim()).ok_or_else(|| no_network(setting, text))).collect()
}

/// IPv4 in the clothes of IPv6 is none: the addresses that it is compared with are undressed.
fn network(text: &str) -> Option<IpNet> {
    let network: IpNet = text.parse().ok().or_else(|| text.parse::<IpAddr>().ok().map(IpNet::from))?;
    (network.addr().to_canonical() == network.addr()).then_some(network)
}

fn no_network(setting: &str, text: &str) -> ConfigError {
    ConfigError {
        setting: setting.to_owned(),
        problem: format!("has the entry {text:?}, which is no network"),
        mend: "write it like 10.0.0.0/8, fd00::/8 or 192.0.2.1".to_owned(),
    }
}
