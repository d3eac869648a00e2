//! Following the events of GitLab, as any service may.

use futures::StreamExt;
use jiff::{SignedDuration, Timestamp};
use proto::{
    EventGroup, EventProject, EventRefs, GitLabEvent, GitLabEventKind as Kind, GroupId, HookSource, ProjectId,
};
use runtime::jetstream::{GitLabFilter, encode, follow_gitlab};

use crate::stage::{Stage, at_once};

/// An event about this project, or about the group of this id.
fn event(id: &str, kind: Kind, about: u64) -> GitLabEvent {
    let is_group = kind == Kind::GroupMember;
    GitLabEvent {
        id: id.to_owned(),
        kind,
        action: None,
        source: HookSource::Webhook,
        instance: None,
        project: (!is_group).then(|| EventProject { id: Some(ProjectId(about)), ..EventProject::default() }),
        group: is_group.then(|| EventGroup { id: Some(GroupId(about)), ..EventGroup::default() }),
        user: None,
        role: None,
        actor: None,
        refs: EventRefs::default(),
        happened_at: None,
        received_at: Timestamp::UNIX_EPOCH,
        original_bytes: 0,
        original: None,
    }
}

async fn tell(stage: &Stage, event: &GitLabEvent) {
    let encoded = encode(event).unwrap();
    stage.jetstream().publisher.publish(event.subject(), event.id.clone(), encoded, None).await.unwrap();
}

/// The ids of the next events that are followed from so long ago on.
async fn ids(stage: &Stage, filter: &GitLabFilter, count: usize) -> Vec<String> {
    let since = stage.runtime.clock.now() - SignedDuration::from_hours(1);
    let events = follow_gitlab(stage.jetstream().context(), filter, Some(since)).await.unwrap();
    let events = events.take(count).map(|event| event.unwrap().id).collect();
    at_once("the events", events).await
}

#[tokio::test]
async fn events_are_followed_by_kind_and_by_what_they_are_about() {
    let stage = Stage::start().await;
    for (id, kind, about) in
        [("a", Kind::Push, 7), ("b", Kind::Note, 7), ("c", Kind::Push, 8), ("d", Kind::GroupMember, 7)]
    {
        tell(&stage, &event(id, kind, about)).await;
    }
    assert_eq!(ids(&stage, &GitLabFilter::default(), 4).await, ["a", "b", "c", "d"]);
    let pushes = GitLabFilter { kinds: vec!["push".into()], ..GitLabFilter::default() };
    assert_eq!(ids(&stage, &pushes, 2).await, ["a", "c"]);
    let both =
        GitLabFilter { project: Some(ProjectId(8)), group: Some(GroupId(7)), ..GitLabFilter::default() };
    assert_eq!(ids(&stage, &both, 2).await, ["c", "d"]);
}

#[tokio::test]
async fn without_a_moment_only_what_comes_is_told() {
    let stage = Stage::start().await;
    tell(&stage, &event("before", Kind::Push, 7)).await;
    let context = stage.jetstream().context().clone();
    let followed = follow_gitlab(&context, &GitLabFilter::default(), None).await.unwrap();
    let mut followed = std::pin::pin!(followed);
    tell(&stage, &event("after", Kind::Push, 7)).await;
    assert_eq!(at_once("an event", followed.next()).await.unwrap().unwrap().id, "after");
}
