//! The cache of fetched programs, outside the work tree so that every clone shares it.
//!
//! An entry appears whole or not at all: it is filled in a folder of its own and then renamed, so
//! two runs at once disturb nobody. Says where things lie; never what they are.

use crate::account;
use anyhow::{Context, Result};
use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process;

/// The folder of the cache: `GUASSP_CACHE_DIR`, else `XDG_CACHE_HOME/guassp`, else
/// `~/.cache/guassp`; for root `/var/cache/guassp`, because the account that runs the servers
/// cannot look into root's home.
pub(crate) fn directory() -> Result<PathBuf> {
    if let Some(directory) = folder_named_by("GUASSP_CACHE_DIR") {
        return Ok(directory);
    }
    if let Some(caches) = folder_named_by("XDG_CACHE_HOME") {
        return Ok(caches.join("guassp"));
    }
    if account::is_root()? {
        return Ok(PathBuf::from("/var/cache/guassp"));
    }
    let home = folder_named_by("HOME").context("no HOME is set: name a folder in GUASSP_CACHE_DIR")?;
    Ok(home.join(".cache/guassp"))
}

/// The cache's entry `name`; when it is missing, `fill` makes its content in the folder it is given.
pub(crate) fn entry(name: &str, fill: impl FnOnce(&Path) -> Result<()>) -> Result<PathBuf> {
    entry_in(&directory()?, name, fill)
}

fn entry_in(cache: &Path, name: &str, fill: impl FnOnce(&Path) -> Result<()>) -> Result<PathBuf> {
    let entry = cache.join(name);
    if entry.exists() {
        return Ok(entry);
    }
    let partial = cache.join(format!(".partial-{name}-{}", process::id()));
    remove(&partial)?;
    fs::create_dir_all(&partial).with_context(|| format!("cannot create {}", partial.display()))?;
    let filled = fill(&partial).and_then(|()| publish(&partial, &entry));
    remove(&partial)?;
    filled.map(|()| entry)
}

/// Renames the filled folder. When another run was first, its entry is as good as ours.
fn publish(partial: &Path, entry: &Path) -> Result<()> {
    match fs::rename(partial, entry) {
        Err(_) if entry.exists() => Ok(()),
        renamed => renamed.with_context(|| format!("cannot move a download to {}", entry.display())),
    }
}

fn remove(folder: &Path) -> Result<()> {
    match folder.exists() {
        true => fs::remove_dir_all(folder).with_context(|| format!("cannot remove {}", folder.display())),
        false => Ok(()),
    }
}

fn folder_named_by(variable: &str) -> Option<PathBuf> {
    env::var_os(variable).filter(|value| !value.is_empty()).map(PathBuf::from)
}

#[cfg(test)]
mod tests {
    use super::*;
    use anyhow::bail;

    fn empty_cache(name: &str) -> PathBuf {
        let cache = env::temp_dir().join(format!("guassp-xtask-{name}-{}", process::id()));
        remove(&cache).unwrap();
        cache
    }

    #[test]
    fn an_entry_is_filled_once() {
        let cache = empty_cache("once");
        let entry =
            entry_in(&cache, "a", |folder| Ok(fs::write(folder.join("file"), "x")?)).expect("first fill");
        assert!(entry.join("file").is_file());
        entry_in(&cache, "a", |_| bail!("filled twice")).expect("the entry is there");
        remove(&cache).unwrap();
    }

    #[test]
    fn a_failed_fill_leaves_nothing() {
        let cache = empty_cache("failed");
        entry_in(&cache, "a", |_| bail!("no network")).unwrap_err();
        assert_eq!(fs::read_dir(&cache).unwrap().count(), 0);
        remove(&cache).unwrap();
    }

    #[test]
    fn the_second_of_two_runs_takes_the_entry_of_the_first() {
        let cache = empty_cache("race");
        let entry = entry_in(&cache, "a", |_| {
            fs::create_dir_all(cache.join("a"))?;
            Ok(fs::write(cache.join("a/file"), "first")?)
        });
        assert_eq!(fs::read_to_string(entry.unwrap().join("file")).unwrap(), "first");
        remove(&cache).unwrap();
    }
}
