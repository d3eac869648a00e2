//! The keys of each project, each written by one role only; three of them are only ever raised. And the present life of
//! the stream of tasks, in which their positions count.

mod board;
mod control;
mod ends;
mod reconcile;
mod sweep;
mod sync;
mod token;

use std::collections::BTreeMap;

use async_nats::jetstream::Context;
use jiff::Timestamp;
use proto::{AppliedPlan, Incarnation, NewestTask, ProjectId, StartedTask, StreamLife, TaskId, subject};

pub use self::board::{ProjectBoard, ProjectRow};
use self::control::project_of;
use super::kv::{Bucket, KvError, Seen};

/// The bucket of project keys. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Projects {
    bucket: Bucket,
}

impl Projects {
    pub(super) async fn bind(context: &Context) -> Result<Self, KvError> {
        Ok(Self { bucket: Bucket::bind(context, subject::PROJECTS).await? })
    }

    /// The task that a new trigger may join; none where it cannot be read: the next one is written in its place.
    ///
    /// # Errors
    /// When the server does not answer.
    pub async fn newest(&self, project: ProjectId) -> Result<Seen<NewestTask>, KvError> {
        self.bucket.see_readable(&subject::newest_key(project)).await
    }

    /// The newest task that somebody has begun.
    ///
    /// # Errors
    /// When the server does not answer.
    pub async fn started(&self, project: ProjectId) -> Result<Option<StartedTask>, KvError> {
        self.bucket.load(&subject::started_key(project)).await
    }

    /// The same for those to whom one that cannot be read is as good as none: whoever begins the next task, and writes it
    /// in its place. A trigger must not join a task because of it.
    ///
    /// # Errors
    /// When the server does not answer.
    pub async fn readable_started(&self, project: ProjectId) -> Result<Option<StartedTask>, KvError> {
        self.bucket.load_readable(&subject::started_key(project)).await
    }

    /// The newest plan that was written.
    ///
    /// # Errors
    /// When the server does not answer.
    pub async fn applied(&self, project: ProjectId) -> Result<Option<AppliedPlan>, KvError> {
        self.bucket.load(&subject::applied_key(project)).await
    }

    /// Raises `newest`, which was `last`; a lower task leaves it as it is.
    ///
    /// # Errors
    /// When the server does not answer.
    pub async fn raise_newest(&self, newest: &NewestTask, last: Seen<NewestTask>) -> Result<(), KvError> {
        let raise = |old: Option<&NewestTask>| {
            let stale = old.is_some_and(|old| newest.position.is_before(&old.position));
            (!stale).then(|| newest.clone())
        };
        let key = subject::newest_key(newest.task.project);
        self.bucket.change_from(Some(last), &key, raise).await.map(|_| ())
    }

    /// Marks the project's newest task as canceled, if that is still `task`. Its record, which decides, expires; a
    /// canceled task must stay canceled.
    ///
    /// # Errors
    /// When the server does not answer.
    pub async fn cancel_newest(&self, project: ProjectId, task: TaskId) -> Result<(), KvError> {
        let cancel = |newest: Option<&NewestTask>| {
            let newest = newest.filter(|newest| newest.task.id == task && !newest.canceled)?;
            Some(NewestTask { canceled: true, ..newest.clone() })
        };
        self.bucket.change(&subject::newest_key(project), cancel).await.map(|_| ())
    }

    /// Raises `started` and returns what it is in the end: a newer task, if one was begun before.
    ///
    /// # Errors
    /// When the server does not answer.
    pub async fn raise_started(
        &self,
        project: ProjectId,
        started: &StartedTask,
    ) -> Result<StartedTask, KvError> {
        let raise = |old: Option<&StartedTask>| {
            let stale = old.is_some_and(|old| started.position.is_before(&old.position));
            (!stale).then(|| started.clone())
        };
        let end = self.bucket.change_readable(&subject::started_key(project), raise).await?;
        Ok(end.unwrap_or_else(|| started.clone()))
    }

    /// Raises `applied`.
    ///
    /// # Errors
    /// When the server does not answer.
    pub async fn raise_applied(&self, project: ProjectId, applied: &AppliedPlan) -> Result<(), KvError> {
        let raise = |old: Option<&AppliedPlan>| {
            let stale = old.is_some_and(|old| applied.order.is_before(&old.order));
            (!stale).then(|| applied.clone())
        };
        self.bucket.change(&subject::applied_key(project), raise).await.map(|_| ())
    }

    /// The newest task of every project that ever had one.
    ///
    /// # Errors
    /// When the server does not answer.
    pub async fn all_newest(&self) -> Result<Vec<NewestTask>, KvError> {
        let found = self.bucket.all(subject::NEWEST).await?;
        Ok(found.into_iter().map(|(_, newest)| newest).collect())
    }

    /// The newest plan of every project that was written.
    ///
    /// # Errors
    /// When the server does not answer.
    pub async fn all_applied(&self) -> Result<BTreeMap<ProjectId, AppliedPlan>, KvError> {
        let found = self.bucket.all(subject::APPLIED).await?;
        Ok(found.into_iter().filter_map(|(key, plan)| Some((project_of(&key)?, plan))).collect())
    }

    /// Since when the stream of tasks that was created at `created` counts as living its present life.
    ///
    /// # Errors
    /// When the server does not answer.
    pub(super) async fn life(&self, created: Timestamp) -> Result<Incarnation, KvError> {
        let life: Option<StreamLife> = self.bucket.load(subject::LIFE_KEY).await?;
        let set_back = life.filter(|life| life.created == created).map(|life| life.since);
        Ok(Incarnation(set_back.unwrap_or(created)))
    }

    /// Begins a new life of the stream that was created at `created`, unless one was begun after `old`.
    ///
    /// # Errors
    /// When the server does not answer.
    pub(super) async fn begin_life(
        &self,
        created: Timestamp,
        old: Incarnation,
        now: Timestamp,
    ) -> Result<(), KvError> {
        let begin = |life: Option<&StreamLife>| {
            let begun = life.is_some_and(|life| life.created == created && Incarnation(life.since) != old);
            (!begun).then_some(StreamLife { created, since: now })
        };
        self.bucket.change(subject::LIFE_KEY, begin).await.map(|_| ())
    }
}
