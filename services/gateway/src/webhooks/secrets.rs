//! Whether a delivery is from GitLab: by the hook's secret token, or by its signature (Standard Webhooks).
//!
//! The head is judged before anything of the body is read. What only the body can prove, a signature, is compared when it
//! is whole, and before anything in it is looked at. All comparisons take the same time, right or wrong.

use std::{
    fmt,
    str::FromStr,
    sync::{Arc, PoisonError, RwLock},
    time::Duration,
};

use aws_lc_rs::{
    constant_time::verify_slices_are_equal,
    digest::{SHA256, SHA256_OUTPUT_LEN, digest},
    hmac,
};
use axum::{
    extract::FromRequestParts,
    http::{HeaderMap, request::Parts},
};
use data_encoding::BASE64;
use jiff::Timestamp;
use runtime::secret::Secret;
use secrecy::{ExposeSecret, SecretString};

use super::{Config, text};
use crate::problem::Problem;

const TOKEN: &str = "x-gitlab-token";
const ID: &str = "webhook-id";
const TIMESTAMP: &str = "webhook-timestamp";
const SIGNATURE: &str = "webhook-signature";
/// How a signing token begins, and its version of signatures.
const KEY_PREFIX: &str = "whsec_";
const VERSION: &str = "v1,";
/// Standard Webhooks asks for keys of 24 to 64 bytes; GitLab's have 32.
const SHORTEST_KEY: usize = 24;

type Fingerprint = [u8; SHA256_OUTPUT_LEN];

/// A hook's signing token, `whsec_` and the key in base64, as it is now: its file may change. Clones share it.
#[derive(Clone)]
pub struct SigningKey(Arc<Source>);

struct Source {
    secret: Secret,
    /// The key of one version of the secret; none where that was empty.
    good: RwLock<(u64, Option<hmac::Key>)>,
}

/// A text is no signing token.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("is no signing token: it begins with whsec_, and 24 bytes or more in base64 follow")]
pub struct NoKey;

/// What the senders of webhooks are known by.
#[derive(Debug)]
pub(crate) struct Secrets {
    tokens: Vec<Secret>,
    keys: Vec<SigningKey>,
    window: Duration,
}

/// A head that may be GitLab's.
#[derive(Debug)]
pub(crate) enum Head {
    /// It has the secret token: that is all.
    Token,
    /// It has a signature, which the body has to bear out.
    Signed(Signed),
}

/// What a signed head says.
#[derive(Debug)]
pub(crate) struct Signed {
    id: String,
    timestamp: String,
    signatures: Vec<Vec<u8>>,
}

/// The delivery is GitLab's. Whoever has this may look into the body.
#[derive(Debug, Clone)]
pub(crate) struct Verified {
    /// The id of the delivery, where it was signed with it.
    pub(super) id: Option<String>,
}

impl FromStr for SigningKey {
    type Err = NoKey;

    fn from_str(text: &str) -> Result<Self, NoKey> {
        Self::read(Secret::from(text))
    }
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SigningKey")
    }
}

impl SigningKey {
    /// The key that `secret` holds, now and whenever it changes. One that ends may hold none.
    ///
    /// # Errors
    /// When what it holds now is none. What is none later is logged, and the key stays as it was.
    pub fn read(secret: Secret) -> Result<Self, NoKey> {
        let (version, text) = secret.versioned();
        let good = RwLock::new((version, key(&secret, &text)?));
        Ok(Self(Arc::new(Source { secret, good })))
    }

    fn now(&self) -> Option<hmac::Key> {
        let Source { secret, good } = &*self.0;
        let (version, before) = good.read().unwrap_or_else(PoisonError::into_inner).clone();
        let (newer, text) = secret.versioned();
        if newer == version {
            return before;
        }
        let now = key(secret, &text).unwrap_or_else(|error| {
            tracing::warn!(%error, "a signing token of webhooks has changed and is wrong: the old one stays");
            before
        });
        *good.write().unwrap_or_else(PoisonError::into_inner) = (newer, now.clone());
        now
    }

    fn sign(&self, signed: &Signed, body: &[u8]) -> Option<hmac::Tag> {
        let mut context = hmac::Context::with_key(&self.now()?);
        for part in [signed.id.as_bytes(), b".", signed.timestamp.as_bytes(), b".", body] {
            context.update(part);
        }
        Some(context.sign())
    }
}

impl Secrets {
    pub(crate) fn new(config: &Config) -> Self {
        let (tokens, keys) = (config.secrets.clone(), config.signing_keys.clone());
        Self { tokens, keys, window: config.replay_window }
    }

    /// Whether the head may be GitLab's.
    ///
    /// # Errors
    /// 401 when it cannot be.
    pub(crate) fn head(&self, headers: &HeaderMap, now: Timestamp) -> Result<Head, Problem> {
        // One that was retired may have ended, or be back, since the last delivery.
        let has_key = self.keys.iter().any(|key| key.now().is_some());
        let has_token = self.tokens.iter().any(|token| !token.is_empty());
        match (has_key, has_token) {
            (true, _) => self.signed(headers, now).map(Head::Signed),
            (false, true) => self.token(headers).map(|()| Head::Token),
            (false, false) => Err(refused(
                "no webhook is taken as long as nothing proves its sender: give the hook in GitLab a secret token, and \
                 set GUASSP_WEBHOOKS__SECRET to the same (or GUASSP_WEBHOOKS__SIGNING_KEY to its signing token)",
            )),
        }
    }

    /// Whether the body bears the head out.
    ///
    /// # Errors
    /// 401 when it does not.
    pub(crate) fn body(&self, head: Head, body: &[u8]) -> Result<Verified, Problem> {
        let Head::Signed(signed) = head else { return Ok(Verified { id: None }) };
        // Each with each: which of them fits takes no less time than that none does.
        let tags = self.keys.iter().filter_map(|key| key.sign(&signed, body));
        let fits = tags.fold(false, |fits, tag| signed.has(tag.as_ref()) | fits);
        if fits { Ok(Verified { id: Some(signed.id) }) } else { Err(wrong_signature()) }
    }

    fn token(&self, headers: &HeaderMap) -> Result<(), Problem> {
        let given = headers.get(TOKEN).map(|token| hash(token.as_bytes()));
        let own = |secret: &Secret| hash(secret.current().expose_secret().as_bytes());
        let fits = |given: Fingerprint| {
            let there = self.tokens.iter().filter(|secret| !secret.is_empty());
            there.fold(false, |fits, secret| equal(&own(secret), &given) | fits)
        };
        if given.is_some_and(fits) { Ok(()) } else { Err(wrong_token()) }
    }

    fn signed(&self, headers: &HeaderMap, now: Timestamp) -> Result<Signed, Problem> {
        let [id, timestamp, signature] = [ID, TIMESTAMP, SIGNATURE].map(|name| text(headers, name));
        let (Some(id), Some(timestamp), Some(signature)) = (id, timestamp, signature) else {
            return Err(unsigned());
        };
        let at = timestamp.parse().ok().and_then(|seconds| Timestamp::from_second(seconds).ok());
        if at.is_none_or(|at| now.duration_since(at).unsigned_abs() > self.window) {
            return Err(out_of_time());
        }
        let versions = signature.split(' ').filter_map(|entry| entry.strip_prefix(VERSION));
        let signatures: Vec<_> = versions.filter_map(|entry| BASE64.decode(entry.as_bytes()).ok()).collect();
        if signatures.is_empty() { Err(wrong_signature()) } else { Ok(Signed { id, timestamp, signatures }) }
    }
}

impl Signed {
    fn has(&self, tag: &[u8]) -> bool {
        self.signatures.iter().fold(false, |has, given| equal(given, tag) | has)
    }
}

/// Only the guard lets a delivery in; without its word nothing is taken.
impl<S: Sync> FromRequestParts<S> for Verified {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        parts.extensions.get().cloned().ok_or_else(Problem::internal)
    }
}

/// The key that this text of the secret is; nothing where the secret has ended.
fn key(secret: &Secret, text: &SecretString) -> Result<Option<hmac::Key>, NoKey> {
    let text = text.expose_secret().trim();
    if text.is_empty() && secret.ends() {
        return Ok(None);
    }
    let key = text.strip_prefix(KEY_PREFIX).ok_or(NoKey)?;
    let key = BASE64.decode(key.as_bytes()).map_err(|_| NoKey)?;
    if key.len() < SHORTEST_KEY { Err(NoKey) } else { Ok(Some(hmac::Key::new(hmac::HMAC_SHA256, &key))) }
}

fn hash(bytes: &[u8]) -> Fingerprint {
    let mut fingerprint = [0; SHA256_OUTPUT_LEN];
    fingerprint.copy_from_slice(digest(&SHA256, bytes).as_ref());
    fingerprint
}

fn equal(one: &[u8], other: &[u8]) -> bool {
    verify_slices_are_equal(one, other).is_ok()
}

fn refused(detail: &str) -> Problem {
    Problem::unauthorized(detail)
}

fn wrong_token() -> Problem {
    refused(
        "X-Gitlab-Token is missing or wrong: the hook's secret token and GUASSP_WEBHOOKS__SECRET must be the same",
    )
}

fn unsigned() -> Problem {
    refused(
        "the delivery is not signed (webhook-id, webhook-timestamp, webhook-signature): give the hook in GitLab a \
         signing token, or take GUASSP_WEBHOOKS__SIGNING_KEY away and set GUASSP_WEBHOOKS__SECRET",
    )
}

fn out_of_time() -> Problem {
    refused(
        "webhook-timestamp is too far from now (webhooks.replay_window): the delivery is an old one, or a clock is off",
    )
}

fn wrong_signature() -> Problem {
    refused(
        "webhook-signature is wrong: the hook's signing token and GUASSP_WEBHOOKS__SIGNING_KEY must be the same",
    )
}

#[cfg(test)]
mod tests;
