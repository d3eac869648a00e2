//! The directory: what is written of it, and what is found in memory.

use std::{future::Future, sync::Arc, time::Duration};

use jiff::{SignedDuration, Timestamp};
use proto::{DirectoryGroup, DirectoryProject, FoundBy, GroupId, ProjectId};
use runtime::{
    jetstream::{
        directory::{Lookup, News},
        mirror::Mirror,
    },
    lifecycle::Lifecycle,
};

use crate::stage::Stage;

const PATIENCE: Duration = Duration::from_secs(30);

fn at(seconds: i64) -> Timestamp {
    Timestamp::UNIX_EPOCH + SignedDuration::from_secs(1_800_000_000 + seconds)
}

fn project(id: u64, path: &str, group: u64, seconds: i64) -> DirectoryProject {
    DirectoryProject {
        group: Some(GroupId(group)),
        ..DirectoryProject::shown(ProjectId(id), path, at(seconds))
    }
}

fn group(id: u64, path: &str, parent: Option<u64>) -> DirectoryGroup {
    DirectoryGroup { parent: parent.map(GroupId), ..DirectoryGroup::shown(GroupId(id), path, at(0)) }
}

async fn shown(stage: &Stage, project: DirectoryProject) {
    let id = project.id;
    stage.jetstream().directory.learn_project(id, &News::shown(project)).await.unwrap();
}

async fn groups(stage: &Stage) {
    for group in [group(10, "acme", None), group(11, "acme/web", Some(10)), group(12, "acme/web/x", Some(11))]
    {
        stage.jetstream().directory.learn_group(group.id, &News::shown(group)).await.unwrap();
    }
}

fn kept(stage: &Stage) -> Arc<Mirror<Lookup>> {
    let (mirror, kept) = (Arc::new(stage.jetstream().directory.mirror()), Lifecycle::default());
    let keeper = mirror.clone();
    let life = kept.clone();
    kept.spawn(async move { keeper.keep(&life).await });
    mirror
}

/// Waits until something is so in memory.
async fn until<T>(mirror: &Mirror<Lookup>, look: impl Fn(&Lookup) -> Option<T>) -> T {
    within(async {
        loop {
            if let Some(Some(found)) = mirror.read(&look) {
                return found;
            }
            tokio::task::yield_now().await;
        }
    })
    .await
}

async fn within<T>(wait: impl Future<Output = T>) -> T {
    tokio::time::timeout(PATIENCE, wait).await.expect("in memory in time")
}

#[tokio::test]
async fn what_is_known_is_not_written_again_and_what_is_older_changes_no_path() {
    let stage = Stage::start().await;
    let written = async || stage.info("KV_guassp_directory").await.state.last_sequence;
    shown(&stage, project(7, "acme/shop", 10, 5)).await;
    assert_eq!(written().await, 1);
    shown(&stage, project(7, "acme/shop", 10, 5)).await;
    assert_eq!(written().await, 1);
    shown(&stage, project(7, "old/shop", 10, 3)).await;
    let known = stage.jetstream().directory.project(ProjectId(7)).await.unwrap().unwrap();
    assert_eq!((known.path.as_str(), known.previous[0].path.as_str()), ("acme/shop", "old/shop"));
}

#[tokio::test]
async fn a_project_is_found_by_id_by_its_path_and_by_one_that_it_had() {
    let stage = Stage::start().await;
    groups(&stage).await;
    shown(&stage, project(7, "acme/shop", 10, 0)).await;
    shown(&stage, project(8, "acme/web/blog", 11, 0)).await;
    let known = kept(&stage);
    let found = |lookup: &Lookup, name: &str| {
        lookup.find_project(name).map(|(project, by)| (project.id.0, project.path.clone(), by))
    };
    until(&known, |lookup| found(lookup, "8")).await;
    let is = |name: &str| known.read(|lookup| found(lookup, name)).unwrap();
    assert_eq!(is("7"), Some((7, "acme/shop".to_owned(), FoundBy::Id)));
    assert_eq!(is("Acme/SHOP"), Some((7, "acme/shop".to_owned(), FoundBy::Path)));
    assert_eq!(is("acme"), None);

    shown(&stage, project(7, "acme/store", 10, 1)).await;
    until(&known, |lookup| found(lookup, "acme/store")).await;
    assert_eq!(is("acme/shop"), Some((7, "acme/store".to_owned(), FoundBy::PreviousPath)));
    // The path is free for another one.
    shown(&stage, project(9, "acme/shop", 10, 2)).await;
    until(&known, |lookup| found(lookup, "9")).await;
    assert_eq!(is("acme/shop"), Some((9, "acme/shop".to_owned(), FoundBy::Path)));
}

#[tokio::test]
async fn the_projects_of_a_group_are_those_in_it_and_those_below_and_they_move() {
    let stage = Stage::start().await;
    groups(&stage).await;
    for (id, path, group) in [(7, "acme/shop", 10), (8, "acme/web/blog", 11), (9, "acme/web/x/y", 12)] {
        shown(&stage, project(id, path, group, 0)).await;
    }
    let known = kept(&stage);
    until(&known, |lookup| lookup.project(ProjectId(9)).cloned()).await;
    let ids = |projects: Vec<&DirectoryProject>| projects.iter().map(|found| found.id.0).collect::<Vec<_>>();
    let below = |group| known.read(|lookup| ids(lookup.projects_below(GroupId(group), None))).unwrap();
    let within =
        |group| known.read(|lookup| ids(lookup.projects_in(GroupId(group), None).collect())).unwrap();
    assert_eq!((below(10), below(11), within(10)), (vec![7, 8, 9], vec![8, 9], vec![7]));
    let after = known.read(|lookup| ids(lookup.projects_below(GroupId(10), Some(ProjectId(7))))).unwrap();
    assert_eq!(after, [8, 9]);
    shown(&stage, project(8, "acme/blog", 10, 1)).await;
    until(&known, |lookup| lookup.find_project("acme/blog").map(|_| ())).await;
    assert_eq!((below(11), within(10)), (vec![9], vec![7, 8]));
}

#[tokio::test]
async fn the_directory_is_there_again_after_a_restart_and_empty_where_nothing_is_known() {
    let stage = Stage::start().await;
    let empty = kept(&stage);
    assert!(
        within(async { empty.read_within(PATIENCE, |lookup| lookup.find_project("7").is_none()).await })
            .await
            .unwrap()
    );
    shown(&stage, project(7, "acme/shop", 10, 0)).await;
    shown(&stage, project(7, "acme/store", 10, 1)).await;
    until(&empty, |lookup| lookup.find_project("acme/store").map(|_| ())).await;
    let again = kept(&stage);
    let found =
        again.read_within(PATIENCE, |lookup| lookup.find_project("acme/shop").map(|(_, by)| by)).await;
    assert_eq!(found, Some(Some(FoundBy::PreviousPath)));
}

#[tokio::test]
async fn while_the_server_is_away_and_until_everything_is_read_again_it_is_as_it_was() {
    let mut stage = Stage::start().await;
    shown(&stage, project(7, "acme/shop", 10, 0)).await;
    let known = kept(&stage);
    until(&known, |lookup| lookup.project(ProjectId(7)).cloned()).await;
    stage.stop_server().await;
    stage.start_server().await;
    let learnt = async {
        while stage
            .jetstream()
            .directory
            .learn_project(ProjectId(8), &News::shown(project(8, "acme/web", 10, 1)))
            .await
            .is_err()
        {}
        loop {
            let (old, new) = known
                .read(|lookup| {
                    (lookup.project(ProjectId(7)).is_some(), lookup.project(ProjectId(8)).is_some())
                })
                .unwrap();
            assert!(old, "it is forgotten meanwhile");
            if new {
                return;
            }
            tokio::task::yield_now().await;
        }
    };
    within(learnt).await;
}
