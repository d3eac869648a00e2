//! The story of the directory: which projects and groups GitLab has, and had, and where.
//!
//! An event says that something may be another now; what it is, GitLab is asked. So it does not matter in which order
//! events come, how often, or whether one is lost: each leads to a reading, the newest reading counts, and sweeps and
//! tasks, which read projects anyway, tell of what no event told ([`noticed`]). What lies below a group that was renamed
//! is read page by page, by steps of a fan-out ([`below`]).

mod below;
mod noticed;
mod reading;

use std::{sync::Arc, time::Duration};

use proto::{EventUser, FanOut, GitLabEvent, GitLabEventKind, GroupId, ProjectId, subject};
use runtime::{
    Runtime,
    jetstream::{
        Delivery, KvError, PublishError, Stage, Step, WorkError, Worked, directory::Lookup, mirror::Mirror,
        records::TaskRef,
    },
};

pub(crate) use self::noticed::Sighting;
use self::reading::Told;
use crate::gitlab::{GitLab, ReadError};

/// How long the directory may take to be in memory after the start.
const IN_MEMORY: Duration = Duration::from_secs(10);
/// How often something is looked at again that GitLab says was deleted, and still shows.
const DELETIONS: u64 = 3;
/// After how long, times the number of the look.
const DELETED_AFTER: Duration = Duration::from_secs(5);

/// Keeps the directory. Cheap to clone.
#[derive(Debug, Clone)]
pub(crate) struct DirectoryKeeper {
    gitlab: GitLab,
    known: Arc<Mirror<Lookup>>,
    runtime: Runtime,
}

/// Why the directory was not brought up to date.
#[derive(Debug, thiserror::Error)]
pub(crate) enum KeepError {
    #[error(transparent)]
    Read(#[from] ReadError),
    #[error(transparent)]
    Kv(#[from] KvError),
    #[error(transparent)]
    Publish(#[from] PublishError),
    #[error("the directory is not in memory yet")]
    NotYet,
}

impl From<KeepError> for WorkError {
    fn from(error: KeepError) -> Self {
        let retry_after = match &error {
            KeepError::Read(error) => error.retry_after(),
            KeepError::Kv(_) | KeepError::Publish(_) | KeepError::NotYet => None,
        };
        Self { retry_after, ..Self::transient(error) }
    }
}

impl DirectoryKeeper {
    pub(crate) fn new(gitlab: GitLab, runtime: &Runtime) -> Self {
        let known = Arc::new(runtime.jetstream.directory.mirror());
        Self { gitlab, known, runtime: runtime.clone() }
    }

    /// Keeps what is known in memory, until the life ends.
    pub(crate) async fn keep(self) {
        self.known.keep(&self.runtime.lifecycle).await;
    }

    /// What an event leads to. Whether something that was told to be deleted is still there.
    async fn heed(&self, event: &GitLabEvent) -> Result<bool, KeepError> {
        let mut lingers = false;
        if let Some(id) = event.project.as_ref().and_then(|project| project.id)
            && self.is_news_of_project(event, id).await?
        {
            let told = Told::of_project(event);
            let found = self.read_project(id, &told).await?;
            lingers |= found && told.destroyed;
        }
        if let Some(id) = event.group.as_ref().and_then(|group| group.id)
            && self.is_news_of_group(event, id).await?
        {
            lingers |= self.group_changed(id, event).await?;
        }
        if event.kind == GitLabEventKind::User
            && let Some(old) = event.user.as_ref().and_then(|user: &EventUser| user.old_username.as_ref())
        {
            self.namespace_renamed(old).await?;
        }
        Ok(lingers)
    }

    /// An event about the project itself always is; any other where it names a project, or a path, that is not known.
    async fn is_news_of_project(&self, event: &GitLabEvent, id: ProjectId) -> Result<bool, KeepError> {
        if event.kind == GitLabEventKind::Project {
            return Ok(true);
        }
        let path = event.project.as_ref().and_then(|project| project.path.as_deref());
        Ok(self.project(id).await?.is_none_or(|known| is_another(path, &known)))
    }

    async fn is_news_of_group(&self, event: &GitLabEvent, id: GroupId) -> Result<bool, KeepError> {
        if event.kind == GitLabEventKind::Group {
            return Ok(true);
        }
        // What such an event tells of a group's path may be less than the full one.
        Ok(self.group(id).await?.is_none())
    }

    /// Reads the group, and begins to read what lies below it where its path is another now, or it is gone.
    async fn group_changed(&self, id: GroupId, event: &GitLabEvent) -> Result<bool, KeepError> {
        let (before, told) = (self.group(id).await?, Told::of_group(event));
        self.gitlab.forget_group(id);
        let found = self.read_group(id, &told).await?;
        let now = self.group(id).await?;
        let moved = before.is_some_and(|before| now.as_ref().is_none_or(|now| now.path != before.path));
        if moved || told.previous.is_some() || !found {
            self.runtime.jetstream.publish_fan_out(&FanOut::begin_directory(id, &event.id)).await?;
        }
        Ok(found && told.destroyed)
    }

    /// GitLab tells of no project that moves with the name of its owner.
    async fn namespace_renamed(&self, old: &str) -> Result<(), KeepError> {
        let theirs = self.known.read_within(IN_MEMORY, |known| known.personal_projects(old));
        for id in theirs.await.ok_or(KeepError::NotYet)? {
            self.read_project(id, &Told::default()).await?;
        }
        Ok(())
    }
}

/// Whether the path is none that the project has or had.
fn is_another(path: Option<&str>, known: &proto::DirectoryProject) -> bool {
    let is = |known: &str| path.is_none_or(|path| path.eq_ignore_ascii_case(known));
    !is(&known.path) && !known.previous.iter().any(|previous| is(&previous.path))
}

impl Stage for DirectoryKeeper {
    const NAME: &'static str = subject::RESOLVER_DIRECTORY;
    const STREAM: &'static str = subject::GITLAB;
    type Message = GitLabEvent;

    fn task(_: &GitLabEvent) -> Option<TaskRef> {
        None
    }

    async fn work(&self, delivery: &Delivery<GitLabEvent>) -> Result<Step, WorkError> {
        let lingers = self.heed(&delivery.message).await?;
        if lingers && delivery.delivered <= DELETIONS {
            let after = DELETED_AFTER * u32::try_from(delivery.delivered).unwrap_or(1);
            return Ok(Step::Wait {
                after,
                reason: "GitLab still shows what it says was deleted".to_owned(),
            });
        }
        Ok(Step::Done(Worked::Completed))
    }

    /// Whoever has it now reads the same once more.
    async fn lost(&self, _: &Delivery<GitLabEvent>) {}
}
