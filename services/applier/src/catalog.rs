//! The catalogue of SonarQube's projects, kept in step with it: all of it now and then, one project whenever a plan of
//! it is worked on.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use jiff::Timestamp;
use proto::{CatalogEntry, ProjectId, subject};
use runtime::{Runtime, cause::because, jetstream::KvError};

use crate::{
    namesakes::{NamesakeError, Namesakes},
    projects::{Found, Projects},
    sonarqube::{Reader, SonarQubeError, Writer},
    write,
};

/// How often it is asked whose turn it is to list.
const LOOK_EVERY: Duration = Duration::from_secs(10);
/// When to list again after it failed, unless it is time before that.
const AGAIN: Duration = Duration::from_secs(60);

/// Lists SonarQube's projects every `refresh`; of several appliers, usually one.
#[derive(Debug)]
pub(crate) struct Keeper {
    pub(crate) projects: Projects,
    pub(crate) reader: Reader,
    pub(crate) refresh: Duration,
    /// What is left of templates is removed at the same time, where this applier writes.
    pub(crate) writer: Option<Writer>,
    /// Whose those are that only a name leads to.
    pub(crate) namesakes: Arc<Namesakes>,
    pub(crate) runtime: Runtime,
}

/// Why the catalogue was not brought up to date.
#[derive(Debug, thiserror::Error)]
enum KeepError {
    #[error(transparent)]
    SonarQube(#[from] SonarQubeError),
    #[error(transparent)]
    Kv(#[from] KvError),
    #[error(transparent)]
    Namesake(#[from] NamesakeError),
}

impl Keeper {
    /// Keeps the catalogue until the life ends.
    pub(crate) async fn keep(self) {
        let life = &self.runtime.lifecycle;
        loop {
            let turn = tokio::select! {
                () = life.stopping() => return,
                turn = because("catalogue refresh", self.turn()) => turn,
            };
            if let Err(error) = turn {
                tracing::warn!(%error, "the catalogue of SonarQube's projects is not brought up to date");
            }
            tokio::select! {
                () = life.stopping() => return,
                () = tokio::time::sleep(LOOK_EVERY.min(self.refresh)) => {}
            }
        }
    }

    /// Lists, when it is time and nobody else does.
    async fn turn(&self) -> Result<(), KeepError> {
        let (catalog, now) = (&self.runtime.jetstream.catalog, self.runtime.clock.now());
        if !catalog.take_turn(subject::LISTING_KEY, now, later(now, self.refresh)).await? {
            return Ok(());
        }
        let listed = self.list(now).await;
        if listed.is_err() {
            catalog.list_again(later(now, AGAIN.min(self.refresh))).await?;
        }
        listed
    }

    async fn list(&self, now: Timestamp) -> Result<(), KeepError> {
        let catalog = &self.runtime.jetstream.catalog;
        let known = catalog.known().await?;
        // A SonarQube that starts or migrates says nothing that counts.
        self.reader.status().await?;
        let listing = self.projects.list().await?;
        let unlisted = self.projects.unlisted(&listing).await?;
        let entry = |keys| CatalogEntry { keys, by_name: false, path: None, at: now };
        let listed = listing
            .into_iter()
            .map(|(project, keys)| (project, entry(keys.iter().map(ToString::to_string).collect())));
        let listed: BTreeMap<ProjectId, CatalogEntry> = listed.collect();
        tracing::debug!(projects = listed.len(), "SonarQube's projects listed");
        catalog.fill(&known, &listed, now).await?;
        self.namesakes.ask_for(&unlisted).await?;
        if let Some(writer) = &self.writer {
            write::sweep(&self.reader, writer, now).await?;
        }
        Ok(())
    }
}

/// The entry of a project that was looked for at `now`; none where SonarQube has none of it.
pub(crate) fn entry(found: &Found, path: &str, now: Timestamp) -> Option<CatalogEntry> {
    let mut keys: Vec<String> = found.projects.iter().map(|project| project.key.to_string()).collect();
    keys.sort();
    let (by_name, path) = (found.by_name.is_some(), found.by_name.clone().or_else(|| Some(path.to_owned())));
    (!keys.is_empty()).then_some(CatalogEntry { keys, by_name, path, at: now })
}

/// A moment so much later, or the last there is.
pub(crate) fn later(now: Timestamp, pause: Duration) -> Timestamp {
    now.saturating_add(pause).unwrap_or(Timestamp::MAX)
}
