//! Fresh folders and free ports for servers that live only as long as one command.

use crate::account::Account;
use anyhow::{Context, Result};
use std::env;
use std::fs;
use std::net::{Ipv4Addr, TcpListener};
use std::ops::Deref;
use std::path::{Path, PathBuf};
use std::process;

/// A fresh folder that is removed with its last use.
#[derive(Debug)]
pub(crate) struct Folder(PathBuf);

impl Folder {
    /// An empty folder that belongs to `account`.
    pub(crate) fn create(name: &str, account: Account) -> Result<Self> {
        account.check_reach(&env::temp_dir())?;
        let path = env::temp_dir().join(format!("guassp-{name}-{}", process::id()));
        fs::create_dir(&path).with_context(|| format!("cannot create {}", path.display()))?;
        let folder = Self(path);
        account.own(&folder)?;
        Ok(folder)
    }
}

impl Deref for Folder {
    type Target = Path;

    fn deref(&self) -> &Path {
        &self.0
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        // The leash may have removed it already.
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// Ports of the loopback interface that are free now, all different.
pub(crate) fn free_ports<const N: usize>() -> Result<[u16; N]> {
    let mut listeners = Vec::with_capacity(N);
    let mut ports = [0; N];
    for port in &mut ports {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).context("no free port on loopback")?;
        *port = listener.local_addr()?.port();
        listeners.push(listener);
    }
    Ok(ports)
}
