//! A PostgreSQL server for one run: the installed programs, a fresh cluster, gone at the end.

use super::{Administrator, Durability, programs};
use crate::account::Account;
use crate::leash::Server;
use crate::scratch::{Folder, free_ports};
use crate::shell;
use anyhow::Result;
use std::process::Command;
use std::time::Duration;

const START_LIMIT: Duration = Duration::from_secs(60);

impl Durability {
    const fn fsync(self) -> &'static str {
        match self {
            Self::Lasting => "fsync=on",
            Self::Passing => "fsync=off",
        }
    }
}

/// A running server on loopback that trusts everybody there.
#[derive(Debug)]
pub(super) struct Cluster {
    pub(super) administrator: Administrator,
    _server: Server,
}

impl Cluster {
    /// Starts a fresh one on a free port. The machine's own server, if it has one, is left alone.
    pub(super) fn start(durability: Durability) -> Result<Self> {
        let programs = programs::find()?;
        let account = Account::for_servers()?;
        let scratch = Folder::create("postgres", account)?;
        let data = scratch.join("data");
        let administrator = Administrator::trusted(free_ports::<1>()?[0]);
        let mut initdb = Command::new(programs.join("initdb"));
        initdb.args([
            "--username",
            &administrator.role,
            "--auth=trust",
            "--encoding=UTF8",
            "--no-sync",
            "-D",
        ]);
        account.run(initdb.arg(&data).current_dir(&*scratch));
        shell::output(&mut initdb)?;

        let mut command = Command::new(programs.join("postgres"));
        command.arg("-D").arg(&data).args(["-h", "127.0.0.1", "-p", &administrator.port.to_string()]);
        command.arg("-k").arg(&*scratch).args(["-c", durability.fsync(), "-c", "max_connections=100"]);
        account.run(command.current_dir(&*scratch));
        let mut server = Server::start("PostgreSQL", command, scratch)?;
        server.wait(START_LIMIT, || administrator.check().ok())?;
        Ok(Self { administrator, _server: server })
    }
}
