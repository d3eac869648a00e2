//! End dates of memberships and invitations: when a project is to be looked at again. Written by resolvers.

use jiff::Timestamp;
use proto::{EndsOn, ProjectId, subject};

use super::{Projects, control::project_of};
use crate::jetstream::{KvError, Seen};

impl Projects {
    /// Writes what the newest reading says.
    ///
    /// # Errors
    /// When the server does not answer.
    pub async fn set_ends(&self, project: ProjectId, ends: Option<EndsOn>) -> Result<(), KvError> {
        self.bucket.put(&subject::ends_key(project), ends).await
    }

    /// The end dates of every project that has one.
    ///
    /// # Errors
    /// When the server does not answer.
    pub async fn all_ends(&self) -> Result<Vec<(ProjectId, Seen<EndsOn>)>, KvError> {
        let keys = self.bucket.keys(&format!("{}.>", subject::ENDS)).await?;
        let found = self.bucket.see_all(keys).await?;
        let present = found.into_iter().filter(|(_, seen)| seen.value.is_some());
        Ok(present.filter_map(|(key, seen)| Some((project_of(&key)?, seen))).collect())
    }

    /// Looks again at `due`, unless a reading has written something newer than what was `seen`.
    ///
    /// # Errors
    /// When the server does not answer.
    pub async fn put_off_ends(
        &self,
        project: ProjectId,
        seen: Seen<EndsOn>,
        due: Timestamp,
    ) -> Result<(), KvError> {
        let before = seen.value.clone();
        let later = |found: Option<&EndsOn>| {
            let found = found.filter(|found| before.as_ref() == Some(found))?;
            Some(EndsOn { due, ..found.clone() })
        };
        self.bucket.change_from(Some(seen), &subject::ends_key(project), later).await.map(|_| ())
    }
}
