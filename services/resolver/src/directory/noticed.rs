//! What readings that are made anyway tell: only what is not known yet is written, and only of groups that are not known
//! by this path GitLab is asked. So a sweep in which nothing has moved writes nothing and asks nothing.

use std::collections::BTreeSet;

use futures::{StreamExt, TryStreamExt, stream};
use jiff::Timestamp;
use proto::{DirectoryGroup, DirectoryProject, GroupId, Presence, ProjectId};
use runtime::jetstream::{KvError, directory::News};

use super::{
    DirectoryKeeper, IN_MEMORY, KeepError,
    reading::{above, entry},
};
use crate::gitlab::{Group, Project, ReadError};

/// Projects that GitLab does not list, and that one step asks for.
const UNLISTED: usize = 200;
/// More groups than GitLab lets lie one in the other.
const DEEPEST: usize = 32;

/// A project as a reading showed it.
#[derive(Debug, Clone)]
pub(crate) struct Sighting {
    pub(super) project: DirectoryProject,
    /// The path of what it lies in.
    namespace: String,
}

impl Sighting {
    /// What the reading that began at `as_of` showed.
    pub(crate) fn of(project: &Project, as_of: Timestamp) -> Self {
        let namespace = project.namespace().to_owned();
        let project = DirectoryProject {
            group: project.group(),
            visibility: project.visibility().to_owned(),
            archived: project.is_archived(),
            ..DirectoryProject::shown(project.id(), project.path(), as_of)
        };
        Self { project, namespace }
    }

    fn is_known(&self, known: &DirectoryProject) -> bool {
        let of = |one: &DirectoryProject| (one.group, one.archived, one.presence);
        let told = &self.project;
        of(known) == of(told) && (&known.path, &known.visibility) == (&told.path, &told.visibility)
    }
}

impl DirectoryKeeper {
    /// A project was read. What goes wrong here is told, and keeps nobody from anything: the next reading tells the same.
    pub(crate) async fn noticed(&self, sighting: &Sighting) {
        if let Err(error) = self.notice(sighting).await {
            let id = sighting.project.id;
            tracing::debug!(gitlab.project.id = %id, %error, "a project is not in the directory yet");
        }
    }

    /// A project was to be read at that time, and GitLab did not show it.
    pub(crate) async fn missed(&self, id: ProjectId, at: Timestamp) {
        let missed = async {
            let known = self.project(id).await?;
            if known.is_some_and(|known| known.presence == Presence::Present) {
                self.learn_project(id, &News::missed(at, None)).await?;
            }
            Ok::<(), KeepError>(())
        };
        if let Err(error) = missed.await {
            tracing::debug!(gitlab.project.id = %id, %error, "a project is still in the directory");
        }
    }

    /// GitLab has listed these of all projects behind `after` and up to `last`, or all others where that is none. What else
    /// is known to be there is looked at, so many projects at a time: it may have been deleted, and the event lost. Where
    /// there is more of it than one step should ask for, returns how far it was looked at.
    ///
    /// # Errors
    /// When the directory is not in memory, or GitLab as a whole does not answer.
    pub(crate) async fn unlisted(
        &self,
        after: Option<ProjectId>,
        last: Option<ProjectId>,
        listed: &BTreeSet<ProjectId>,
        at_a_time: usize,
    ) -> Result<Option<ProjectId>, KeepError> {
        let known = self.known.read_within(IN_MEMORY, |known| known.present(after, last)).await;
        let known = known.ok_or(KeepError::NotYet)?;
        let mut unlisted = known.difference(listed).copied();
        let looked: Vec<ProjectId> = unlisted.by_ref().take(UNLISTED).collect();
        let rest = looked.last().copied().filter(|_| unlisted.next().is_some());
        let looks: Vec<_> = looked.into_iter().map(|id| self.look_for(id)).collect();
        stream::iter(looks).buffer_unordered(at_a_time).try_collect::<()>().await?;
        Ok(rest)
    }

    /// Looks whether a project is there. One that GitLab cannot give keeps nobody from the others, as long as GitLab says
    /// whose the token is.
    async fn look_for(&self, id: ProjectId) -> Result<(), KeepError> {
        let now = self.runtime.clock.now();
        match self.gitlab.project(id).await {
            Ok(found) => self.notice(&Sighting::of(&found, now)).await,
            Err(ReadError::Gone { .. }) => self.learn_project(id, &News::missed(now, None)).await,
            Err(error) => {
                if !error.is_about_one() && self.gitlab.confirm_user().await.is_err() {
                    return Err(error.into());
                }
                tracing::debug!(gitlab.project.id = %id, %error, "a project that is not listed was not looked at");
                Ok(())
            }
        }
    }

    pub(super) async fn notice(&self, sighting: &Sighting) -> Result<(), KeepError> {
        let told = &sighting.project;
        if !self.project(told.id).await?.is_some_and(|known| sighting.is_known(&known)) {
            self.learn_project(told.id, &News::shown(told.clone())).await?;
        }
        self.owners(sighting).await
    }

    /// A group was read.
    pub(super) async fn notice_group(&self, group: &Group, as_of: Timestamp) -> Result<(), KeepError> {
        let told = entry(group, as_of);
        let of = |one: &DirectoryGroup| (one.path.clone(), one.parent, one.visibility.clone(), one.presence);
        if !self.group(group.id).await?.is_some_and(|known| of(&known) == of(&told)) {
            self.learn_group(group.id, &News::shown(told)).await?;
        }
        Ok(())
    }

    /// The group that owns the project, and those above it.
    pub(super) async fn owners(&self, sighting: &Sighting) -> Result<(), KeepError> {
        match sighting.project.group {
            Some(group) => {
                self.groups_above((group, sighting.namespace.clone()), sighting.project.as_of).await
            }
            None => Ok(()),
        }
    }

    /// The group, which has this path, and those above it: whichever is not known so is read.
    pub(super) async fn groups_above(
        &self,
        first: (GroupId, String),
        as_of: Timestamp,
    ) -> Result<(), KeepError> {
        let mut next = Some(first);
        for _ in 0..DEEPEST {
            let Some((id, path)) = next else { return Ok(()) };
            let known = self.group(id).await?.filter(|known| known.path.eq_ignore_ascii_case(&path));
            let parent = match known {
                Some(known) => known.parent,
                None => self.group_at(id, &path, as_of).await?,
            };
            next = parent.zip(above(&path));
        }
        Ok(())
    }

    /// Reads the group, which has this path; returns the one that it lies in. What is kept of groups does where it says
    /// the same.
    async fn group_at(
        &self,
        id: GroupId,
        path: &str,
        as_of: Timestamp,
    ) -> Result<Option<GroupId>, KeepError> {
        let mut found = self.gitlab.group(id).await?;
        if found.as_ref().is_some_and(|found| !found.path.eq_ignore_ascii_case(path)) {
            self.gitlab.forget_group(id);
            found = self.gitlab.group(id).await?;
        }
        let news = match &found {
            Some(group) => News::shown(entry(group, as_of)),
            None => News::missed(as_of, Some(DirectoryGroup::unseen(id, path))),
        };
        self.learn_group(id, &news).await?;
        Ok(found.and_then(|group| group.parent))
    }

    /// What is known of the project: in memory, or where that is not complete yet, in the bucket.
    pub(super) async fn project(&self, id: ProjectId) -> Result<Option<DirectoryProject>, KvError> {
        match self.known.read(|known| known.project(id).cloned()) {
            Some(known) => Ok(known),
            None => self.runtime.jetstream.directory.project(id).await,
        }
    }

    pub(super) async fn group(&self, id: GroupId) -> Result<Option<DirectoryGroup>, KvError> {
        match self.known.read(|known| known.group(id).cloned()) {
            Some(known) => Ok(known),
            None => self.runtime.jetstream.directory.group(id).await,
        }
    }
}
