//! A `PostgreSQL` for one run of SonarQube: the installed programs, a fresh cluster, gone at the end.
//!
//! Nothing is downloaded: a database server belongs to the system's own packages.

use crate::account::Account;
use crate::leash::Server;
use crate::scratch::{Folder, free_ports};
use crate::{shell, version};
use anyhow::{Context, Result};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

const START_LIMIT: Duration = Duration::from_secs(60);

/// A running `PostgreSQL` on loopback that trusts everybody there.
#[derive(Debug)]
pub(crate) struct Postgres {
    port: u16,
    _server: Server,
}

/// The folder with `initdb` and `postgres`: the newest under `/usr/lib/postgresql`, else on PATH.
pub(crate) fn find() -> Result<PathBuf> {
    let installed = fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let newest = installed
        .map(|item| item.path())
        .filter(|folder| folder.join("bin/initdb").is_file())
        .max_by_key(|folder| version::first_in(&folder.to_string_lossy()));
    newest
        .map(|folder| folder.join("bin"))
        .or_else(|| shell::find_on_path("initdb")?.parent().map(Path::to_owned))
        .context("no PostgreSQL is installed: install it (Debian: apt-get install postgresql)")
}

impl Postgres {
    /// Starts a fresh, empty one with a database `sonarqube`.
    pub(crate) fn start() -> Result<Self> {
        let programs = find()?;
        let account = Account::for_servers()?;
        let scratch = Folder::create("postgres", account)?;
        let data = scratch.join("data");
        let mut initdb = Command::new(programs.join("initdb"));
        initdb
            .args(["--username=sonarqube", "--auth=trust", "--encoding=UTF8", "--no-sync", "-D"])
            .arg(&data);
        account.run(initdb.current_dir(&*scratch));
        shell::output(&mut initdb)?;

        let [port] = free_ports()?;
        let mut command = Command::new(programs.join("postgres"));
        command.arg("-D").arg(&data).args(["-h", "127.0.0.1", "-p", &port.to_string(), "-k"]).arg(&*scratch);
        command.args(["-c", "fsync=off", "-c", "max_connections=100"]);
        account.run(command.current_dir(&*scratch));
        let mut server = Server::start("PostgreSQL", command, scratch)?;
        server.wait(START_LIMIT, || create_database(&programs, port).ok())?;
        Ok(Self { port, _server: server })
    }

    /// The address for SonarQube's `sonar.jdbc.url`; the user name is `sonarqube`.
    pub(crate) fn jdbc_url(&self) -> String {
        format!("jdbc:postgresql://127.0.0.1:{}/sonarqube", self.port)
    }
}

/// Fails until the server takes connections.
fn create_database(programs: &Path, port: u16) -> Result<String> {
    let mut create = Command::new(programs.join("createdb"));
    create.args(["-h", "127.0.0.1", "-U", "sonarqube", "-p", &port.to_string(), "sonarqube"]);
    shell::output(&mut create)
}
