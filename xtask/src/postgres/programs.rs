//! Where the installed programs of PostgreSQL are.

use crate::{shell, version};
use anyhow::{Context, Result};
use std::fs;
use std::path::{Path, PathBuf};

/// The folder with `initdb` and `postgres`.
pub(crate) fn find() -> Result<PathBuf> {
    folder_of("initdb").context("no PostgreSQL is installed: install it (Debian: apt-get install postgresql)")
}

/// The client.
pub(super) fn psql() -> Result<PathBuf> {
    let folder = folder_of("psql").context(
        "PostgreSQL's psql is not installed: install it (Debian: apt-get install postgresql-client)",
    )?;
    Ok(folder.join("psql"))
}

/// The newest under `/usr/lib/postgresql`, where Debian keeps those that are not on PATH, else on PATH.
fn folder_of(program: &str) -> Option<PathBuf> {
    let installed = fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let newest = installed
        .map(|item| item.path().join("bin"))
        .filter(|folder| folder.join(program).is_file())
        .max_by_key(|folder| version::first_in(&folder.to_string_lossy()));
    newest.or_else(|| shell::find_on_path(program)?.parent().map(Path::to_owned))
}
