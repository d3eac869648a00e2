//! Which GitLab projects SonarQube has: written by appliers, asked by resolvers before they make tasks of their own.

use std::collections::BTreeMap;

use async_nats::jetstream::Context;
use jiff::Timestamp;
use proto::{CatalogClaim, CatalogComplete, CatalogEntry, CatalogListing, ProjectId, subject};

use super::kv::{Bucket, KvError, Seen};

/// The catalogue. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Catalog {
    pub(super) bucket: Bucket,
}

/// The catalogue as it was at one moment.
#[derive(Debug, Clone, Default)]
pub struct Known(BTreeMap<ProjectId, Seen<CatalogEntry>>);

impl Catalog {
    pub(super) async fn bind(context: &Context) -> Result<Self, KvError> {
        Ok(Self { bucket: Bucket::bind(context, subject::CATALOG).await? })
    }

    /// Whether SonarQube has the project. Until the catalogue was complete once it counts as had: missing information
    /// drops no project.
    ///
    /// # Errors
    /// When the server does not answer.
    pub async fn has(&self, project: ProjectId) -> Result<bool, KvError> {
        match self.bucket.load::<CatalogEntry>(&subject::catalog_key(project)).await {
            // Another version wrote it: the project is there.
            Ok(Some(_)) | Err(KvError::Unreadable { .. }) => Ok(true),
            Ok(None) => Ok(!self.is_complete().await?),
            Err(error) => Err(error),
        }
    }

    /// Whether everything that SonarQube's lists show was written once.
    ///
    /// # Errors
    /// When the server does not answer.
    pub async fn is_complete(&self) -> Result<bool, KvError> {
        Ok(self.bucket.load::<CatalogComplete>(subject::COMPLETE_KEY).await?.is_some())
    }

    /// What was found for one project just now; nothing takes it out.
    ///
    /// # Errors
    /// When the server does not answer.
    pub async fn note(&self, project: ProjectId, found: Option<CatalogEntry>) -> Result<(), KvError> {
        match found {
            Some(entry) => self.write(project, &entry).await,
            None => self.take_out(project).await,
        }
    }

    /// Everything that is in the catalogue. To be asked before SonarQube is: what is written meanwhile is not taken out.
    ///
    /// # Errors
    /// When the server does not answer.
    pub async fn known(&self) -> Result<Known, KvError> {
        let keys = self.bucket.keys(">").await?;
        let keys = keys.into_iter().filter(|key| project_of(key).is_some()).collect();
        let found = self.bucket.see_all(keys).await?;
        Ok(Known(found.into_iter().filter_map(|(key, seen)| Some((project_of(&key)?, seen))).collect()))
    }

    /// The projects that are in the catalogue.
    ///
    /// # Errors
    /// When the server does not answer.
    pub async fn projects(&self) -> Result<Vec<ProjectId>, KvError> {
        let known = self.known().await?.0;
        Ok(known.into_iter().filter(|(_, seen)| seen.value.is_some()).map(|(project, _)| project).collect())
    }

    /// Makes the catalogue as SonarQube lists it: adds what is missing, takes out what is gone, and says that it is
    /// complete. What was found by its name alone stays, as no list shows it. A list without any project takes nothing
    /// out: whatever lies behind it, a project too many does no harm.
    ///
    /// # Errors
    /// When the server does not answer.
    pub async fn fill(
        &self,
        known: &Known,
        listed: &BTreeMap<ProjectId, CatalogEntry>,
        now: Timestamp,
    ) -> Result<(), KvError> {
        for (project, entry) in listed {
            let before = known.0.get(project).and_then(|seen| seen.value.as_ref());
            if !before.is_some_and(|before| is_same(before, entry)) {
                self.write(*project, entry).await?;
            }
        }
        let is_gone = |(project, seen): &(&ProjectId, &Seen<CatalogEntry>)| {
            !listed.contains_key(*project) && seen.value.as_ref().is_some_and(|entry| !entry.by_name)
        };
        for (project, seen) in known.0.iter().filter(|_| !listed.is_empty()).filter(is_gone) {
            self.bucket.remove_at(&subject::catalog_key(*project), seen.revision).await?;
        }
        let complete =
            |found: Option<&CatalogComplete>| found.is_none().then_some(CatalogComplete { at: now });
        self.bucket.change(subject::COMPLETE_KEY, complete).await.map(|_| ())
    }

    /// What was found for the project last.
    ///
    /// # Errors
    /// When the server does not answer.
    pub async fn entry(&self, project: ProjectId) -> Result<Option<CatalogEntry>, KvError> {
        self.bucket.load_readable(&subject::catalog_key(project)).await
    }

    /// The project that this SonarQube project was found for last, where it still is.
    ///
    /// # Errors
    /// When the server does not answer.
    pub async fn owner(&self, key: &str) -> Result<Option<ProjectId>, KvError> {
        let claim: Option<CatalogClaim> = self.bucket.load_readable(&subject::claim_key(key)).await?;
        let Some(CatalogClaim { project }) = claim else { return Ok(None) };
        let entry = self.entry(project).await?;
        Ok(entry.filter(|entry| entry.keys.iter().any(|known| known == key)).map(|_| project))
    }

    /// The other project that one of these SonarQube projects was found for last, where it still is.
    ///
    /// # Errors
    /// When the server does not answer.
    pub async fn claimed_by_another(
        &self,
        keys: impl IntoIterator<Item = &str> + Send,
        project: ProjectId,
    ) -> Result<Option<ProjectId>, KvError> {
        let keys: Vec<&str> = keys.into_iter().collect();
        for key in keys {
            let other = self.owner(key).await?.filter(|other| *other != project);
            if other.is_some() {
                return Ok(other);
            }
        }
        Ok(None)
    }

    /// Whether it is time for the work of `key`, and nobody else does it. If so, the next time is `next`.
    ///
    /// # Errors
    /// When the server does not answer.
    pub async fn take_turn(&self, key: &str, now: Timestamp, next: Timestamp) -> Result<bool, KvError> {
        Ok(self.turn_since(key, now, next).await?.is_some())
    }

    /// The same, which tells since when it was time: `now` where nobody knows.
    ///
    /// # Errors
    /// When the server does not answer.
    pub async fn turn_since(
        &self,
        key: &str,
        now: Timestamp,
        next: Timestamp,
    ) -> Result<Option<Timestamp>, KvError> {
        let mut since = None;
        let take = |found: Option<&CatalogListing>| {
            since = match found.map(|listing| listing.next) {
                Some(due) if due <= now => Some(due),
                // A time beyond the next one was written by a clock that is wrong.
                Some(ahead) => (ahead > next).then_some(now),
                None => Some(now),
            };
            since.map(|_| CatalogListing { next })
        };
        self.bucket.change_readable(key, take).await?;
        Ok(since)
    }

    /// Lists next at `next`, unless it is time before that, whoever's turn it is.
    ///
    /// # Errors
    /// When the server does not answer.
    pub async fn list_again(&self, next: Timestamp) -> Result<(), KvError> {
        let sooner = |found: Option<&CatalogListing>| {
            found.is_none_or(|listing| listing.next > next).then_some(CatalogListing { next })
        };
        self.bucket.change_readable(subject::LISTING_KEY, sooner).await.map(|_| ())
    }

    async fn write(&self, project: ProjectId, entry: &CatalogEntry) -> Result<(), KvError> {
        let key = subject::catalog_key(project);
        if let Err(KvError::Unreadable { .. }) = self.bucket.load::<CatalogEntry>(&key).await {
            self.bucket.remove(&key).await?;
        }
        for claimed in &entry.keys {
            self.bucket.put(&subject::claim_key(claimed), Some(CatalogClaim { project })).await?;
        }
        let differs = |found: Option<&CatalogEntry>| {
            (!found.is_some_and(|found| is_same(found, entry))).then(|| entry.clone())
        };
        self.bucket.change(&key, differs).await.map(|_| ())
    }

    async fn take_out(&self, project: ProjectId) -> Result<(), KvError> {
        let key = subject::catalog_key(project);
        match self.bucket.see::<CatalogEntry>(&key).await {
            Ok(Seen { value: None, .. }) => Ok(()),
            // Who has written it since knows better.
            Ok(Seen { revision, .. }) => self.bucket.remove_at(&key, revision).await.map(|_| ()),
            Err(KvError::Unreadable { .. }) => self.bucket.remove(&key).await,
            Err(error) => Err(error),
        }
    }
}

/// Whether an entry says nothing that is not known, whenever it was written. A list of SonarQube knows no paths.
fn is_same(known: &CatalogEntry, entry: &CatalogEntry) -> bool {
    (&known.keys, known.by_name) == (&entry.keys, entry.by_name)
        && (entry.path.is_none() || known.path == entry.path)
}

fn project_of(key: &str) -> Option<ProjectId> {
    key.parse().ok().map(ProjectId)
}
