//! Secrets that may change while the process runs: one that was given as a file is read again when the file changes.
//!
//! Whoever uses a secret asks for its present value each time. A file that is empty or cannot be read later on changes
//! nothing: the value that was good goes on, and the log says so. Only a secret that is on its way out ([`Retired`]) ends
//! with its file.

mod retired;

use std::{
    fmt,
    path::{Path, PathBuf},
    sync::{Arc, PoisonError, RwLock},
    time::Duration,
};

use secrecy::{ExposeSecret, SecretString};
use serde::{
    Deserialize, Deserializer,
    de::{self, MapAccess, Visitor},
};

pub use self::retired::Retired;
use crate::lifecycle::Lifecycle;

/// How often whoever waits for another value looks.
const NOTICE: Duration = Duration::from_secs(1);
/// How often files are looked at.
const PERIOD: Duration = Duration::from_secs(10);

/// A secret. Clones share it: what one of them reads anew, all have. In settings it is a text, or a file (`{ file = "…" }`,
/// in the environment `<NAME>_FILE`).
#[derive(Clone)]
pub struct Secret(Arc<Inner>);

struct Inner {
    file: Option<PathBuf>,
    /// Whether it ends when its file is emptied or deleted.
    ends: bool,
    kept: RwLock<Kept>,
}

struct Kept {
    value: SecretString,
    /// Rises with every change.
    version: u64,
    /// What was wrong with the file at the last look; told once.
    problem: Option<String>,
}

impl Secret {
    fn new(value: SecretString, file: Option<PathBuf>, ends: bool) -> Self {
        let kept = Kept { value, version: 0, problem: None };
        Self(Arc::new(Inner { file, ends, kept: RwLock::new(kept) }))
    }

    /// The content of a file, which may change.
    ///
    /// # Errors
    /// When the file cannot be read; the error does not show what is in it.
    pub fn of_file(file: &Path) -> std::io::Result<Self> {
        Ok(Self::new(read(file)?, Some(file.to_owned()), false))
    }

    /// The value now.
    #[must_use]
    pub fn current(&self) -> SecretString {
        self.versioned().1
    }

    /// The value now and its version, which rises with every change.
    #[must_use]
    pub fn versioned(&self) -> (u64, SecretString) {
        let kept = self.0.kept.read().unwrap_or_else(PoisonError::into_inner);
        (kept.version, kept.value.clone())
    }

    /// The version of the value now.
    #[must_use]
    pub fn version(&self) -> u64 {
        self.0.kept.read().unwrap_or_else(PoisonError::into_inner).version
    }

    /// Waits until there is another value than the one of this version.
    pub async fn exchanged(&self, version: u64) {
        while self.version() == version {
            tokio::time::sleep(NOTICE).await;
        }
    }

    /// The file, where it was given as one.
    #[must_use]
    pub fn file(&self) -> Option<&Path> {
        self.0.file.as_deref()
    }

    /// Whether it is nothing at all, or nothing but blanks.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        is_blank(&self.current())
    }

    /// Whether it may be nothing from some time on.
    #[must_use]
    pub fn ends(&self) -> bool {
        self.0.ends
    }

    /// Reads the file again, where there is one, and tells whether the value has changed. A file that is empty or cannot be
    /// read leaves the old value; one of a secret that ends, which is empty or not there, is its end.
    pub fn reload(&self) -> bool {
        let Some(file) = &self.0.file else { return false };
        let found = match if self.0.ends { read_if_there(file) } else { read(file) } {
            Ok(value) if is_blank(&value) && !self.0.ends => Err("it is empty".to_owned()),
            Ok(value) => Ok(value),
            Err(error) => Err(error.to_string()),
        };
        let mut kept = self.0.kept.write().unwrap_or_else(PoisonError::into_inner);
        match found {
            Ok(value) => kept.renew(value, file),
            Err(problem) => {
                kept.complain(problem, file);
                false
            }
        }
    }
}

impl Kept {
    fn renew(&mut self, value: SecretString, file: &Path) -> bool {
        self.problem = None;
        if value.expose_secret() == self.value.expose_secret() {
            return false;
        }
        (self.value, self.version) = (value, self.version + 1);
        tracing::info!(file = %file.display(), "a secret has changed: the new value counts from now on");
        true
    }

    fn complain(&mut self, problem: String, file: &Path) {
        if self.problem.as_ref() != Some(&problem) {
            tracing::warn!(file = %file.display(), problem, "a secret's file is not usable: the old value stays");
            self.problem = Some(problem);
        }
    }
}

/// The content without the line end that editors add.
fn read(file: &Path) -> std::io::Result<SecretString> {
    let content = std::fs::read_to_string(file)?;
    Ok(SecretString::from(content.trim_end_matches(['\r', '\n'])))
}

/// A file that is not there holds nothing.
fn read_if_there(file: &Path) -> std::io::Result<SecretString> {
    match read(file) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(SecretString::default()),
        content => content,
    }
}

fn is_blank(value: &SecretString) -> bool {
    value.expose_secret().trim().is_empty()
}

/// Looks at the files of `secrets` every 10 seconds until the life ends.
pub async fn watch(secrets: Vec<Secret>, life: Lifecycle) {
    loop {
        tokio::select! {
            () = life.stopping() => return,
            () = tokio::time::sleep(PERIOD) => {}
        }
        for secret in &secrets {
            secret.reload();
        }
    }
}

impl From<SecretString> for Secret {
    fn from(value: SecretString) -> Self {
        Self::new(value, None, false)
    }
}

impl From<&str> for Secret {
    fn from(value: &str) -> Self {
        Self::from(SecretString::from(value))
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Secret").field("file", &self.0.file).finish_non_exhaustive()
    }
}

impl<'de> Deserialize<'de> for Secret {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match deserializer.deserialize_any(Written)? {
            Given::Text(text) => Ok(Self::from(text)),
            Given::File(file) => Self::of_file(&file).map_err(|error| unreadable(&file, &error)),
        }
    }
}

fn unreadable<E: de::Error>(file: &Path, error: &std::io::Error) -> E {
    E::custom(format!("{} cannot be read: {error}", file.display()))
}

/// How a secret is given.
enum Given {
    Text(SecretString),
    File(PathBuf),
}

/// A text, or a table with the key `file`.
struct Written;

impl<'de> Visitor<'de> for Written {
    type Value = Given;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a string, or a table with the key file")
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<Given, E> {
        Ok(Given::Text(SecretString::from(text)))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Given, A::Error> {
        let Some((key, file)) = map.next_entry::<String, PathBuf>()? else {
            return Err(de::Error::missing_field("file"));
        };
        if key != "file" || map.next_key::<String>()?.is_some() {
            return Err(de::Error::custom("a secret's table has the key file and no other"));
        }
        Ok(Given::File(file))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(secret: &Secret) -> (u64, String) {
        let (version, value) = secret.versioned();
        (version, value.expose_secret().to_owned())
    }

    #[test]
    fn a_changed_file_is_a_new_value_for_every_clone() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("token");
        std::fs::write(&file, "one\n").unwrap();
        let secret = Secret::of_file(&file).unwrap();
        let clone = secret.clone();
        assert!(!secret.reload(), "nothing has changed");
        std::fs::write(&file, "two\r\n").unwrap();
        assert!(secret.reload());
        assert_eq!(shown(&clone), (1, "two".to_owned()));
    }

    #[test]
    fn a_file_that_is_empty_or_gone_leaves_the_old_value() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("token");
        std::fs::write(&file, "one").unwrap();
        let secret = Secret::of_file(&file).unwrap();
        std::fs::write(&file, "\n").unwrap();
        assert!(!secret.reload());
        std::fs::write(&file, " \t\n").unwrap();
        assert!(!secret.reload(), "blanks are nothing");
        std::fs::remove_file(&file).unwrap();
        assert!(!secret.reload());
        assert_eq!(shown(&secret), (0, "one".to_owned()));
        assert!(!secret.ends() && !secret.is_empty() && Secret::from(" ").is_empty());
    }

    #[test]
    fn it_is_never_shown() {
        let secret = Secret::from("glpat-never");
        assert!(!format!("{secret:?}").contains("never"));
        assert!(!secret.reload(), "there is no file");
    }
}
