//! One reading of an issuer's keys: `/.well-known/openid-configuration` says where they are (OIDC Discovery 1.0,
//! section 4), and RFC 7517 how they are written.
//!
//! Only RSA keys that are for RS256 signatures are taken. A set without any is no set: it is refused, so that keys
//! that are known stay.

use std::{collections::HashMap, sync::Arc, time::Duration};

use jsonwebtoken::DecodingKey;
use reqwest::header::HeaderMap;
use runtime::{
    http::{Call, Client, Failure, Limits},
    metrics::Metrics,
};
use serde::Deserialize;
use serde_json::Value;
use url::{Position, Url};

const SYSTEM: &str = "gitlab";
const DISCOVERY: &str = "/.well-known/openid-configuration";
/// The keys' path is GitLab's to choose.
const KEYS: &str = "/:jwks_uri";

/// Where keys come from.
#[derive(Debug)]
pub(in crate::caller) struct Source {
    issuer: Url,
    discovery: Client,
    limits: Limits,
    metrics: Arc<Metrics>,
}

/// Why the keys were not read.
#[derive(Debug, thiserror::Error)]
pub(super) enum ReadError {
    #[error(transparent)]
    Call(#[from] Failure),
    #[error("{DISCOVERY} is that of {found}, not of {expected}: correct gateway.id_tokens.issuer")]
    OtherIssuer { expected: String, found: String },
    #[error("{DISCOVERY} names no http or https address of the keys, or one that is less safe than its own")]
    Address,
    #[error("the set of keys has none for RS256 signatures")]
    NoKeys,
    #[error("the client of the keys' address cannot be set up: {0}")]
    Client(#[from] reqwest::Error),
}

impl ReadError {
    pub(super) const fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::Call(failure) => failure.retry_after(),
            Self::OtherIssuer { .. } | Self::Address | Self::NoKeys | Self::Client(_) => None,
        }
    }
}

#[derive(Deserialize)]
struct Discovered {
    issuer: String,
    jwks_uri: String,
}

#[derive(Deserialize)]
struct KeySet {
    keys: Vec<Value>,
}

/// A key of the set, if it is one for RS256.
#[derive(Deserialize)]
struct PublishedKey {
    kid: String,
    kty: String,
    n: String,
    e: String,
    r#use: Option<String>,
    alg: Option<String>,
}

impl Source {
    pub(in crate::caller) fn new(
        issuer: Url,
        limits: &Limits,
        metrics: Arc<Metrics>,
    ) -> Result<Self, reqwest::Error> {
        let discovery = Client::new(SYSTEM, &issuer, HeaderMap::new(), limits, metrics.clone())?;
        Ok(Self { issuer, discovery, limits: limits.clone(), metrics })
    }

    /// The keys by id.
    pub(super) async fn read(&self) -> Result<HashMap<String, DecodingKey>, ReadError> {
        let discovered = self.discovery.call(Call::get(DISCOVERY, DISCOVERY)).await?;
        let address = self.address(&discovered.json(SYSTEM, DISCOVERY)?)?;
        // The keys may be on another host than the issuer.
        let mut host = address.clone();
        host.set_path("");
        host.set_query(None);
        let client = Client::new(SYSTEM, &host, HeaderMap::new(), &self.limits, self.metrics.clone())?;
        let path = &address[Position::BeforePath..Position::AfterQuery];
        let KeySet { keys } = client.call(Call::get(KEYS, path)).await?.json(SYSTEM, KEYS)?;
        let keys: HashMap<_, _> = keys.into_iter().filter_map(usable).collect();
        if keys.is_empty() { Err(ReadError::NoKeys) } else { Ok(keys) }
    }

    fn address(&self, discovered: &Discovered) -> Result<Url, ReadError> {
        let (expected, found) = (bare(self.issuer.as_str()), bare(&discovered.issuer));
        if expected != found {
            return Err(ReadError::OtherIssuer { expected: expected.to_owned(), found: found.to_owned() });
        }
        let address: Url = discovered.jwks_uri.parse().map_err(|_| ReadError::Address)?;
        let is_safe = match address.scheme() {
            "https" => true,
            "http" => self.issuer.scheme() == "http",
            _ => false,
        };
        if is_safe { Ok(address) } else { Err(ReadError::Address) }
    }
}

/// With or without a slash at its end an address is the same.
fn bare(address: &str) -> &str {
    address.trim_end_matches('/')
}

fn usable(key: Value) -> Option<(String, DecodingKey)> {
    let PublishedKey { kid, kty, n, e, r#use, alg } = serde_json::from_value(key).ok()?;
    let fits = |value: Option<String>, wanted: &str| value.is_none_or(|value| value == wanted);
    let is_usable = kty == "RSA" && fits(r#use, "sig") && fits(alg, "RS256");
    let key = is_usable.then(|| DecodingKey::from_rsa_components(&n, &e).ok())??;
    Some((kid, key))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn only_rsa_keys_for_rs256_signatures_are_taken() {
        let key = json!({ "kty": "RSA", "kid": "1", "n": "AQAB", "e": "AQAB", "use": "sig", "alg": "RS256" });
        let with = |name: &str, value: Value| {
            let mut key = key.clone();
            key[name] = value;
            usable(key)
        };
        assert_eq!(usable(key.clone()).unwrap().0, "1");
        assert!(with("use", Value::Null).is_some() && with("alg", Value::Null).is_some());
        for (name, value) in [
            ("kty", json!("EC")),
            ("kty", json!("oct")),
            ("use", json!("enc")),
            ("alg", json!("RS512")),
            ("alg", json!("HS256")),
            ("kid", Value::Null),
            ("n", json!("not base64!")),
            ("e", json!(65537)),
        ] {
            assert!(with(name, value.clone()).is_none(), "{name} {value}");
        }
    }

    #[test]
    fn discovery_is_believed_about_its_own_issuer_and_never_weakens_https() {
        let source = |issuer: &str| {
            let limits = Limits {
                connect_timeout: Duration::from_secs(1),
                timeout: Duration::from_secs(1),
                max_answer_bytes: 1,
            };
            Source::new(issuer.parse().unwrap(), &limits, Arc::new(Metrics::new().unwrap())).unwrap()
        };
        let address = |issuer: &str, found: &str, keys: &str| {
            let discovered = Discovered { issuer: found.to_owned(), jwks_uri: keys.to_owned() };
            source(issuer).address(&discovered).map(String::from).ok()
        };
        let (gitlab, keys) = ("https://gitlab.example.com", "https://keys.example.com/set?v=1");
        assert_eq!(address(gitlab, gitlab, keys).as_deref(), Some(keys));
        assert_eq!(address(gitlab, "https://gitlab.example.com/", keys).as_deref(), Some(keys));
        assert_eq!(
            address("https://gitlab.example.com/lab/", "https://gitlab.example.com/lab", keys).as_deref(),
            Some(keys)
        );
        assert_eq!(address(gitlab, "https://gitlab.example.org", keys), None);
        assert_eq!(address(gitlab, gitlab, "http://keys.example.com/set"), None);
        assert_eq!(address(gitlab, gitlab, "file:///etc/passwd"), None);
        assert_eq!(address(gitlab, gitlab, "/oauth/discovery/keys"), None);
        assert!(address("http://lab", "http://lab", "http://lab/keys").is_some());
    }
}
