//! Where a SonarQube keeps its data.

use crate::http;
use crate::postgres::{Administrator, Durability, Postgres};
use anyhow::{Result, ensure};
use serde_json::Value;
use std::fmt;

/// One of the kinds.
#[derive(Debug)]
pub(crate) enum Database {
    /// The embedded H2: nothing to install, slow under parallel writes.
    Embedded,
    /// In PostgreSQL, as in production, on a server that is started for it.
    Fresh(Durability),
    /// In PostgreSQL, on the server of this administrator.
    At(Administrator),
}

impl Database {
    /// What `--postgres [URL]` says: nothing, the option alone, or the option with a URL.
    pub(crate) fn chosen(option: Option<&Option<String>>) -> Result<Self> {
        Ok(match option {
            None => Self::Embedded,
            Some(None) => Self::Fresh(Durability::Passing),
            Some(Some(url)) => Self::At(url.parse()?),
        })
    }

    /// An error unless the server at this address uses it: of settings that contradict each other SonarQube takes one.
    pub(super) fn check(&self, url: &str, token: &str) -> Result<()> {
        let authorization = format!("Bearer {token}");
        let info =
            http::get(&format!("{url}/api/system/info"), &[("Authorization", &authorization)])?.json()?;
        let used = info.pointer("/Database/Database").and_then(Value::as_str).unwrap_or("no database");
        ensure!(self.to_string().ends_with(used), "SonarQube uses {used} and not {self}");
        Ok(())
    }

    /// Makes it, unless SonarQube does that itself.
    pub(super) fn make(&self) -> Result<Option<Postgres>> {
        match self {
            Self::Embedded => Ok(None),
            Self::Fresh(durability) => Postgres::start(*durability).map(Some),
            Self::At(administrator) => Postgres::at(administrator).map(Some),
        }
    }
}

impl fmt::Display for Database {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Embedded => "the embedded H2",
            Self::Fresh(_) | Self::At(_) => "PostgreSQL",
        })
    }
}
