//! Putting a project back as it was before a task changed it, from what the audit tells.
//!
//! The first change of each account and group since that task says what it held before. Only those are put back: what
//! nobody changed since is right, and what somebody else changed by hand is not in the audit.

use std::collections::{BTreeMap, btree_map::Entry};

use access::{ADMINISTRATORS, Changes, each, stored};
use proto::{
    ChangeKind, Event, GrantChange, Grantee, PermissionSet, ProjectId, TaskId, Visibility, VisibilityChange,
};
use runtime::jetstream::{BindError, JetStream};

use crate::sonarqube::ProjectKey;

/// The kinds of events that change a project.
const KINDS: [&str; 3] = ["grant", "revoke", "visibility"];

/// How the SonarQube projects of a GitLab project were before a task.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Past {
    projects: BTreeMap<String, PastProject>,
}

#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct PastProject {
    held: BTreeMap<Grantee, PermissionSet>,
    visibility: Option<Visibility>,
}

/// Why the past is not known.
#[derive(Debug, thiserror::Error)]
pub(crate) enum RestoreError {
    #[error(transparent)]
    Unread(#[from] BindError),
    #[error(
        "the audit holds no change of project {1} by task {0}: it changed nothing, or is older than queue.audit_retention"
    )]
    Unknown(TaskId, ProjectId),
}

impl Past {
    /// Reads it from the audit.
    ///
    /// # Errors
    /// When the audit cannot be read, or holds no change of the project by the task.
    pub(crate) async fn read(
        jetstream: &JetStream,
        project: ProjectId,
        before: TaskId,
    ) -> Result<Self, RestoreError> {
        let events = jetstream.events_of(&KINDS, project).await?;
        let since = events.into_iter().skip_while(|event| task_of(event) != Some(before));
        let mut past = Self::default();
        since.for_each(|event| past.look_behind(event));
        if past.projects.is_empty() { Err(RestoreError::Unknown(before, project)) } else { Ok(past) }
    }

    /// The keys of the SonarQube projects.
    pub(crate) fn keys(&self) -> impl Iterator<Item = &str> {
        self.projects.keys().map(String::as_str)
    }

    /// The visibility that the project had, where it was changed since.
    pub(crate) fn visibility(&self, key: &ProjectKey) -> Option<Visibility> {
        self.projects.get(key.as_str())?.visibility
    }

    /// What leads back from what is `held` now, whoever holds it: only what this system changed, or had SonarQube change
    /// by a flip of the visibility, is in the past that the audit tells. The administrators' group loses nothing.
    pub(crate) fn changes(
        &self,
        key: &ProjectKey,
        held: &BTreeMap<Grantee, PermissionSet>,
        visibility: Visibility,
    ) -> Changes {
        let mut changes = Changes::default();
        for (grantee, before) in self.projects.get(key.as_str()).iter().flat_map(|past| &past.held) {
            let wanted = stored(*before, visibility);
            let now = stored(held.get(grantee).copied().unwrap_or_default(), visibility);
            changes.grants.extend(each(ChangeKind::Grant, grantee, wanted.minus(now)));
            if *grantee != Grantee::Group(ADMINISTRATORS.to_owned()) {
                changes.revokes.extend(each(ChangeKind::Revoke, grantee, now.minus(wanted)));
            }
        }
        changes
    }

    /// Takes what an event tells of the time before it. Of several events about one account the first counts.
    fn look_behind(&mut self, event: Event) {
        match event {
            Event::Grant(GrantChange { sonarqube_project, change, before, .. }) => {
                let held = &mut self.projects.entry(sonarqube_project).or_default().held;
                if let Entry::Vacant(first) = held.entry(change.grantee) {
                    first.insert(before);
                }
            }
            Event::Visibility(VisibilityChange { sonarqube_project, from, .. }) => {
                self.projects.entry(sonarqube_project).or_default().visibility.get_or_insert(from);
            }
            Event::TaskEnded(_)
            | Event::Drift(_)
            | Event::Held(_)
            | Event::Control(_)
            | Event::TokenEnds(_) => {}
        }
    }
}

fn task_of(event: &Event) -> Option<TaskId> {
    match event {
        Event::Grant(change) => Some(change.task),
        Event::Visibility(change) => Some(change.task),
        Event::TaskEnded(_) | Event::Drift(_) | Event::Held(_) | Event::Control(_) | Event::TokenEnds(_) => {
            None
        }
    }
}
