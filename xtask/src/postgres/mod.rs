//! A database in PostgreSQL for one run of SonarQube, with a role of its own that owns it.
//!
//! Made on a server that somebody names, or on one that is started for the run; dropped at the end, however that comes.
//! Nothing is downloaded: a database server belongs to the system's own packages.

mod administrator;
mod cluster;
mod programs;

pub(crate) use administrator::Administrator;
pub(crate) use programs::find;

use crate::leash::Parting;
use anyhow::{Context, Result};
use cluster::Cluster;
use std::fmt;
use std::fs::File;
use std::io::Read;

/// The database, and its server where that is the run's own. The database comes first, so that it is dropped first.
#[derive(Debug)]
pub(crate) struct Postgres {
    /// How SonarQube reaches it.
    pub(crate) jdbc: Jdbc,
    _dropped: Parting,
    _cluster: Option<Cluster>,
}

/// Whether what is written survives a loss of power.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Durability {
    /// As in production: each commit waits for the disk. For figures to be published.
    Lasting,
    /// For tests, whose data nobody wants back.
    Passing,
}

/// A connection as Java takes it.
pub(crate) struct Jdbc {
    pub(crate) url: String,
    pub(crate) role: String,
    pub(crate) password: String,
}

impl Postgres {
    /// An empty database on a fresh server of its own.
    pub(crate) fn start(durability: Durability) -> Result<Self> {
        let cluster = Cluster::start(durability)?;
        let made = Self::at(&cluster.administrator)?;
        Ok(Self { _cluster: Some(cluster), ..made })
    }

    /// An empty database on a server that runs already.
    pub(crate) fn at(administrator: &Administrator) -> Result<Self> {
        administrator.check().context("the PostgreSQL cannot be used")?;
        let (name, password) = (format!("guassp_{}", random(8)?), random(16)?);
        // Before anything is made: what fails half-way is dropped, too.
        let dropped = Parting::prepare(
            &format!("dropping the database and the role {name}"),
            &administrator.psql(&[
                &format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)"),
                &format!("DROP ROLE IF EXISTS {name}"),
            ])?,
        )?;
        // To give a database to a role, whoever is no superuser must be a member of it.
        let made = administrator.run(&format!(
            "CREATE ROLE {name} LOGIN PASSWORD '{password}';\n\
             GRANT {name} TO CURRENT_USER;\n\
             CREATE DATABASE {name} OWNER {name} ENCODING 'UTF8' TEMPLATE template0;\n"
        ));
        made.context("cannot make a database and a role for SonarQube")?;
        let jdbc = Jdbc { url: administrator.jdbc_url(&name), role: name, password };
        Ok(Self { jdbc, _dropped: dropped, _cluster: None })
    }
}

impl fmt::Debug for Jdbc {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Jdbc").field("url", &self.url).finish_non_exhaustive()
    }
}

/// So many random bytes, in hexadecimal digits.
fn random(bytes: usize) -> Result<String> {
    let mut buffer = vec![0; bytes];
    File::open("/dev/urandom").and_then(|mut source| source.read_exact(&mut buffer))?;
    Ok(buffer.iter().map(|byte| format!("{byte:02x}")).collect())
}
