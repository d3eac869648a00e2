//! The catalogue: what counts as had, what a listing changes, and whose turn it is.

use std::collections::BTreeMap;

use futures::future::join_all;
use jiff::{SignedDuration, Timestamp};
use proto::{CatalogEntry, ProjectId, subject};
use runtime::jetstream::catalog::Catalog;

use crate::stage::Stage;

const START: Timestamp = Timestamp::UNIX_EPOCH;

fn after(seconds: i64) -> Timestamp {
    START + SignedDuration::from_secs(seconds)
}

fn entry(keys: &[&str], seconds: i64) -> CatalogEntry {
    let keys = keys.iter().map(|key| (*key).to_owned()).collect();
    CatalogEntry { keys, by_name: false, path: None, at: after(seconds) }
}

fn listed(projects: &[(u64, &[&str])], seconds: i64) -> BTreeMap<ProjectId, CatalogEntry> {
    projects.iter().map(|(id, keys)| (ProjectId(*id), entry(keys, seconds))).collect()
}

/// SonarQube is listed, and nothing else happens meanwhile.
async fn list(catalog: &Catalog, projects: &[(u64, &[&str])], seconds: i64) {
    let known = catalog.known().await.unwrap();
    catalog.fill(&known, &listed(projects, seconds), after(seconds)).await.unwrap();
}

async fn has(catalog: &Catalog, projects: &[u64]) -> Vec<bool> {
    let mut had = Vec::new();
    for project in projects {
        had.push(catalog.has(ProjectId(*project)).await.unwrap());
    }
    had
}

#[tokio::test]
async fn until_everything_was_listed_once_every_project_counts_as_had() {
    let stage = Stage::start().await;
    let catalog = &stage.jetstream().catalog;
    assert_eq!(has(catalog, &[7, 8]).await, [true, true]);
    catalog.note(ProjectId(7), Some(entry(&["shop"], 0))).await.unwrap();
    assert_eq!(has(catalog, &[7, 8]).await, [true, true]);
    list(catalog, &[(7, &["shop"])], 1).await;
    assert_eq!(has(catalog, &[7, 8]).await, [true, false]);
}

#[tokio::test]
async fn a_listing_adds_what_is_missing_and_takes_out_what_is_gone_and_a_second_one_changes_nothing() {
    let stage = Stage::start().await;
    let catalog = &stage.jetstream().catalog;
    list(catalog, &[(7, &["shop"]), (8, &["blog"])], 1).await;
    let before = stage.info("KV_guassp_catalog").await.state.last_sequence;
    list(catalog, &[(7, &["shop"]), (8, &["blog"])], 2).await;
    assert_eq!(stage.info("KV_guassp_catalog").await.state.last_sequence, before);
    list(catalog, &[(8, &["blog", "blog-web"]), (9, &["docs"])], 3).await;
    assert_eq!(has(catalog, &[7, 8, 9]).await, [false, true, true]);
    // Two entries, whose three claims are written once, and one that is taken out.
    assert_eq!(stage.info("KV_guassp_catalog").await.state.last_sequence, before + 3 + 2);
}

#[tokio::test]
async fn what_was_found_by_its_name_alone_stays_until_it_is_looked_for_in_vain() {
    let stage = Stage::start().await;
    let catalog = &stage.jetstream().catalog;
    catalog.note(ProjectId(7), Some(CatalogEntry { by_name: true, ..entry(&["shop"], 0) })).await.unwrap();
    list(catalog, &[(8, &["blog"])], 1).await;
    assert_eq!(has(catalog, &[7, 8]).await, [true, true]);
    catalog.note(ProjectId(7), None).await.unwrap();
    assert_eq!(has(catalog, &[7, 8]).await, [false, true]);
}

#[tokio::test]
async fn what_is_written_while_sonarqube_is_listed_stays_and_so_does_everything_when_nothing_is_listed() {
    let stage = Stage::start().await;
    let catalog = &stage.jetstream().catalog;
    list(catalog, &[(7, &["shop"]), (8, &["blog"])], 1).await;
    let known = catalog.known().await.unwrap();
    catalog.note(ProjectId(7), Some(entry(&["shop", "shop-web"], 2))).await.unwrap();
    catalog.fill(&known, &listed(&[(9, &["docs"])], 3), after(3)).await.unwrap();
    assert_eq!(has(catalog, &[7, 8, 9]).await, [true, false, true]);
    list(catalog, &[], 4).await;
    assert_eq!(has(catalog, &[7, 9]).await, [true, true]);
}

#[tokio::test]
async fn an_entry_of_another_version_counts_as_had_and_is_written_anew() {
    let stage = Stage::start().await;
    let catalog = &stage.jetstream().catalog;
    let bucket = stage.context().get_key_value("guassp_catalog").await.unwrap();
    bucket.put("7", "noise".into()).await.unwrap();
    list(catalog, &[(8, &["blog"])], 1).await;
    assert_eq!(has(catalog, &[7]).await, [true]);
    list(catalog, &[(7, &["shop"]), (8, &["blog"])], 2).await;
    list(catalog, &[(8, &["blog"])], 3).await;
    assert_eq!(has(catalog, &[7]).await, [false]);
}

#[tokio::test]
async fn a_sonarqube_project_is_the_one_it_was_found_for_last_as_long_as_it_still_is() {
    let stage = Stage::start().await;
    let catalog = &stage.jetstream().catalog;
    let other = async |key: &str| catalog.claimed_by_another([key], ProjectId(8)).await.unwrap();
    assert_eq!(other("acme:shop").await, None);
    catalog.note(ProjectId(7), Some(entry(&["acme:shop"], 0))).await.unwrap();
    assert_eq!(other("acme:shop").await, Some(ProjectId(7)));
    assert_eq!(other("acme_shop").await, None);
    assert_eq!(catalog.claimed_by_another(["acme:shop"], ProjectId(7)).await.unwrap(), None);
    catalog.note(ProjectId(7), Some(entry(&["blog"], 1))).await.unwrap();
    assert_eq!(other("acme:shop").await, None, "it is not found for it any more");
    catalog.note(ProjectId(8), Some(entry(&["acme:shop"], 2))).await.unwrap();
    assert_eq!(catalog.claimed_by_another(["acme:shop"], ProjectId(7)).await.unwrap(), Some(ProjectId(8)));
}

#[tokio::test]
async fn one_of_many_lists_and_the_next_when_it_is_time_or_when_that_one_failed() {
    let stage = Stage::start().await;
    let catalog = &stage.jetstream().catalog;
    let turns = join_all((0..8).map(|_| catalog.take_turn(subject::LISTING_KEY, START, after(600)))).await;
    assert_eq!(turns.into_iter().filter(|turn| *turn.as_ref().unwrap()).count(), 1);
    assert!(!catalog.take_turn(subject::LISTING_KEY, after(599), after(1200)).await.unwrap());
    assert!(catalog.take_turn(subject::LISTING_KEY, after(600), after(1200)).await.unwrap());
    catalog.list_again(after(660)).await.unwrap();
    assert!(!catalog.take_turn(subject::LISTING_KEY, after(659), after(1259)).await.unwrap());
    assert!(catalog.take_turn(subject::LISTING_KEY, after(660), after(1260)).await.unwrap());
}
