//! The three keys of a project are only ever raised.

use std::sync::atomic::{AtomicU64, Ordering};

use futures::future::join_all;
use jiff::Timestamp;
use proptest::{
    collection::vec,
    prelude::*,
    test_runner::{TestCaseError, TestRunner},
};
use proto::{AppliedPlan, NewestTask, PlanOrder, ProjectId, StartedTask, TaskId};
use runtime::jetstream::{Seen, projects::Projects};

use crate::stage::{Stage, position, task};

fn newest(project: u64, life: i64, sequence: u64) -> NewestTask {
    NewestTask {
        task: task(project),
        position: position(life, sequence),
        at: Timestamp::UNIX_EPOCH,
        canceled: false,
    }
}

fn started(life: i64, sequence: u64) -> StartedTask {
    StartedTask { task: TaskId::new(), position: position(life, sequence), at: Timestamp::UNIX_EPOCH }
}

fn applied(life: i64, (sequence, attempt): (u64, u64)) -> AppliedPlan {
    let order = PlanOrder { task: position(life, sequence), attempt };
    AppliedPlan { task: TaskId::new(), order, at: Timestamp::UNIX_EPOCH, members: 0, fingerprint: None }
}

/// Raises every key to each of `orders`, one after the other.
async fn raise(projects: &Projects, project: u64, life: i64, orders: &[(u64, u64)]) {
    let mut highest = 0;
    for order in orders {
        highest = highest.max(order.0);
        projects.raise_newest(&newest(project, life, order.0), Seen::nothing()).await.unwrap();
        projects.raise_applied(ProjectId(project), &applied(life, *order)).await.unwrap();
        let end = projects.raise_started(ProjectId(project), &started(life, order.0)).await.unwrap();
        assert_eq!(end.position, position(life, highest));
    }
}

/// The same, all at the same time.
async fn raise_at_once(projects: &Projects, project: u64, life: i64, orders: &[(u64, u64)]) {
    join_all(orders.iter().map(|order| async {
        projects.raise_newest(&newest(project, life, order.0), Seen::nothing()).await.unwrap();
        projects.raise_applied(ProjectId(project), &applied(life, *order)).await.unwrap();
        let end = projects.raise_started(ProjectId(project), &started(life, order.0)).await.unwrap();
        assert!(!end.position.is_before(&position(life, order.0)));
    }))
    .await;
}

/// The keys of a project as numbers.
async fn keys(projects: &Projects, project: u64) -> (u64, u64, (u64, u64)) {
    let project = ProjectId(project);
    let newest = projects.newest(project).await.unwrap().value.unwrap();
    let started = projects.started(project).await.unwrap().unwrap();
    let order = projects.applied(project).await.unwrap().unwrap().order;
    (newest.position.sequence, started.position.sequence, (order.task.sequence, order.attempt))
}

#[test]
fn any_order_of_raises_ends_at_the_highest() {
    let tokio = tokio::runtime::Runtime::new().unwrap();
    let stage = tokio.block_on(Stage::start());
    let (projects, next) = (&stage.jetstream().projects, AtomicU64::new(1));
    let settings = ProptestConfig { cases: 32, failure_persistence: None, ..ProptestConfig::default() };
    let any_raises = (vec((1..20_u64, 1..4_u64), 1..8), any::<bool>());
    TestRunner::new(settings)
        .run(&any_raises, |(orders, at_once)| {
            let project = next.fetch_add(1, Ordering::Relaxed);
            let found = tokio.block_on(async {
                if at_once {
                    raise_at_once(projects, project, 1, &orders).await;
                } else {
                    raise(projects, project, 1, &orders).await;
                }
                keys(projects, project).await
            });
            let highest = orders.iter().copied().max().unwrap();
            prop_assert_eq!(found, (highest.0, highest.0, highest));
            Ok::<(), TestCaseError>(())
        })
        .unwrap();
}

#[tokio::test]
async fn a_new_life_of_the_stream_replaces_whatever_stood_there() {
    let stage = Stage::start().await;
    let projects = &stage.jetstream().projects;
    raise(projects, 7, 1, &[(900, 3)]).await;
    raise(projects, 7, 2, &[(1, 1)]).await;
    assert_eq!(keys(projects, 7).await, (1, 1, (1, 1)));
    raise(projects, 7, 2, &[(3, 1), (2, 1)]).await;
    assert_eq!(keys(projects, 7).await, (3, 3, (3, 1)));
}

#[tokio::test]
async fn projects_do_not_raise_each_other() {
    let stage = Stage::start().await;
    let projects = &stage.jetstream().projects;
    raise(projects, 7, 1, &[(9, 1)]).await;
    raise(projects, 77, 1, &[(2, 1)]).await;
    assert_eq!(keys(projects, 7).await, (9, 9, (9, 1)));
    assert_eq!(keys(projects, 77).await, (2, 2, (2, 1)));
    let mut all: Vec<u64> =
        projects.all_newest().await.unwrap().iter().map(|newest| newest.task.project.0).collect();
    all.sort_unstable();
    assert_eq!(all, [7, 77]);
}
