//! What lies in the streams, for tests that look.

use async_nats::{
    HeaderMap,
    jetstream::{message::StreamMessage, stream::RawMessageErrorKind},
};
use proto::{Event, GitLabEvent, Message, Plan, ProjectId, TaskId, TaskRecord, subject};
use runtime::jetstream::decode;

use crate::{Project, Scene, wait};

/// A message that was given up.
#[derive(Debug, Clone)]
pub struct DeadLetter {
    pub subject: String,
    pub payload: Vec<u8>,
    headers: HeaderMap,
}

impl DeadLetter {
    /// One of its headers.
    #[must_use]
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.as_str())
    }
}

impl Scene {
    /// The audit of a project, oldest first.
    pub async fn events(&self, project: &Project) -> Vec<Event> {
        let found = self.messages(subject::EVENTS, &subject::event("*", Some(ProjectId(project.id)))).await;
        let event = |found: &StreamMessage| decode(Some(&found.headers), &found.payload).expect("an event");
        found.iter().map(event).collect()
    }

    /// The dead letters of a project, oldest first.
    pub async fn dead_letters(&self, project: &Project) -> Vec<DeadLetter> {
        let found = self.messages(subject::DEAD, &subject::dead("*", &project.id.to_string())).await;
        let letter = |message: StreamMessage| DeadLetter {
            subject: message.subject.to_string(),
            payload: message.payload.to_vec(),
            headers: message.headers,
        };
        found.into_iter().map(letter).collect()
    }

    /// Every event that GitLab told, in the order of arrival.
    pub async fn gitlab_events(&self) -> Vec<GitLabEvent> {
        self.all(subject::GITLAB, subject::ALL_GITLAB).await
    }

    /// The plans that nobody has written yet.
    pub async fn waiting_plans(&self) -> Vec<Plan> {
        self.all(subject::PLANS, subject::ALL_PLANS).await
    }

    async fn all<M: Message>(&self, stream: &str, subject: &str) -> Vec<M> {
        let found = self.messages(stream, subject).await;
        found.iter().map(|found| decode(Some(&found.headers), &found.payload).expect("a message")).collect()
    }

    /// Waits until everything in a stream was given to this consumer, and none of it is in hand.
    pub async fn drained(&self, stream: &str, consumer: &str) {
        let context = self.stack.runtime.jetstream.context();
        let is_drained = async || broker::is_idle(context, stream, consumer).await.then_some(());
        wait::until(&format!("{consumer} to have worked on all of {stream}"), is_drained).await;
    }

    /// Waits until no task and no plan of the project is left: nothing more will happen to it.
    pub async fn quiet(&self, project: &Project) {
        let (jetstream, id) = (&self.stack.runtime.jetstream, ProjectId(project.id));
        let is_quiet = async || {
            let task = jetstream.has_task_message(id).await.ok()?;
            let plan = jetstream.is_plan_slot_taken(id).await.ok()?;
            (!task && !plan).then_some(())
        };
        wait::until(&format!("silence about project {id}"), is_quiet).await;
    }

    /// The record of a task when it has ended, read past the gateway, which may be dead.
    pub async fn recorded_end(&self, id: TaskId) -> TaskRecord {
        let records = &self.stack.runtime.jetstream.records;
        let ended = async || records.get(id).await.ok().flatten().filter(|record| record.state.is_final());
        wait::until(&format!("the end of task {id}"), ended).await
    }

    async fn messages(&self, stream: &str, subject: &str) -> Vec<StreamMessage> {
        let stream = self.stack.runtime.jetstream.context().get_stream(stream).await.expect("a stream");
        let (mut found, mut next) = (Vec::new(), 1);
        loop {
            match stream.get_first_raw_message_by_subject(subject, next).await {
                Ok(message) => {
                    next = message.sequence + 1;
                    found.push(message);
                }
                Err(error) if error.kind() == RawMessageErrorKind::NoMessageFound => return found,
                Err(error) => panic!("{error}"),
            }
        }
    }
}
