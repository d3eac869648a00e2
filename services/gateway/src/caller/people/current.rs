//! The tokens of people as they are now: their file may change while the gateway runs.

use std::{
    fmt,
    str::FromStr,
    sync::{Arc, PoisonError, RwLock},
};

use runtime::secret::Secret;
use secrecy::{ExposeSecret, SecretString};

use super::{PersonTokens, TokensError};
use crate::caller::Person;

/// Everybody who has a token. Clones share it.
#[derive(Clone, Default)]
pub struct People(Arc<Inner>);

#[derive(Default)]
struct Inner {
    source: Option<Secret>,
    /// The entries of one version of the source.
    read: RwLock<(u64, Arc<PersonTokens>)>,
}

impl People {
    /// The entries that `source` holds, now and whenever it changes.
    ///
    /// # Errors
    /// When what it holds now is wrong. What is wrong later is logged, and the entries stay as they were.
    pub fn read(source: Secret) -> Result<Self, TokensError> {
        let (version, text) = source.versioned();
        let read = RwLock::new((version, Arc::new(text.expose_secret().parse()?)));
        Ok(Self(Arc::new(Inner { source: Some(source), read })))
    }

    /// Whose token it is.
    pub(in crate::caller) fn owner(&self, token: &SecretString) -> Option<Person> {
        self.now().owner(token)
    }

    /// Whether nobody has one.
    pub(crate) fn is_empty(&self) -> bool {
        self.now().0.is_empty()
    }

    fn now(&self) -> Arc<PersonTokens> {
        let Inner { source, read } = &*self.0;
        let (version, entries) = read.read().unwrap_or_else(PoisonError::into_inner).clone();
        match source.as_ref().map(Secret::versioned) {
            Some((newer, text)) if newer != version => {
                let entries = text.expose_secret().parse().map(Arc::new).unwrap_or_else(|error| {
                    tracing::warn!(%error, "GUASSP_TOKENS has changed and is wrong: the old entries stay");
                    entries
                });
                *read.write().unwrap_or_else(PoisonError::into_inner) = (newer, entries.clone());
                entries
            }
            _ => entries,
        }
    }
}

impl FromStr for People {
    type Err = TokensError;

    fn from_str(text: &str) -> Result<Self, TokensError> {
        text.parse::<PersonTokens>().map(Self::from)
    }
}

impl From<PersonTokens> for People {
    fn from(entries: PersonTokens) -> Self {
        Self(Arc::new(Inner { source: None, read: RwLock::new((0, Arc::new(entries))) }))
    }
}

impl fmt::Debug for People {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.now().fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::caller::{PersonToken, Role};

    #[test]
    fn who_is_in_the_changed_file_has_a_token_and_who_is_not_has_none() {
        let issue = |name| PersonToken::issue(name, Role::Viewer).unwrap();
        let ((anns, ann), (bobs, bob)) = (issue("ann"), issue("bob"));
        let file = std::env::temp_dir().join(format!("guassp-people-{}", std::process::id()));
        std::fs::write(&file, ann.to_string()).unwrap();
        let source = Secret::of_file(&file).unwrap();
        let people = People::read(source.clone()).unwrap();
        let known = |people: &People| [&anns, &bobs].map(|token| people.owner(token).is_some());
        assert_eq!(known(&people), [true, false]);
        std::fs::write(&file, "bob:viewer:no-hash").unwrap();
        assert!(source.reload());
        assert_eq!(known(&people), [true, false], "a wrong file changes nothing");
        std::fs::write(&file, bob.to_string()).unwrap();
        assert!(source.reload());
        assert_eq!(known(&people), [false, true]);
        std::fs::remove_file(file).unwrap();
    }
}
