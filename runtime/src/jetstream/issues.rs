//! The issues that were opened for people. Written by notifiers.

use async_nats::jetstream::Context;
use proto::{OpenedIssue, subject};

use super::kv::{Bucket, KvError};

/// The issues, by what they are about. Cheap to clone.
#[derive(Debug, Clone)]
pub struct OpenedIssues {
    bucket: Bucket,
}

impl OpenedIssues {
    pub(super) async fn bind(context: &Context) -> Result<Self, KvError> {
        Ok(Self { bucket: Bucket::bind(context, subject::ISSUES).await? })
    }

    /// What is known of the issue about `key`.
    ///
    /// # Errors
    /// When the server does not answer.
    pub async fn get(&self, key: &str) -> Result<Option<OpenedIssue>, KvError> {
        self.bucket.load_readable(key).await
    }

    /// Writes `issue` in place of `before`, and tells whether it did: not where somebody else has written meanwhile.
    ///
    /// # Errors
    /// When the server does not answer.
    pub async fn replace(
        &self,
        key: &str,
        before: Option<&OpenedIssue>,
        issue: &OpenedIssue,
    ) -> Result<bool, KvError> {
        let write = |found: Option<&OpenedIssue>| (found == before).then(|| issue.clone());
        Ok(self.bucket.change(key, write).await?.as_ref() == Some(issue))
    }

    /// What the open issues are about whose keys begin with `prefix` and a dot.
    ///
    /// # Errors
    /// When the server does not answer.
    pub async fn open(&self, prefix: &str) -> Result<Vec<String>, KvError> {
        let found = self.bucket.all::<OpenedIssue>(prefix).await?;
        Ok(found.into_iter().filter(|(_, issue)| issue.open).map(|(key, _)| key).collect())
    }
}
