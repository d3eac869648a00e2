//! Following the events of GitLab. A follower takes nothing out of the stream and leaves nothing behind on the server,
//! and it needs nothing but the stream.

use std::collections::BTreeSet;

use async_nats::jetstream::{
    Context,
    consumer::{DeliverPolicy, pull::OrderedConfig},
};
use futures::{Stream, StreamExt};
use jiff::Timestamp;
use proto::{GitLabEvent, GroupId, ProjectId, subject};
use serde_json::json;

use super::{BindError, encoding::decode, follow::unavailable};

/// Which events.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct GitLabFilter {
    /// Of these kinds, as subjects spell them; of all kinds where none is named.
    pub kinds: Vec<String>,
    /// About this project.
    pub project: Option<ProjectId>,
    /// About this group; beside those about the project.
    pub group: Option<GroupId>,
}

impl GitLabFilter {
    /// The subjects of these events. No two of them have an event in common.
    fn subjects(&self) -> Vec<String> {
        let project = self.project.map(|project| format!("project.{project}"));
        let group = self.group.map(|group| format!("group.{group}"));
        let places: Vec<String> = project.into_iter().chain(group).collect();
        let places = if places.is_empty() { vec![">".to_owned()] } else { places };
        // Named twice, a kind is one: the server refuses filters that overlap.
        let kinds: BTreeSet<&str> = self.kinds.iter().map(String::as_str).collect();
        let kinds = if kinds.is_empty() { BTreeSet::from(["*"]) } else { kinds };
        let of = |kind| places.iter().map(move |place| subject::gitlab_filter(kind, place));
        kinds.into_iter().flat_map(of).collect()
    }
}

/// The events of GitLab from the moment `since` on, or those that come from now on. Ends with an error when the server is
/// lost. What cannot be read is passed over, with a word in the log.
///
/// # Errors
/// When the server does not answer, or the stream is not there.
pub async fn follow_gitlab(
    context: &Context,
    filter: &GitLabFilter,
    since: Option<Timestamp>,
) -> Result<impl Stream<Item = Result<GitLabEvent, BindError>> + Send + use<>, BindError> {
    let deliver_policy = since.map_or(Ok(DeliverPolicy::New), from).map_err(|error| unavailable(&error))?;
    let config = OrderedConfig { filter_subjects: filter.subjects(), deliver_policy, ..Default::default() };
    let stream = context.get_stream(subject::GITLAB).await.map_err(|error| unavailable(&error))?;
    let consumer = stream.create_consumer(config).await.map_err(|error| unavailable(&error))?;
    let messages = consumer.messages().await.map_err(|error| unavailable(&error))?;
    Ok(messages.filter_map(async |message| match message {
        Ok(message) => match decode(message.headers.as_ref(), &message.payload) {
            Ok(event) => Some(Ok(event)),
            Err(error) => {
                tracing::warn!(subject = %message.subject, %error, "an event cannot be read; passed over");
                None
            }
        },
        Err(error) => Some(Err(unavailable(&error))),
    }))
}

/// By the name that the server has for it: the library's type of a time is none of ours.
fn from(since: Timestamp) -> serde_json::Result<DeliverPolicy> {
    serde_json::from_value(json!({ "deliver_policy": "by_start_time", "opt_start_time": since }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_filter_is_every_kind_at_every_place() {
        assert_eq!(GitLabFilter::default().subjects(), ["guassp.gitlab.*.>"]);
        let filter = GitLabFilter {
            kinds: ["push", "note", "push"].map(str::to_owned).into(),
            project: Some(ProjectId(7)),
            group: Some(GroupId(10)),
        };
        assert_eq!(
            filter.subjects(),
            [
                "guassp.gitlab.note.project.7",
                "guassp.gitlab.note.group.10",
                "guassp.gitlab.push.project.7",
                "guassp.gitlab.push.group.10",
            ]
        );
    }

    #[test]
    fn a_moment_is_understood_by_the_library() {
        let policy = from("2026-11-22T10:00:00.5Z".parse().unwrap()).unwrap();
        assert!(matches!(policy, DeliverPolicy::ByStartTime { .. }), "{policy:?}");
    }
}
