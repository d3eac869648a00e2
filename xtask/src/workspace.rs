//! The workspace as cargo sees it: where it is, where its programs are built, how to run cargo in it.

use crate::shell;
use anyhow::{Context, Result};
use serde_json::Value;
use std::env;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The workspace that this command belongs to.
#[derive(Debug)]
pub(crate) struct Workspace {
    root: PathBuf,
    target: PathBuf,
}

impl Workspace {
    /// Asks cargo, so that `CARGO_TARGET_DIR` and its configuration files are honoured.
    pub(crate) fn find() -> Result<Self> {
        let mut metadata = Command::new(program());
        metadata.args(["metadata", "--format-version", "1", "--no-deps"]).current_dir(manifest_folder());
        let metadata: Value = serde_json::from_str(&shell::output(&mut metadata)?)?;
        let path = |key: &str| metadata.get(key).and_then(Value::as_str).map(PathBuf::from);
        let root = path("workspace_root").context("cargo metadata names no workspace_root")?;
        let target = path("target_directory").context("cargo metadata names no target_directory")?;
        Ok(Self { root, target })
    }

    /// `cargo <arguments>` in this workspace. Only what the lock file says is built.
    pub(crate) fn cargo(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(program());
        command.args(arguments).arg("--locked").current_dir(&self.root);
        // What cargo told xtask about xtask would look like a changed setting to build scripts.
        for (name, _) in env::vars_os() {
            let text = name.to_string_lossy();
            if text.starts_with("CARGO_PKG_") || text.starts_with("CARGO_MANIFEST_") {
                command.env_remove(&name);
            }
        }
        command
    }

    /// The path of a program of this workspace once it is built.
    pub(crate) fn built(&self, name: &str) -> PathBuf {
        self.target.join("debug").join(name)
    }

    /// The path of a program of this workspace once it is built with `--release`.
    pub(crate) fn built_release(&self, name: &str) -> PathBuf {
        self.target.join("release").join(name)
    }
}

fn program() -> OsString {
    env::var_os("CARGO").unwrap_or_else(|| "cargo".into())
}

fn manifest_folder() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}
