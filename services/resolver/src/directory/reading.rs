//! Reading one project or group because an event told of it.

use jiff::Timestamp;
use proto::{
    DirectoryGroup, DirectoryProject, GitLabEvent, GitLabEventKind, GroupId, PreviousPath, ProjectId,
};
use runtime::jetstream::directory::News;

use super::{DirectoryKeeper, KeepError, noticed::Sighting};
use crate::gitlab::{Group, ReadError};

/// What an event says of a thing, beside that it may have changed.
#[derive(Debug, Default)]
pub(super) struct Told {
    /// Its path.
    path: Option<String>,
    visibility: Option<String>,
    /// A path that it had before.
    pub(super) previous: Option<PreviousPath>,
    /// Whether it was deleted.
    pub(super) destroyed: bool,
}

impl Told {
    pub(super) fn of_project(event: &GitLabEvent) -> Self {
        let project = event.project.clone().unwrap_or_default();
        Self {
            path: project.path,
            visibility: project.visibility,
            previous: project.old_path.map(|path| previous(path, event)),
            destroyed: is_end(event, GitLabEventKind::Project),
        }
    }

    pub(super) fn of_group(event: &GitLabEvent) -> Self {
        let group = event.group.clone().unwrap_or_default();
        Self {
            path: group.path,
            visibility: None,
            previous: group.old_path.map(|path| previous(path, event)),
            destroyed: is_end(event, GitLabEventKind::Group),
        }
    }

    /// The visibility as it is told, or the narrowest.
    fn visibility(&self) -> String {
        self.visibility.clone().unwrap_or_else(|| "private".to_owned())
    }
}

fn previous(path: String, event: &GitLabEvent) -> PreviousPath {
    PreviousPath { path, until: event.happened_at.unwrap_or(event.received_at) }
}

fn is_end(event: &GitLabEvent, kind: GitLabEventKind) -> bool {
    event.kind == kind && event.action.as_deref() == Some("destroyed")
}

impl DirectoryKeeper {
    /// Asks GitLab for the project, and writes down what it says; tells whether it is there.
    pub(super) async fn read_project(&self, id: ProjectId, told: &Told) -> Result<bool, KeepError> {
        let now = self.runtime.clock.now();
        let (mut news, sighting) = match self.gitlab.project(id).await {
            Ok(found) => {
                let sighting = Sighting::of(&found, now);
                (News::shown(sighting.project.clone()), Some(sighting))
            }
            Err(ReadError::Gone { .. }) => (News::missed(now, told.project(id)), None),
            Err(error) => return Err(error.into()),
        };
        (news.previous, news.destroyed) = (told.previous.clone(), told.destroyed);
        self.learn_project(id, &news).await?;
        if let Some(sighting) = &sighting {
            self.owners(sighting).await?;
        }
        Ok(sighting.is_some())
    }

    /// The same with a group, of which nothing is kept.
    pub(super) async fn read_group(&self, id: GroupId, told: &Told) -> Result<bool, KeepError> {
        let now = self.runtime.clock.now();
        let found = self.gitlab.group(id).await?;
        let mut news = match &found {
            Some(group) => News::shown(entry(group, now)),
            None => News::missed(now, told.group(id)),
        };
        (news.previous, news.destroyed) = (told.previous.clone(), told.destroyed);
        self.learn_group(id, &news).await?;
        if let Some(parent) = found.as_ref().and_then(|group| Some((group.parent?, above(&group.path)?))) {
            self.groups_above(parent, now).await?;
        }
        Ok(found.is_some())
    }

    /// Writes what was learnt, and knows it at once.
    pub(super) async fn learn_project(
        &self,
        id: ProjectId,
        news: &News<DirectoryProject>,
    ) -> Result<(), KeepError> {
        let known = self.runtime.jetstream.directory.learn_project(id, news).await?;
        self.known.change(|rows| known.into_iter().for_each(|known| rows.take_project(known)));
        Ok(())
    }

    /// The same of a group.
    pub(super) async fn learn_group(
        &self,
        id: GroupId,
        news: &News<DirectoryGroup>,
    ) -> Result<(), KeepError> {
        let known = self.runtime.jetstream.directory.learn_group(id, news).await?;
        self.known.change(|rows| known.into_iter().for_each(|known| rows.take_group(known)));
        Ok(())
    }
}

impl Told {
    /// What the directory has of a project that was never seen.
    fn project(&self, id: ProjectId) -> Option<DirectoryProject> {
        Some(DirectoryProject {
            visibility: self.visibility(),
            ..DirectoryProject::unseen(id, self.path.clone()?)
        })
    }

    fn group(&self, id: GroupId) -> Option<DirectoryGroup> {
        Some(DirectoryGroup::unseen(id, self.path.clone()?))
    }
}

/// What the directory has of a group that GitLab showed.
pub(super) fn entry(group: &Group, as_of: Timestamp) -> DirectoryGroup {
    DirectoryGroup {
        parent: group.parent,
        visibility: group.visibility.clone(),
        ..DirectoryGroup::shown(group.id, group.path.as_str(), as_of)
    }
}

/// The path without its last part.
pub(super) fn above(path: &str) -> Option<String> {
    path.rsplit_once('/').map(|(above, _)| above.to_owned())
}
