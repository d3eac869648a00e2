//! The tokens of people: made once, shown once, and known afterwards by their SHA-256 alone.
//!
//! They are configured as `name:role:sha256`. A token has 256 random bits, so a plain hash is as good as a slow one.

mod current;

use std::{fmt, str::FromStr};

use aws_lc_rs::{constant_time::verify_slices_are_equal, digest::SHA256_OUTPUT_LEN, rand};
use data_encoding::{BASE64URL_NOPAD, HEXLOWER, HEXLOWER_PERMISSIVE};
use secrecy::SecretString;

pub use self::current::People;
use super::{
    Person,
    credential::{Fingerprint, fingerprint},
};

/// How the token of a person begins, and no token of GitLab's.
pub(super) const PREFIX: &str = "guassp_";
const LONGEST_NAME: usize = 64;

/// What a person may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Role {
    /// May look at everything.
    Viewer,
    /// May also do everything that people can do here.
    Operator,
}

impl FromStr for Role {
    type Err = Wrong;

    fn from_str(text: &str) -> Result<Self, Wrong> {
        match text {
            "viewer" => Ok(Self::Viewer),
            "operator" => Ok(Self::Operator),
            _ => Err(Wrong::Role),
        }
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Viewer => "viewer",
            Self::Operator => "operator",
        })
    }
}

/// One person's token: the entry of `GUASSP_TOKENS`, which `Display` writes and `FromStr` reads.
#[derive(Clone, PartialEq, Eq)]
pub struct PersonToken {
    name: String,
    role: Role,
    hash: Fingerprint,
}

impl PersonToken {
    /// Makes a new token: the token itself, which nothing else keeps, and its entry.
    ///
    /// # Errors
    /// When the name is not one, or the system gives no random numbers.
    pub fn issue(name: &str, role: Role) -> Result<(SecretString, Self), Wrong> {
        let name = checked(name)?.to_owned();
        let mut random = [0; 32];
        rand::fill(&mut random).map_err(|_| Wrong::NoRandom)?;
        let token = SecretString::from(format!("{PREFIX}{}", BASE64URL_NOPAD.encode(&random)));
        let hash = fingerprint(&token);
        Ok((token, Self { name, role, hash }))
    }
}

impl fmt::Display for PersonToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}:{}", self.name, self.role, HEXLOWER.encode(&self.hash))
    }
}

impl fmt::Debug for PersonToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { name, role, hash: _ } = self;
        f.debug_struct("PersonToken").field("name", name).field("role", role).finish_non_exhaustive()
    }
}

impl FromStr for PersonToken {
    type Err = Wrong;

    fn from_str(text: &str) -> Result<Self, Wrong> {
        let mut parts = text.split(':');
        let (Some(name), Some(role), Some(hash), None) =
            (parts.next(), parts.next(), parts.next(), parts.next())
        else {
            return Err(Wrong::Form);
        };
        let name = checked(name)?.to_owned();
        let role = role.parse()?;
        let bytes = HEXLOWER_PERMISSIVE.decode(hash.as_bytes()).map_err(|_| Wrong::Hash)?;
        Ok(Self { name, role, hash: bytes.try_into().map_err(|_| Wrong::Hash)? })
    }
}

/// Everybody who has a token.
#[derive(Debug, Clone, Default)]
pub struct PersonTokens(Vec<PersonToken>);

impl PersonTokens {
    /// Whose token it is. Every hash is compared, each in the same time whatever is in it.
    pub(super) fn owner(&self, token: &SecretString) -> Option<Person> {
        let hash = fingerprint(token);
        let mut owner = None;
        for known in &self.0 {
            if verify_slices_are_equal(&known.hash, &hash).is_ok() {
                owner = Some(known);
            }
        }
        owner.map(|PersonToken { name, role, hash: _ }| Person { name: name.clone(), role: *role })
    }

    fn add(&mut self, token: PersonToken) -> Result<(), Wrong> {
        if self.0.iter().any(|known| known.name == token.name) {
            return Err(Wrong::SameName);
        }
        if self.0.iter().any(|known| known.hash == token.hash) {
            return Err(Wrong::SameToken);
        }
        self.0.push(token);
        Ok(())
    }
}

impl FromStr for PersonTokens {
    type Err = TokensError;

    /// Reads entries that are separated by commas, spaces or line ends.
    fn from_str(text: &str) -> Result<Self, TokensError> {
        let mut tokens = Self::default();
        let entries = text.split([',', ' ', '\t', '\r', '\n']).filter(|entry| !entry.is_empty());
        for (index, entry) in entries.enumerate() {
            let added = entry.parse().and_then(|token| tokens.add(token));
            added.map_err(|wrong| TokensError { entry: index + 1, name: shown_name(entry), wrong })?;
        }
        Ok(tokens)
    }
}

/// An entry that is no token of a person, by number (from 1) and name. It shows nothing else of the entry.
#[derive(Debug, PartialEq, Eq)]
pub struct TokensError {
    entry: usize,
    name: Option<String>,
    /// What is wrong with it.
    pub wrong: Wrong,
}

impl fmt::Display for TokensError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.name {
            Some(name) => write!(f, "entry {} ({name}) {}", self.entry, self.wrong),
            None => write!(f, "entry {} {}", self.entry, self.wrong),
        }
    }
}

impl std::error::Error for TokensError {}

/// What is wrong with an entry, or with a name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Wrong {
    /// Not three parts.
    #[error("is not of the form name:role:sha256")]
    Form,
    /// Not a name.
    #[error("has a name that is not 1 to 64 letters, digits or ._@- (and no token or hash)")]
    Name,
    /// Not a role.
    #[error("has a role that is neither viewer nor operator")]
    Role,
    /// Not the hash of a token.
    #[error("has a hash that is not 64 hexadecimal digits")]
    Hash,
    /// An earlier entry has the name.
    #[error("has the name of an earlier entry")]
    SameName,
    /// An earlier entry has the token.
    #[error("has the token of an earlier entry")]
    SameToken,
    /// Nothing is wrong with the entry.
    #[error("cannot be made: the system gives no random numbers")]
    NoRandom,
}

/// A name that looks like a token or a hash is one in the wrong place, and would be shown.
fn checked(name: &str) -> Result<&str, Wrong> {
    let is_letter = |byte: u8| byte.is_ascii_alphanumeric() || b"._@-".contains(&byte);
    let is_hash = name.len() == 2 * SHA256_OUTPUT_LEN && name.bytes().all(|byte| byte.is_ascii_hexdigit());
    let is_name = (1..=LONGEST_NAME).contains(&name.len()) && name.bytes().all(is_letter);
    if is_name && !is_hash && !name.starts_with(PREFIX) { Ok(name) } else { Err(Wrong::Name) }
}

fn shown_name(entry: &str) -> Option<String> {
    let (name, _) = entry.split_once(':')?;
    checked(name).ok().map(str::to_owned)
}

#[cfg(test)]
mod tests;
