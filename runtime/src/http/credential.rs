//! What a client signs in with: a header whose value is a secret, which may change while the process runs.

use std::sync::{PoisonError, RwLock};

use reqwest::header::{AUTHORIZATION, HeaderName, HeaderValue};
use secrecy::{ExposeSecret, SecretString};

use crate::secret::Secret;

/// A header that carries a secret.
#[derive(Debug)]
pub struct Credential {
    name: HeaderName,
    scheme: &'static str,
    secret: Secret,
    /// The header of one version of the secret.
    built: RwLock<(u64, HeaderValue)>,
}

/// The secret holds characters that no header takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the secret holds characters that no token has")]
pub struct UnusableSecret;

impl Credential {
    /// The secret as the value of the header `name`.
    ///
    /// # Errors
    /// When it cannot stand in a header.
    pub fn header_of(name: &'static str, secret: Secret) -> Result<Self, UnusableSecret> {
        Self::new(HeaderName::from_static(name), "", secret)
    }

    /// The secret as a bearer token.
    ///
    /// # Errors
    /// When it cannot stand in a header.
    pub fn bearer(secret: Secret) -> Result<Self, UnusableSecret> {
        Self::new(AUTHORIZATION, "Bearer ", secret)
    }

    fn new(name: HeaderName, scheme: &'static str, secret: Secret) -> Result<Self, UnusableSecret> {
        let (version, value) = secret.versioned();
        let built = RwLock::new((version, value_of(scheme, &value)?));
        Ok(Self { name, scheme, secret, built })
    }

    /// The header now. A new value that cannot stand in a header is told of once, and the old one goes on.
    pub(super) fn header(&self) -> (HeaderName, HeaderValue) {
        let (built, value) = self.built.read().unwrap_or_else(PoisonError::into_inner).clone();
        let (version, secret) = self.secret.versioned();
        if built == version {
            return (self.name.clone(), value);
        }
        let value = value_of(self.scheme, &secret).unwrap_or_else(|error| {
            tracing::warn!(file = ?self.secret.file(), %error, "a new secret is not usable: the old value stays");
            value
        });
        *self.built.write().unwrap_or_else(PoisonError::into_inner) = (version, value.clone());
        (self.name.clone(), value)
    }

    /// Whether the secret may get another value.
    pub(super) fn may_change(&self) -> bool {
        self.secret.file().is_some()
    }

    pub(super) fn version(&self) -> u64 {
        self.secret.version()
    }

    /// Whether the secret has another value than that of `version`, by a look at its file.
    pub(super) fn has_changed_since(&self, version: u64) -> bool {
        self.secret.reload();
        self.secret.version() != version
    }
}

fn value_of(scheme: &str, secret: &SecretString) -> Result<HeaderValue, UnusableSecret> {
    let text = format!("{scheme}{}", secret.expose_secret());
    let mut value = HeaderValue::from_str(&text).map_err(|_| UnusableSecret)?;
    value.set_sensitive(true);
    Ok(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_new_value_that_no_header_takes_leaves_the_old_one() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("token");
        std::fs::write(&file, "one").unwrap();
        let secret = Secret::of_file(&file).unwrap();
        let credential = Credential::bearer(secret.clone()).unwrap();
        let shown = || credential.header().1.to_str().unwrap().to_owned();
        for (content, value) in [("two", "Bearer two"), ("thr\nee", "Bearer two"), ("four", "Bearer four")] {
            std::fs::write(&file, content).unwrap();
            assert!(secret.reload());
            assert_eq!(shown(), value);
        }
        assert!(!format!("{credential:?}").contains("four"));
    }
}
