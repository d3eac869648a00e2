//! The answer to "whose is this SonarQube project?", asked when an analysis of one has ended that nobody knows. What
//! SonarQube's lists show of it is in the catalogue from then on.
//!
//! Most of what is asked for is nobody's: SonarQube has projects of other origin, too. So what the key itself tells comes
//! first, and everything is listed at most every half a minute. Where a project may have come since, the catalogue is
//! brought up to date as soon as that has passed.

use std::{sync::Arc, time::Duration};

use jiff::Timestamp;
use proto::{
    CatalogEntry, ProjectId,
    live::{Discover, Discovered},
};
use runtime::{Runtime, jetstream::KvError, live::Refusal};
use tokio::sync::Mutex;

use crate::{
    catalog::later,
    projects::{Listing, Projects},
    sonarqube::{ProjectKey, Reader, SonarQubeError},
};

/// For how long a list of everything answers all questions.
const SHARED: Duration = Duration::from_secs(30);

/// Looks for new projects.
#[derive(Debug)]
pub(crate) struct Discoverer {
    reader: Reader,
    projects: Arc<Projects>,
    runtime: Runtime,
    listed: Mutex<Option<Listed>>,
}

/// Everything that SonarQube's lists showed at one time.
#[derive(Debug, Clone)]
struct Listed {
    at: Timestamp,
    listing: Arc<Listing>,
}

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
enum DiscoverError {
    #[error(transparent)]
    SonarQube(#[from] SonarQubeError),
    #[error(transparent)]
    Kv(#[from] KvError),
}

impl Discoverer {
    pub(crate) fn new(reader: Reader, projects: Arc<Projects>, runtime: Runtime) -> Self {
        Self { reader, projects, runtime, listed: Mutex::default() }
    }

    /// Whose it is.
    pub(crate) async fn answer(&self, Discover { key }: Discover) -> Result<Discovered, Refusal> {
        self.discover(&key).await.map_err(|error| Refusal::new(503, error))
    }

    async fn discover(&self, key: &str) -> Result<Discovered, DiscoverError> {
        let asked = self.runtime.clock.now();
        // A SonarQube that starts or migrates says nothing that counts.
        self.reader.status().await?;
        if let Some((project, keys)) = self.projects.owner_by_key(key).await? {
            return self.found(project, keys.iter()).await;
        }
        let Listed { at, listing } = self.listed(asked).await?;
        let found = listing.iter().find(|(_, keys)| keys.iter().any(|found| found.as_str() == key));
        if let Some((project, keys)) = found {
            return self.found(*project, keys.iter()).await;
        }
        let name = self.projects.name_of(key).await?;
        if at < asked {
            self.runtime.jetstream.catalog.list_again(later(at, SHARED)).await?;
        }
        Ok(Discovered { project: None, name })
    }

    /// Everything; a list that was made a moment ago does.
    async fn listed(&self, now: Timestamp) -> Result<Listed, SonarQubeError> {
        let mut listed = self.listed.lock().await;
        let is_recent = |listed: &&Listed| now.duration_since(listed.at).unsigned_abs() < SHARED;
        if let Some(listed) = listed.as_ref().filter(is_recent) {
            return Ok(listed.clone());
        }
        let listing = Arc::new(self.projects.list().await?);
        Ok(listed.insert(Listed { at: now, listing }).clone())
    }

    async fn found(
        &self,
        project: ProjectId,
        keys: impl Iterator<Item = &ProjectKey>,
    ) -> Result<Discovered, DiscoverError> {
        let keys = keys.map(ToString::to_string).collect();
        let entry = CatalogEntry { keys, by_name: false, path: None, at: self.runtime.clock.now() };
        self.runtime.jetstream.catalog.note(project, Some(entry)).await?;
        Ok(Discovered { project: Some(project), name: None })
    }
}
