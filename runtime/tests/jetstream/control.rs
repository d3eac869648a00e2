//! What people have ordered: pauses of one project and of everything.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use proto::{NewestTask, Pause, ProjectId};

use runtime::jetstream::Seen;

use crate::stage::{Stage, position, task};

fn pause(by: &str) -> Pause {
    Pause { by: by.to_owned(), at: Timestamp::UNIX_EPOCH, reason: None }
}

#[tokio::test]
async fn a_paused_project_stands_still_and_the_others_go_on() {
    let stage = Stage::start().await;
    let projects = &stage.jetstream().projects;
    assert_eq!(projects.pause_of(ProjectId(7)).await.unwrap(), None);
    projects.set_pause(Some(ProjectId(7)), Some(pause("ops"))).await.unwrap();
    assert_eq!(projects.pause_of(ProjectId(7)).await.unwrap(), Some(pause("ops")));
    assert_eq!(projects.pause_of(ProjectId(8)).await.unwrap(), None);
    assert_eq!(projects.paused().await.unwrap(), BTreeMap::from([(ProjectId(7), pause("ops"))]));
    projects.set_pause(Some(ProjectId(7)), None).await.unwrap();
    assert_eq!(projects.pause_of(ProjectId(7)).await.unwrap(), None);
    assert!(projects.paused().await.unwrap().is_empty());
}

#[tokio::test]
async fn everything_paused_stands_over_each_project_and_takes_no_pause_away() {
    let stage = Stage::start().await;
    let projects = &stage.jetstream().projects;
    projects.set_pause(Some(ProjectId(7)), Some(pause("own"))).await.unwrap();
    projects.set_pause(None, Some(pause("all"))).await.unwrap();
    for project in [7, 8] {
        assert_eq!(projects.pause_of(ProjectId(project)).await.unwrap(), Some(pause("all")));
    }
    projects.set_pause(None, None).await.unwrap();
    assert_eq!(projects.pause_of(ProjectId(7)).await.unwrap(), Some(pause("own")));
    assert_eq!(projects.pause_of(ProjectId(8)).await.unwrap(), None);
}

#[tokio::test]
async fn a_project_is_known_by_any_of_its_keys() {
    let stage = Stage::start().await;
    let projects = &stage.jetstream().projects;
    let newest =
        NewestTask { task: task(9), position: position(1, 1), at: Timestamp::UNIX_EPOCH, canceled: false };
    projects.raise_newest(&newest, Seen::nothing()).await.unwrap();
    projects.set_pause(Some(ProjectId(7)), None).await.unwrap();
    projects.set_pause(Some(ProjectId(8)), Some(pause("ops"))).await.unwrap();
    projects.set_pause(None, Some(pause("ops"))).await.unwrap();
    let known = projects.known().await.unwrap();
    assert!(known.is_superset(&BTreeSet::from([8, 9].map(ProjectId))), "{known:?}");
    assert!(known.iter().all(|project| [7, 8, 9].contains(&project.0)), "{known:?}");
}
