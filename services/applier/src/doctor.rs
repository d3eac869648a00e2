//! Looks whether a SonarQube is as an applier needs it, before the first plan or when something is odd.
//!
//! One check is one small thing with a name, a state, what was found and how to mend it. Changes nothing; what can be
//! mended on a person's word is in [`Closing`].

mod accounts;
mod closing;
mod new_projects;
mod server;
#[cfg(test)]
mod tests;

use std::{collections::BTreeSet, sync::Arc};

use jiff::Timestamp;
use runtime::{
    doctor::{Check, Report},
    metrics::Metrics,
};

pub use self::closing::{CloseError, Closing};
use crate::{
    StartError, people,
    rules::{Exposed, Mode},
    sonarqube::{self, Group, Reader, SonarQubeError, User, Writer},
};

/// What is to be looked at.
#[derive(Debug, Clone)]
pub struct Config {
    /// How SonarQube is reached.
    pub sonarqube: sonarqube::Config,
    /// How people are told.
    pub people: people::Config,
    /// The groups that are closed where groups are closed.
    pub close_groups: BTreeSet<String>,
    /// What becomes of groups that open a private project.
    pub exposure: Exposed,
    /// Whether anything is written.
    pub mode: Mode,
}

/// Looks at SonarQube; `now` is the time, by which the end of the token is told.
///
/// # Errors
/// When a setting does not fit. Whatever SonarQube says is in the report.
pub async fn examine(config: &Config, now: Timestamp) -> Result<Report, StartError> {
    let (reader, _) = connect(config)?;
    let mut report = Report { checks: server::state(&reader).await, complete: false };
    if report.failed() == 0 {
        report.checks.extend(server::account(&reader, &config.sonarqube, now).await);
    }
    if report.failed() == 0 {
        report.checks.extend(all(&reader, config, now).await);
        report.complete = true;
    }
    Ok(report)
}

/// What only an account with all rights can look at.
async fn all(reader: &Reader, config: &Config, now: Timestamp) -> Vec<Check> {
    let mut checks = vec![server::gitlab(reader).await];
    match Population::read(reader).await {
        Err(error) => checks.push(unread("people", &error)),
        Ok(population) => {
            checks.extend(accounts::checks(&population, config));
            checks.push(new_projects::exposure(reader, &population, config).await);
        }
    }
    checks.push(new_projects::visibility(reader).await);
    checks.push(new_projects::global_permissions(reader).await);
    checks.push(server::templates(reader, now).await);
    checks
}

/// Who is there.
struct Population {
    users: Vec<User>,
    groups: Vec<Group>,
}

impl Population {
    async fn read(reader: &Reader) -> Result<Self, SonarQubeError> {
        let (users, groups) = tokio::try_join!(reader.users(), reader.groups())?;
        Ok(Self { users, groups })
    }

    fn group(&self, name: &str) -> Option<&Group> {
        self.groups.iter().find(|group| group.name == name)
    }
}

/// SonarQube did not say; its error tells the mend.
fn unread(name: &'static str, error: &SonarQubeError) -> Check {
    Check::fail(name, "cannot be read", error)
}

fn connect(config: &Config) -> Result<(Reader, Writer), StartError> {
    Ok(sonarqube::connect(&config.sonarqube, Arc::new(Metrics::new()?))?)
}
