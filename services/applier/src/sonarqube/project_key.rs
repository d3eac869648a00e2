//! The key of a SonarQube project, which is never empty.

use std::fmt;

use serde::Deserialize;

/// A key that can only mean one project.
///
/// **Invariant:** it is not empty and holds no white space, control character or comma. A permission call whose
/// `projectKey` is empty, or is so once SonarQube has trimmed it (everything up to U+0020 goes), changes the *global*
/// permissions; a comma would make two keys of one in a list.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
#[serde(try_from = "String")]
pub(crate) struct ProjectKey(String);

impl ProjectKey {
    /// Takes `key` for the key of a project.
    ///
    /// # Errors
    /// When `key` is empty or holds what no key has.
    pub(crate) fn new(key: impl Into<String>) -> Result<Self, InvalidKey> {
        let key = key.into();
        let foreign = |c: char| c.is_whitespace() || c.is_control() || c == ',';
        if key.is_empty() || key.contains(foreign) { Err(InvalidKey(key)) } else { Ok(Self(key)) }
    }

    /// The key as SonarQube spells it.
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for ProjectKey {
    type Error = InvalidKey;

    fn try_from(key: String) -> Result<Self, InvalidKey> {
        Self::new(key)
    }
}

impl fmt::Display for ProjectKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Text that is no project key.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is no project key: it must not be empty nor hold white space or commas")]
pub(crate) struct InvalidKey(String);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_that_sonarqube_would_trim_to_nothing_is_impossible() {
        for key in ["", " ", "\t", "\n", "\u{0}", "\u{1}", "\u{a0}", "\u{2003}", "a b", "a,b", " a", "a\n"] {
            assert!(ProjectKey::new(key).is_err(), "{key:?}");
            assert!(serde_json::from_value::<ProjectKey>(key.into()).is_err(), "{key:?}");
        }
    }

    #[test]
    fn a_key_is_kept_as_it_is() {
        assert_eq!(ProjectKey::new("Group:Sub_project-1.x").unwrap().as_str(), "Group:Sub_project-1.x");
    }
}
