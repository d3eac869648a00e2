//! Following the audit and the records: from anywhere on, in order, and nothing left out.

use futures::StreamExt;
use proto::{Action, ControlEvent, Event, ProjectId, TaskState};
use runtime::jetstream::Followed;

use crate::stage::{Stage, at_once, reference, task};

fn event(project: Option<u64>, action: Action) -> Event {
    let at = jiff::Timestamp::UNIX_EPOCH;
    Event::Control(ControlEvent { project: project.map(ProjectId), action, by: "ops".to_owned(), at })
}

async fn tell(stage: &Stage, project: Option<u64>, action: Action) -> Event {
    let event = event(project, action);
    let id = format!("{event:?}");
    stage.jetstream().publisher.tell(&event, id).await.unwrap();
    event
}

#[tokio::test]
async fn the_audit_is_followed_from_any_place_on() {
    let stage = Stage::start().await;
    let first = tell(&stage, Some(7), Action::Sync).await;
    let second = tell(&stage, None, Action::Resume).await;
    let followed = stage.jetstream().follow_events(&["control"], None, 1).await.unwrap();
    let mut followed = std::pin::pin!(followed);
    for (sequence, item) in [(1, first), (2, second.clone())] {
        let next = at_once("an event", followed.next()).await.unwrap().unwrap();
        assert_eq!(next, Followed { sequence, item });
    }
    let third = tell(&stage, Some(8), Action::Sync).await;
    let next = at_once("an event", followed.next()).await.unwrap().unwrap();
    assert_eq!(next, Followed { sequence: 3, item: third });
    let later = stage.jetstream().follow_events(&["control"], None, 2).await.unwrap();
    let next = at_once("an event", std::pin::pin!(later).next()).await.unwrap().unwrap();
    assert_eq!(next.item, second);
}

#[tokio::test]
async fn the_audit_is_followed_by_kind_and_project() {
    let stage = Stage::start().await;
    tell(&stage, Some(8), Action::Sync).await;
    let wanted = tell(&stage, Some(7), Action::Sync).await;
    let followed =
        stage.jetstream().follow_events(&["grant", "control"], Some(ProjectId(7)), 1).await.unwrap();
    let next = at_once("an event", std::pin::pin!(followed).next()).await.unwrap().unwrap();
    assert_eq!(next, Followed { sequence: 2, item: wanted });
}

#[tokio::test]
async fn the_audit_of_a_project_is_read_to_its_end() {
    let stage = Stage::start().await;
    let of = async || stage.jetstream().events_of(&["grant", "control"], ProjectId(7)).await.unwrap();
    assert_eq!(of().await, []);
    let first = tell(&stage, Some(7), Action::Sync).await;
    tell(&stage, Some(8), Action::Sync).await;
    let second = tell(&stage, Some(7), Action::Resume).await;
    tell(&stage, None, Action::Resume).await;
    assert_eq!(at_once("the events", of()).await, [first, second]);
}

#[tokio::test]
async fn records_are_watched_as_they_are_and_as_they_change() {
    let stage = Stage::start().await;
    let (records, task) = (&stage.jetstream().records, task(7));
    records.create(&task).await.unwrap();
    let kept = records.kept().await.unwrap();
    assert_eq!((kept.last, kept.messages), (1, 1));
    let mut all = std::pin::pin!(records.watch().await.unwrap());
    let mut later = std::pin::pin!(records.watch_from(kept.last + 1).await.unwrap());
    let now = at_once("a record", all.next()).await.unwrap().unwrap();
    assert_eq!((now.sequence, now.item.task), (1, task.id));
    records.reading(&reference(&task)).await.unwrap();
    for next in [at_once("a change", all.next()).await, at_once("a change", later.next()).await] {
        let change = next.unwrap().unwrap();
        assert_eq!((change.sequence, change.item.record.unwrap().state), (2, TaskState::Started));
    }
}

#[tokio::test]
async fn a_record_that_is_taken_away_is_told_as_gone() {
    let stage = Stage::start().await;
    let (records, task) = (&stage.jetstream().records, task(7));
    let mut changes = std::pin::pin!(records.watch_from(2).await.unwrap());
    records.create(&task).await.unwrap();
    records.withdraw(task.id).await.unwrap();
    let gone = at_once("a change", changes.next()).await.unwrap().unwrap();
    assert_eq!((gone.item.task, gone.item.record), (task.id, None));
}
