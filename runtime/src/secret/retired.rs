//! Secrets that another one has taken the place of. Only these may become nothing while the process runs.

use std::path::Path;

use secrecy::SecretString;
use serde::{Deserialize, Deserializer};

use super::{Given, Secret, Written, read_if_there, unreadable};

/// A secret on its way out: another has taken its place, and it counts for as long as it is there. When its file is emptied
/// or deleted it is nothing ([`Secret::is_empty`]); when the file holds something again, that counts.
#[derive(Debug, Clone)]
pub struct Retired(Secret);

impl Retired {
    /// The content of a file, which may change, and need not be there.
    ///
    /// # Errors
    /// When the file is there and cannot be read; the error does not show what is in it.
    pub fn of_file(file: &Path) -> std::io::Result<Self> {
        Ok(Self(Secret::new(read_if_there(file)?, Some(file.to_owned()), true)))
    }

    /// The secret: one that [`ends`](Secret::ends).
    #[must_use]
    pub const fn secret(&self) -> &Secret {
        &self.0
    }
}

impl From<&str> for Retired {
    fn from(value: &str) -> Self {
        Self(Secret::new(SecretString::from(value), None, true))
    }
}

impl<'de> Deserialize<'de> for Retired {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match deserializer.deserialize_any(Written)? {
            Given::Text(text) => Ok(Self(Secret::new(text, None, true))),
            Given::File(file) => Self::of_file(&file).map_err(|error| unreadable(&file, &error)),
        }
    }
}

#[cfg(test)]
mod tests {
    use secrecy::ExposeSecret;

    use super::*;

    #[test]
    fn a_retired_secret_ends_with_its_file_and_comes_back_with_it() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("previous");
        let retired = Retired::of_file(&file).unwrap();
        let secret = retired.secret().clone();
        assert!(secret.is_empty() && secret.ends(), "a file that is not there is nothing");
        for (content, empty) in [("one", false), (" \n", true), ("two\n", false)] {
            std::fs::write(&file, content).unwrap();
            assert!(secret.reload(), "{content:?}");
            assert_eq!(secret.is_empty(), empty, "{content:?}");
        }
        assert_eq!((secret.version(), secret.current().expose_secret()), (3, "two"));
        std::fs::remove_file(&file).unwrap();
        assert!(secret.reload() && secret.is_empty());
        std::fs::create_dir(&file).unwrap();
        assert!(!secret.reload(), "what cannot be read is neither emptied nor deleted");
        assert!(Retired::of_file(&file).is_err());
    }
}
