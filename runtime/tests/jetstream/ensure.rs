//! Making sure that a project is read: one task where none waits, and none where one does.

use futures::future::join_all;
use proto::{Cause, GroupId, NewestTask, ProjectId, StartedTask, Task, TaskId, subject};
use runtime::jetstream::{Ensured, Seen};

use crate::stage::{Stage, position, task};

const SHOP: ProjectId = ProjectId(7);

async fn ensure(stage: &Stage, id: &str) -> Ensured {
    let cause = Cause::Group { group: GroupId(10), by: None };
    stage.jetstream().ensure_task(SHOP, cause, id.to_owned()).await.unwrap()
}

/// Somebody begins the task at this place.
async fn begin(stage: &Stage, task: TaskId, sequence: u64) {
    let position = stage.jetstream().position(sequence);
    let started = StartedTask { task, position, at: stage.runtime.clock.now() };
    stage.jetstream().projects.raise_started(SHOP, &started).await.unwrap();
}

/// A task as a gateway publishes it.
async fn publish(stage: &Stage) -> Task {
    let (jetstream, task) = (stage.jetstream(), task(SHOP.0));
    jetstream.records.create(&task).await.unwrap();
    let position = jetstream.publish_task(&task).await.unwrap();
    let newest = NewestTask { task: task.clone(), position, at: stage.runtime.clock.now(), canceled: false };
    jetstream.projects.raise_newest(&newest, Seen::nothing()).await.unwrap();
    task
}

#[tokio::test]
async fn where_nothing_waits_a_task_is_made_and_has_a_record() {
    let stage = Stage::start().await;
    let Ensured::Made(task) = ensure(&stage, "a").await else { panic!("no task") };
    let record = stage.jetstream().records.get(task).await.unwrap().unwrap();
    assert_eq!(record.cause, Cause::Group { group: GroupId(10), by: None });
    assert_eq!(ensure(&stage, "b").await, Ensured::Waits(task));
    assert_eq!(stage.count(subject::TASKS).await, 1);
    assert!(stage.jetstream().projects.newest(SHOP).await.unwrap().value.is_none(), "a gateway's key");
}

#[tokio::test]
async fn a_task_that_a_gateway_published_will_do_until_somebody_has_begun_it() {
    let stage = Stage::start().await;
    let waiting = publish(&stage).await.id;
    assert_eq!(ensure(&stage, "a").await, Ensured::Waits(waiting));
    begin(&stage, waiting, 1).await;
    let Ensured::Made(fresh) = ensure(&stage, "a").await else { panic!("no task") };
    assert_ne!(fresh, waiting);
    assert_eq!(ensure(&stage, "b").await, Ensured::Waits(fresh));
}

#[tokio::test]
async fn the_same_id_makes_one_task_also_when_that_was_begun() {
    let stage = Stage::start().await;
    let Ensured::Made(task) = ensure(&stage, "a").await else { panic!("no task") };
    begin(&stage, task, 1).await;
    assert_eq!(ensure(&stage, "a").await, Ensured::Repeated);
    assert_eq!(stage.count(subject::TASKS).await, 1);
}

#[tokio::test]
async fn many_at_once_with_one_id_make_one_task() {
    let stage = Stage::start().await;
    let ensured = join_all((0..8).map(|_| ensure(&stage, "a"))).await;
    assert_eq!(ensured.iter().filter(|ensured| matches!(ensured, Ensured::Made(_))).count(), 1);
    assert_eq!(stage.count(subject::TASKS).await, 1);
}

#[tokio::test]
async fn a_canceled_task_is_none_also_when_its_record_has_expired() {
    let stage = Stage::start().await;
    let canceled = publish(&stage).await.id;
    stage.jetstream().records.cancel(canceled, "by ops").await.unwrap();
    assert!(matches!(ensure(&stage, "a").await, Ensured::Made(_)));

    let stage = Stage::start().await;
    let canceled = publish(&stage).await.id;
    stage.jetstream().projects.cancel_newest(SHOP, canceled).await.unwrap();
    let records = stage.context().get_key_value(subject::TASK_RECORDS).await.unwrap();
    records.purge(subject::record_key(canceled)).await.unwrap();
    assert!(matches!(ensure(&stage, "a").await, Ensured::Made(_)));
}

#[tokio::test]
async fn what_was_begun_in_another_life_of_the_stream_and_what_cannot_be_read_count_as_no_task() {
    let stage = Stage::start().await;
    let waiting = publish(&stage).await.id;
    let elsewhere = StartedTask { task: waiting, position: position(1, 9), at: stage.runtime.clock.now() };
    stage.jetstream().projects.raise_started(SHOP, &elsewhere).await.unwrap();
    assert!(matches!(ensure(&stage, "a").await, Ensured::Made(_)), "rather one task too many");

    let stage = Stage::start().await;
    stage.context().publish(subject::task(SHOP), "noise".into()).await.unwrap().await.unwrap();
    assert!(matches!(ensure(&stage, "a").await, Ensured::Made(_)));
}
