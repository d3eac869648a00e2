//! The directory of GitLab's projects and groups: written by resolvers, looked up in memory.

mod lookup;
mod merge;
mod table;

use async_nats::jetstream::Context;
use proto::{DirectoryGroup, DirectoryProject, GroupId, ProjectId, subject};

pub use self::{
    lookup::Lookup,
    merge::{Entry, KEPT, Kept, News},
};
use super::{
    kv::{Bucket, KvError},
    mirror::{Mirror, Source},
};

/// The directory. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Directory {
    bucket: Bucket,
}

impl Directory {
    pub(super) async fn bind(context: &Context) -> Result<Self, KvError> {
        Ok(Self { bucket: Bucket::bind(context, subject::DIRECTORY).await? })
    }

    /// Everything in memory, empty until it is kept.
    #[must_use]
    pub fn mirror(&self) -> Mirror<Lookup> {
        Mirror::of(vec![Source { bucket: self.bucket.clone(), filter: ">".to_owned() }])
    }

    /// What is known of the project.
    ///
    /// # Errors
    /// When the server does not answer.
    pub async fn project(&self, id: ProjectId) -> Result<Option<DirectoryProject>, KvError> {
        self.bucket.load_readable(&subject::directory_project_key(id)).await
    }

    /// What is known of the group.
    ///
    /// # Errors
    /// When the server does not answer.
    pub async fn group(&self, id: GroupId) -> Result<Option<DirectoryGroup>, KvError> {
        self.bucket.load_readable(&subject::directory_group_key(id)).await
    }

    /// Adds what was learnt of the project, and returns what is known in the end. What is known already is not written
    /// again.
    ///
    /// # Errors
    /// When the server does not answer.
    pub async fn learn_project(
        &self,
        id: ProjectId,
        news: &News<DirectoryProject>,
    ) -> Result<Option<DirectoryProject>, KvError> {
        self.learn(&subject::directory_project_key(id), news).await
    }

    /// The same of a group.
    ///
    /// # Errors
    /// When the server does not answer.
    pub async fn learn_group(
        &self,
        id: GroupId,
        news: &News<DirectoryGroup>,
    ) -> Result<Option<DirectoryGroup>, KvError> {
        self.learn(&subject::directory_group_key(id), news).await
    }

    async fn learn<E: Entry>(&self, key: &str, news: &News<E>) -> Result<Option<E>, KvError> {
        let change = |known: Option<&E>| news.told(known).filter(|told| Some(told) != known);
        self.bucket.change_readable(key, change).await
    }
}
