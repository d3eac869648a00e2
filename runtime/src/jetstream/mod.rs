//! JetStream: where everything that must last is kept.
//!
//! [`connect`] reaches the server, [`topology`] says what streams, consumers and buckets there are, a [`Publisher`]
//! puts messages into them, a [`Stage`] works on them. [`records`], [`projects`], [`catalog`], [`directory`] and
//! [`Budgets`] are the buckets; a [`mirror`] is a part of them in memory.

mod budgets;
pub mod catalog;
pub mod connect;
mod consume;
mod dead_letter;
mod delivery;
pub mod directory;
mod encoding;
mod ensure;
mod follow;
mod follow_gitlab;
mod issues;
mod kv;
mod letters;
mod login;
pub mod mirror;
pub mod projects;
mod publish;
pub mod records;
pub mod server;
mod settle;
mod stage;
pub mod topology;
pub(crate) mod watch_queue;

use std::sync::{Arc, PoisonError, RwLock};

use async_nats::jetstream::{
    Context,
    context::GetStreamError,
    stream::{Info, RawMessageErrorKind, Stream},
};
use jiff::Timestamp;
use proto::{FanOut, GitLabEvent, Incarnation, ProjectId, Task, TaskPosition, subject};

pub use self::{
    budgets::{Budgets, Reserved},
    consume::run,
    delivery::{Delivery, Lease},
    encoding::{EncodeError, Encoded, UndecodableError, decode, encode},
    ensure::{EnsureError, Ensured},
    follow::{Followed, Kept},
    follow_gitlab::{GitLabFilter, follow_gitlab},
    issues::OpenedIssues,
    kv::{KvError, Seen},
    letters::DeadLetter,
    publish::{PublishError, Published, Publisher},
    stage::{Retry, Stage, Step, WorkError, Worked},
    watch_queue::{QueueState, watch_queue},
};
use self::{
    catalog::Catalog, directory::Directory, projects::Projects, records::Records, topology::TopologyError,
};
use crate::{clock::Clock, metrics::Metrics};

/// The streams and buckets, bound and compared with what this build expects. Cheap to clone.
#[derive(Debug, Clone)]
pub struct JetStream {
    // Shared, because the library's clones copy all settings.
    context: Arc<Context>,
    tasks: Arc<Bound>,
    plans: Arc<Stream>,
    events: Arc<Stream>,
    dead: Arc<Stream>,
    /// Puts messages into streams.
    pub publisher: Publisher,
    /// What `GET /task/{id}` shows.
    pub records: Records,
    /// What coalesces and orders the tasks of a project.
    pub projects: Projects,
    /// How many calls all processes together may make.
    pub budgets: Budgets,
    /// Which projects SonarQube has.
    pub catalog: Catalog,
    /// Which issues were opened for people.
    pub issues: OpenedIssues,
    /// Which projects and groups GitLab has.
    pub directory: Directory,
}

#[derive(Debug)]
struct Bound {
    stream: Stream,
    incarnation: RwLock<Incarnation>,
}

/// Why the streams could not be bound.
#[derive(Debug, thiserror::Error)]
pub enum BindError {
    /// A stream, consumer or bucket is missing, or differs from what this build expects.
    #[error(transparent)]
    Topology(#[from] TopologyError),
    /// A bucket did not answer.
    #[error(transparent)]
    Bucket(#[from] KvError),
    /// nats-server did not answer.
    #[error("nats-server does not answer: {0} (is JetStream enabled, and the server up?)")]
    Unavailable(String),
}

impl JetStream {
    /// Binds to streams, consumers and buckets that exist already; creates nothing.
    ///
    /// # Errors
    /// When something is missing, differs from what this build expects, or the server does not answer.
    pub async fn bind(context: Context, clock: Clock, metrics: Arc<Metrics>) -> Result<Self, BindError> {
        topology::verify(&context).await?;
        let context = Arc::new(context);
        let publisher = Publisher::new(context.clone());
        let budgets = Budgets::bind(&context, clock.clone()).await?;
        let records = Records::bind(&context, publisher.clone(), clock, metrics).await?;
        let projects = Projects::bind(&context).await?;
        let catalog = Catalog::bind(&context).await?;
        let issues = OpenedIssues::bind(&context).await?;
        let directory = Directory::bind(&context).await?;
        let tasks = stream(&context, subject::TASKS).await?;
        let incarnation = RwLock::new(projects.life(created(tasks.cached_info())).await?);
        let plans = Arc::new(stream(&context, subject::PLANS).await?);
        let events = Arc::new(stream(&context, subject::EVENTS).await?);
        let dead = Arc::new(stream(&context, subject::DEAD).await?);
        let tasks = Arc::new(Bound { stream: tasks, incarnation });
        Ok(Self {
            context,
            tasks,
            plans,
            events,
            dead,
            publisher,
            records,
            projects,
            budgets,
            catalog,
            issues,
            directory,
        })
    }

    /// Whether the server answers and holds the streams.
    ///
    /// # Errors
    /// With the reason when it does not.
    pub async fn check(&self) -> Result<(), BindError> {
        self.refresh_incarnation().await.map(|_| ())
    }

    /// The place of the task message with `sequence` in the stream's present life.
    #[must_use]
    pub fn position(&self, sequence: u64) -> TaskPosition {
        let incarnation = *self.tasks.incarnation.read().unwrap_or_else(PoisonError::into_inner);
        TaskPosition { incarnation, sequence }
    }

    /// Asks the server in which life the stream of tasks is.
    ///
    /// # Errors
    /// When the server does not answer.
    pub async fn refresh_incarnation(&self) -> Result<Incarnation, BindError> {
        let info = self.tasks_info().await?;
        let incarnation = self.projects.life(created(&info)).await?;
        *self.tasks.incarnation.write().unwrap_or_else(PoisonError::into_inner) = incarnation;
        Ok(incarnation)
    }

    /// Whether the stream of tasks has forgotten the message at `position`: it was set back to an older copy of itself,
    /// by a restore or by a loss of power. A new life begins then, in which sequences count afresh.
    ///
    /// # Errors
    /// When the server does not answer.
    pub async fn is_set_back(&self, position: &TaskPosition, now: Timestamp) -> Result<bool, BindError> {
        let info = self.tasks_info().await?;
        if info.state.last_sequence >= position.sequence {
            return Ok(false);
        }
        self.projects.begin_life(created(&info), position.incarnation, now).await?;
        self.refresh_incarnation().await?;
        Ok(true)
    }

    async fn tasks_info(&self) -> Result<Info, BindError> {
        self.tasks.stream.get_info().await.map_err(|error| BindError::Unavailable(error.to_string()))
    }

    /// Publishes a task under its own id: a second time within the dedupe window is no second message.
    ///
    /// # Errors
    /// When nothing took it within the publisher's patience.
    pub async fn publish_task(&self, task: &Task) -> Result<TaskPosition, PublishError> {
        self.publish_task_as(task, task.id.to_string()).await
    }

    /// Publishes a task whose message, which had the sequence `gone`, is no longer in the stream. Several gateways
    /// may find that out at the same time: one message comes of it.
    ///
    /// # Errors
    /// When nothing took it within the publisher's patience.
    pub async fn publish_task_again(&self, task: &Task, gone: u64) -> Result<TaskPosition, PublishError> {
        self.publish_task_as(task, format!("{}.after.{gone}", task.id)).await
    }

    async fn publish_task_as(&self, task: &Task, id: String) -> Result<TaskPosition, PublishError> {
        let published = self.publisher.publish(subject::task(task.project), id, encode(task)?, None).await?;
        Ok(self.position(published.sequence))
    }

    /// Publishes a step of a fan-out: a second time within the dedupe window is no second message.
    ///
    /// # Errors
    /// When nothing took it within the publisher's patience.
    pub async fn publish_fan_out(&self, step: &FanOut) -> Result<Published, PublishError> {
        self.publisher.publish(step.subject(), step.message_id(), encode(step)?, None).await
    }

    /// The sequence of the newest event of GitLab that is stored (0 where there never was one), and when that was, by the
    /// server's clock.
    ///
    /// # Errors
    /// When the server does not answer.
    pub async fn newest_gitlab_event(&self) -> Result<(u64, Timestamp), BindError> {
        let stream = stream(&self.context, subject::GITLAB).await?;
        let state = &stream.cached_info().state;
        let at = Timestamp::from_nanosecond(state.last_timestamp.unix_timestamp_nanos());
        Ok((state.last_sequence, at.unwrap_or(Timestamp::UNIX_EPOCH)))
    }

    /// Publishes an event of GitLab that was published before, as another message.
    ///
    /// # Errors
    /// When nothing took it within the publisher's patience.
    pub async fn tell_again(&self, event: &GitLabEvent, message: String) -> Result<(), PublishError> {
        self.publisher.publish(event.subject(), message, encode(event)?, None).await.map(|_| ())
    }

    /// Whether a step of a sweep waits or is in hand.
    ///
    /// # Errors
    /// When the server does not answer.
    pub async fn is_sweeping(&self) -> Result<bool, BindError> {
        let stream = stream(&self.context, subject::FAN_OUTS).await?;
        Ok(kv::last_message(&stream, &subject::fan_out(None)).await?.is_some())
    }

    /// Whether a task message of the project waits or is in hand.
    ///
    /// # Errors
    /// When the server does not answer.
    pub async fn has_task_message(&self, project: ProjectId) -> Result<bool, KvError> {
        kv::last_message(&self.tasks.stream, &subject::task(project)).await.map(|last| last.is_some())
    }

    /// The message id of the plan that has the project's one place.
    ///
    /// # Errors
    /// When the server does not answer.
    pub async fn plan_in_place(&self, project: ProjectId) -> Result<Option<String>, KvError> {
        kv::last_message_id(&self.plans, &subject::plan(project)).await
    }

    /// Whether the project's one place for a plan is taken.
    ///
    /// # Errors
    /// When the server does not answer.
    pub async fn is_plan_slot_taken(&self, project: ProjectId) -> Result<bool, KvError> {
        kv::last_message(&self.plans, &subject::plan(project)).await.map(|last| last.is_some())
    }

    /// Whether the message is surely not in the stream any more; without an answer it may be.
    async fn is_gone(&self, stream: &str, sequence: u64) -> bool {
        let Ok(stream) = self.context.get_stream_no_info(stream).await else { return false };
        let found = stream.get_raw_message(sequence).await;
        found.is_err_and(|error| error.kind() == RawMessageErrorKind::NoMessageFound)
    }

    /// The library's own handle, for tests and commands that look at streams.
    #[must_use]
    pub fn context(&self) -> &Context {
        &self.context
    }
}

async fn stream(context: &Context, name: &str) -> Result<Stream, BindError> {
    context
        .get_stream(name)
        .await
        .map_err(|error: GetStreamError| BindError::Unavailable(format!("{name}: {error}")))
}

fn created(info: &Info) -> Timestamp {
    Timestamp::from_nanosecond(info.created.unix_timestamp_nanos()).unwrap_or(Timestamp::UNIX_EPOCH)
}
