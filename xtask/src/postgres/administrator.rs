//! Who may make databases and roles on a server: the named address, and the statements by `psql`.
//!
//! The password goes to `psql` in its environment, never in its arguments, which everybody on the machine sees.

use super::programs;
use crate::shell;
use anyhow::{Context, Error, Result, ensure};
use percent_encoding::percent_decode_str;
use std::fmt;
use std::process::Command;
use std::str::FromStr;
use url::Url;

/// An administrator's connection.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Administrator {
    host: String,
    pub(super) port: u16,
    pub(super) role: String,
    password: Option<String>,
    database: String,
}

impl Administrator {
    /// Of a server on loopback that asks for no password.
    pub(super) fn trusted(port: u16) -> Self {
        let [host, role, database] = ["127.0.0.1", "administrator", "postgres"].map(str::to_owned);
        Self { host, port, role, password: None, database }
    }

    /// The address of a database on the same server, as Java takes it.
    pub(super) fn jdbc_url(&self, database: &str) -> String {
        let host = if self.host.contains(':') { format!("[{}]", self.host) } else { self.host.clone() };
        format!("jdbc:postgresql://{host}:{}/{database}", self.port)
    }

    /// An error unless the server takes the connection.
    pub(super) fn check(&self) -> Result<()> {
        shell::output(&mut self.psql(&["SELECT 1"])?).map(drop)
    }

    /// Runs statements that are shown to nobody.
    pub(super) fn run(&self, statements: &str) -> Result<()> {
        shell::feed(&mut self.psql(&[])?, statements)
    }

    /// `psql` with these statements, each a transaction of its own, or with those that it is fed.
    pub(super) fn psql(&self, statements: &[&str]) -> Result<Command> {
        let mut psql = Command::new(programs::psql()?);
        psql.env("PGCONNECT_TIMEOUT", "10").env("PGHOST", &self.host).env("PGPORT", self.port.to_string());
        psql.env("PGUSER", &self.role).env("PGDATABASE", &self.database);
        if let Some(password) = &self.password {
            psql.env("PGPASSWORD", password);
        }
        psql.args(["--no-psqlrc", "--no-password", "--quiet", "--set=ON_ERROR_STOP=1"]);
        psql.args(statements.iter().flat_map(|statement| ["-c", statement]));
        Ok(psql)
    }
}

/// `postgres://role:password@host:port/database`; without a port 5432, without a database `postgres`. No error repeats
/// the text: there is a password in it.
impl FromStr for Administrator {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let url: Url = text.parse().context("the address of the PostgreSQL is no URL")?;
        let scheme = url.scheme();
        ensure!(matches!(scheme, "postgres" | "postgresql"), "{scheme}:// is no address of a PostgreSQL");
        ensure!(url.query().is_none(), "the address of the PostgreSQL may have no parameters");
        ensure!(!url.username().is_empty(), "the address of the PostgreSQL names no role");
        let host = url.host_str().context("the address of the PostgreSQL names no host")?;
        let database = decoded(url.path().trim_start_matches('/'))?;
        Ok(Self {
            host: decoded(host.trim_matches(['[', ']']))?,
            port: url.port().unwrap_or(5432),
            role: decoded(url.username())?,
            password: url.password().map(decoded).transpose()?,
            database: if database.is_empty() { "postgres".to_owned() } else { database },
        })
    }
}

impl fmt::Debug for Administrator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Administrator").field("host", &self.host).finish_non_exhaustive()
    }
}

fn decoded(text: &str) -> Result<String> {
    let decoded = percent_decode_str(text).decode_utf8();
    Ok(decoded.context("the address of the PostgreSQL is not UTF-8")?.into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(text: &str) -> Administrator {
        text.parse().unwrap()
    }

    #[test]
    fn an_address_names_server_role_and_password() {
        let named = parsed("postgres://ada:p%40ss%2Fword+1@db.example.com:6543/admin");
        let wanted = Administrator {
            host: "db.example.com".to_owned(),
            port: 6543,
            role: "ada".to_owned(),
            password: Some("p@ss/word+1".to_owned()),
            database: "admin".to_owned(),
        };
        assert_eq!(named, wanted);
        assert_eq!(named.jdbc_url("new"), "jdbc:postgresql://db.example.com:6543/new");
    }

    #[test]
    fn what_an_address_leaves_out_is_usual() {
        let short = parsed("postgresql://ada@127.0.0.1");
        assert_eq!((short.port, short.password, short.database.as_str()), (5432, None, "postgres"));
        let six = parsed("postgres://ada@[::1]/");
        assert_eq!(
            (six.host.as_str(), six.jdbc_url("new").as_str()),
            ("::1", "jdbc:postgresql://[::1]:5432/new")
        );
    }

    #[test]
    fn a_wrong_address_is_refused_without_being_told() {
        let wrong = [
            "ada:secret@db",
            "mysql://ada:secret@db",
            "postgres://:secret@db",
            "postgres:///secret",
            "postgres://ada:secret@db/x?sslmode=require",
            "postgres://ada:secret@db:99999/x",
            "postgres://ada:secret%ff@db/x",
        ];
        for text in wrong {
            let error = text.parse::<Administrator>().unwrap_err();
            assert!(!format!("{error:?}").contains("secret"), "{text}: {error:?}");
        }
    }

    #[test]
    fn the_password_is_not_shown() {
        assert!(!format!("{:?}", parsed("postgres://ada:secret@db")).contains("secret"));
    }
}
