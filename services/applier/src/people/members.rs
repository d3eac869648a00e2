//! Who is in which group of SonarQube, kept for a while.

use std::{
    collections::{BTreeSet, HashMap},
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use crate::sonarqube::{Cached, Group, Reader, SonarQubeError};

/// The members of groups.
#[derive(Debug)]
pub(super) struct Members {
    reader: Reader,
    max_age: Duration,
    groups: Cached<Vec<Group>>,
    of: Mutex<HashMap<String, Arc<Cached<BTreeSet<String>>>>>,
}

impl Members {
    pub(super) fn new(reader: Reader, max_age: Duration) -> Self {
        Self { reader, max_age, groups: Cached::new(), of: Mutex::default() }
    }

    /// The ids of the accounts in the group; nothing where it is everybody: `Anyone`, and the group that every account is
    /// in, whose members SonarQube need not be asked for.
    pub(super) async fn of(&self, name: &str) -> Result<Option<Arc<BTreeSet<String>>>, SonarQubeError> {
        let groups = self.groups.get(self.max_age, || self.reader.groups()).await?;
        let Some(group) = groups.iter().find(|group| group.name == name).filter(|group| !group.default)
        else {
            return Ok(None);
        };
        let kept = self
            .of
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .entry(name.to_owned())
            .or_insert_with(|| Arc::new(Cached::new()))
            .clone();
        kept.get(self.max_age, || self.reader.members_of(group)).await.map(Some)
    }
}
