//! The end dates of projects: the newest reading counts.

use jiff::{Timestamp, civil::date};
use proto::{EndsOn, ProjectId};
use runtime::jetstream::projects::Projects;

use crate::stage::Stage;

const SHOP: ProjectId = ProjectId(7);

fn ends(day: i8, due: i64) -> EndsOn {
    EndsOn { on: date(2026, 12, day), due: Timestamp::from_second(due).unwrap() }
}

async fn kept(projects: &Projects) -> Vec<(ProjectId, EndsOn)> {
    let all = projects.all_ends().await.unwrap();
    all.into_iter().map(|(project, seen)| (project, seen.value.unwrap())).collect()
}

#[tokio::test]
async fn a_reading_writes_its_date_and_takes_away_one_that_is_gone() {
    let stage = Stage::start().await;
    let projects = &stage.jetstream().projects;
    projects.set_ends(SHOP, None).await.unwrap();
    assert!(kept(projects).await.is_empty());
    for wanted in [ends(1, 100), ends(1, 100), ends(2, 200)] {
        projects.set_ends(SHOP, Some(wanted.clone())).await.unwrap();
        assert_eq!(kept(projects).await, [(SHOP, wanted)]);
    }
    projects.set_ends(SHOP, None).await.unwrap();
    assert!(kept(projects).await.is_empty());
}

#[tokio::test]
async fn what_a_reading_has_written_meanwhile_is_not_put_off() {
    let stage = Stage::start().await;
    let projects = &stage.jetstream().projects;
    projects.set_ends(SHOP, Some(ends(1, 100))).await.unwrap();
    let (_, seen) = projects.all_ends().await.unwrap().remove(0);
    projects.set_ends(SHOP, Some(ends(2, 200))).await.unwrap();
    projects.put_off_ends(SHOP, seen, Timestamp::MAX).await.unwrap();
    assert_eq!(kept(projects).await, [(SHOP, ends(2, 200))]);

    let (_, seen) = projects.all_ends().await.unwrap().remove(0);
    projects.put_off_ends(SHOP, seen, ends(2, 300).due).await.unwrap();
    assert_eq!(kept(projects).await, [(SHOP, ends(2, 300))]);
}
