//! End dates whose tasks cannot be made.

use std::time::Duration;

use broker::Nats;
use jiff::{Timestamp, civil::date};
use proto::{Cause, EndsOn, ProjectId, Task, TaskId, subject};
use resolver::{Config, ExpiryJob};
use runtime::jetstream::projects::Projects;

use crate::{
    process::{self, until},
    stage::{SHOP, Stage, TOKEN, config},
};

const STUCK: ProjectId = ProjectId(SHOP);
const OTHER: ProjectId = ProjectId(8);

fn ended() -> EndsOn {
    EndsOn { on: date(2026, 12, 1), due: Timestamp::UNIX_EPOCH }
}

async fn ends(projects: &Projects, project: ProjectId) -> EndsOn {
    let all = projects.all_ends().await.unwrap();
    all.into_iter().find(|(id, _)| *id == project).unwrap().1.value.unwrap()
}

async fn until_put_off(projects: &Projects, project: ProjectId) {
    until(async || (ends(projects, project).await.due > ended().due).then_some(())).await;
}

/// A resolver that looks at end dates all the time, and works on no task.
fn looks_only(stage: &Stage) -> Config {
    let resolver = process::config(config(stage.gitlab.url(), TOKEN));
    let expiry = ExpiryJob { look_every: Duration::from_millis(10), ..resolver.expiry };
    Config { workers: 0, expiry, ..resolver }
}

#[tokio::test]
async fn an_end_date_is_put_off_once_there_is_a_task_and_not_before_and_keeps_no_other_from_its_turn() {
    let (stage, nats) = (Stage::of(1).await, Nats::start().await);
    let runtime = process::runtime(&nats).await;
    let jetstream = &runtime.jetstream;
    // A task waits, and nobody can tell whether it was begun: so none can be made.
    let task = Task { id: TaskId::new(), project: STUCK, cause: Cause::Reconcile };
    jetstream.publish_task(&task).await.unwrap();
    let keys = jetstream.context().get_key_value(subject::PROJECTS).await.unwrap();
    keys.put(subject::started_key(STUCK), "of another version".into()).await.unwrap();
    for project in [STUCK, OTHER] {
        jetstream.projects.set_ends(project, Some(ended())).await.unwrap();
    }
    resolver::start(looks_only(&stage), &runtime).unwrap();
    // From one put-off to the next the stuck one has had its turn.
    for _ in 0..2 {
        until_put_off(&jetstream.projects, OTHER).await;
        jetstream.projects.set_ends(OTHER, Some(ended())).await.unwrap();
    }
    assert!(jetstream.has_task_message(OTHER).await.unwrap());
    assert_eq!(ends(&jetstream.projects, STUCK).await, ended());
    keys.delete(subject::started_key(STUCK)).await.unwrap();
    until_put_off(&jetstream.projects, STUCK).await;
}
