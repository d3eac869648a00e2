//! The account that servers run under.
//!
//! SonarQube's search engine and PostgreSQL refuse to run as root, so root starts them as a system
//! account of their own; anybody else starts them as themselves.

use crate::shell;
use anyhow::{Context, Result, bail};
use std::os::unix::fs::{PermissionsExt, chown};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::Command;

const NAME: &str = "guassp-sonarqube";

/// Who runs the servers.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Account {
    /// The person who runs this command, not root.
    Own,
    /// The system account that root starts servers as.
    Service { uid: u32, gid: u32 },
}

/// Whether this command runs as root.
pub(crate) fn is_root() -> Result<bool> {
    Ok(number(&["-u"])? == 0)
}

impl Account {
    /// The account for servers, made when root needs it and it is missing.
    pub(crate) fn for_servers() -> Result<Self> {
        if !is_root()? {
            return Ok(Self::Own);
        }
        if number(&["-u", NAME]).is_err() {
            create()?;
        }
        Ok(Self::Service { uid: number(&["-u", NAME])?, gid: number(&["-g", NAME])? })
    }

    /// Makes `command` run under this account. The standard library drops root's other groups itself.
    pub(crate) fn run(self, command: &mut Command) {
        if let Self::Service { uid, gid } = self {
            command.uid(uid).gid(gid);
        }
    }

    /// Makes `folder` this account's own.
    pub(crate) fn own(self, folder: &Path) -> Result<()> {
        match self {
            Self::Own => Ok(()),
            Self::Service { uid, gid } => chown(folder, Some(uid), Some(gid))
                .with_context(|| format!("cannot give {} to {NAME}", folder.display())),
        }
    }

    /// Refuses a path that this account cannot reach, because that fails much later and obscurely.
    pub(crate) fn check_reach(self, path: &Path) -> Result<()> {
        if matches!(self, Self::Own) {
            return Ok(());
        }
        for folder in path.ancestors().filter(|folder| folder.is_dir()) {
            if folder.metadata()?.permissions().mode() & 0o001 == 0 {
                bail!(
                    "{NAME}, which runs servers for root, cannot enter {}: set GUASSP_CACHE_DIR to a folder \
                     that everybody may enter",
                    folder.display()
                );
            }
        }
        Ok(())
    }
}

fn create() -> Result<()> {
    let mut command = Command::new("useradd");
    command.args(["--system", "--user-group", "--no-create-home", "--home-dir", "/nonexistent"]);
    command.args(["--shell", "/usr/sbin/nologin", NAME]);
    match shell::run(&mut command) {
        // Another run may have made it meanwhile.
        Err(_) if number(&["-u", NAME]).is_ok() => Ok(()),
        made => {
            made.context("cannot make the account for servers; run this command as a normal user instead")
        }
    }
}

fn number(arguments: &[&str]) -> Result<u32> {
    let printed = shell::output(Command::new("id").args(arguments))?;
    printed.trim().parse().with_context(|| format!("id {} printed {printed:?}", arguments.join(" ")))
}
