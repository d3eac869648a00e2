//! A real SonarQube Community Build for one run: started, waited for, used, stopped.
//!
//! The unpacked program is shared and only read; whatever a server writes lies in a scratch folder, so
//! every start is a fresh installation.

mod database;
mod distribution;
mod settings;
mod startup;
mod token;

pub(crate) use database::Database;

use crate::account::Account;
use crate::leash::Server;
use crate::postgres::Postgres;
use crate::scratch::{Folder, free_ports};
use crate::{java, say};
use anyhow::Result;
use std::fs;
use std::path::PathBuf;
use std::process::Command;
use std::time::Instant;

/// The version that the tests are written for.
pub(crate) const VERSION: &str = "26.8.0.126808";

/// A running SonarQube. The server comes before its database, so that it is stopped first.
#[derive(Debug)]
pub(crate) struct SonarQube {
    /// The address of its web server.
    pub(crate) url: String,
    /// A user token of its administrator.
    pub(crate) token: String,
    server: Server,
    _database: Option<Postgres>,
}

impl SonarQube {
    /// Starts a fresh one and waits until it can be used.
    pub(crate) fn start(version: &str, database: &Database) -> Result<Self> {
        let java = java::find(version)?;
        let home = fetch(version)?;
        let account = Account::for_servers()?;
        account.check_reach(&home)?;
        let postgres = database.make()?;
        let jdbc = postgres.as_ref().map(|postgres| &postgres.jdbc);
        let scratch = folders(account)?;
        let [web, search, transport, h2] = free_ports()?;
        let ports = settings::Ports { web, search, transport, h2 };
        let mut command = Command::new(java);
        command.args(settings::launcher(&home)?);
        command.args(settings::all(&scratch, &ports, jdbc));
        command.env_clear().envs(settings::environment(&scratch, jdbc));
        account.run(command.current_dir(&*scratch));

        say::note(&format!("starting SonarQube {version} on {database}: this takes one to two minutes"));
        let begun = Instant::now();
        let mut server = Server::start("SonarQube", command, scratch)?;
        let url = format!("http://127.0.0.1:{web}");
        startup::wait(&url, &mut server)?;
        say::note(&format!("SonarQube is up after {}", say::spoken(begun.elapsed())));
        let token = token::generate(&url)?;
        database.check(&url, &token)?;
        Ok(Self { url, token, server, _database: postgres })
    }

    /// An error when the server has ended by itself.
    pub(crate) fn check_alive(&mut self) -> Result<()> {
        self.server.check_alive()
    }
}

/// The unpacked SonarQube of that version in the cache.
pub(crate) fn fetch(version: &str) -> Result<PathBuf> {
    distribution::fetch(version)
}

/// A scratch folder with everything that a server writes to.
fn folders(account: Account) -> Result<Folder> {
    let scratch = Folder::create("sonarqube", account)?;
    for name in settings::FOLDERS {
        let folder = scratch.join(name);
        fs::create_dir(&folder)?;
        account.own(&folder)?;
    }
    Ok(scratch)
}
