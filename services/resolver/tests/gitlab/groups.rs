//! What is kept of groups, and which of them the token may not see.

use std::time::Duration;

use futures::future::join_all;
use jiff::civil::Date;
use proto::{AccessLevel, GroupId, ProjectId, UnseenGroup, UserId};
use resolver::gitlab::{Config, Group, Share};
use sandbox::{
    Fault, FaultKind,
    gitlab::{Place, Visibility, level},
};

use crate::{
    process::until,
    stage::{ACME, SHOP, Stage, TOKEN, client, client_of, config, populate, read},
};

const PARTNERS: u64 = 20;
const STRANGER: &str = "glpat-stranger";

/// The public project of three, with a private group that somebody is in; it is invited at `place`.
async fn with_partners(place: Place) -> Stage {
    Stage::with(|world| {
        populate(world, 3);
        world.set_visibility(SHOP, Visibility::Public);
        world.groups.get_mut(&ACME).unwrap().visibility = Visibility::Public;
        world.add_group(PARTNERS, "partners");
        world.add_user(50, "partner");
        world.add_member(Place::Group(PARTNERS), 50, level::DEVELOPER);
        world.invite_group(place, PARTNERS, level::REPORTER);
        world.add_user(60, "stranger");
        world.add_token(STRANGER, 60, &["read_api"]);
    })
    .await
}

/// GitLab does not name what the token may not see.
fn somebody() -> Vec<UnseenGroup> {
    vec![UnseenGroup { id: None, path: None }]
}

async fn unseen(stage: &Stage, token: &str) -> Vec<UnseenGroup> {
    read(&client(stage.gitlab.url(), token), SHOP).await.unwrap().unseen
}

#[tokio::test]
async fn whoever_is_no_member_and_no_administrator_has_to_reckon_with_a_group_that_nobody_names() {
    for place in [Place::Project(SHOP), Place::Group(ACME)] {
        let stage = with_partners(place).await;
        let reading = read(&client(stage.gitlab.url(), STRANGER), SHOP).await.unwrap();
        assert_eq!((reading.unseen, reading.rows.len()), (somebody(), 3), "{place:?}");
        assert_eq!(reading.invited, [], "{place:?}");
        assert_eq!(unseen(&stage, TOKEN).await, [], "an administrator sees it");
    }
}

#[tokio::test]
async fn a_member_of_the_project_is_shown_the_members_of_invited_groups() {
    let stage = with_partners(Place::Project(SHOP)).await;
    stage.gitlab.change(|world| {
        let bot = world.add_bot(Place::Project(SHOP), level::GUEST);
        world.add_token("glpat-bot", bot, &["read_api"]);
    });
    let reading = read(&client(stage.gitlab.url(), "glpat-bot"), SHOP).await.unwrap();
    assert!(reading.rows.iter().any(|row| row.user == UserId(50)), "{:?}", reading.rows);
    assert_eq!(reading.unseen, []);
}

#[tokio::test]
async fn a_group_is_asked_for_once_by_many_and_again_after_it_was_forgotten() {
    let stage = Stage::of(1).await;
    stage.gitlab.change(|world| {
        world.add_group(PARTNERS, "partners");
        world.invite_group(Place::Group(ACME), PARTNERS, level::REPORTER);
        world.links[0].expires_at = Some("2030-05-01".to_owned());
        world.add_group(11, "acme/web");
    });
    let (path, parent) = ("acme/web".to_owned(), Some(GroupId(ACME)));
    let visibility = "private".to_owned();
    let web = Group { id: GroupId(11), path, parent, visibility, invited: Vec::new(), share_lock: false };
    let gate = stage.gitlab.faults().hold("GET", "/groups/11", 1);
    let many = join_all((0..20).map(|_| stage.client.group(GroupId(11))));
    let (found, ()) = tokio::join!(many, async {
        gate.arrived().await;
        gate.release();
    });
    found.into_iter().for_each(|found| assert_eq!(*found.unwrap().unwrap(), web));
    assert_eq!(stage.asked_of("/groups/11"), 1);
    stage.client.forget_group(GroupId(11));
    stage.client.group(GroupId(11)).await.unwrap();
    assert_eq!(stage.asked_of("/groups/11"), 2);
    let acme = stage.client.group(GroupId(ACME)).await.unwrap().unwrap();
    let (group, path, cap) = (GroupId(PARTNERS), "partners".to_owned(), AccessLevel::Reporter);
    let ends = Some(Date::constant(2030, 5, 1));
    assert_eq!(acme.invited, [Share { group, path, cap, ends }]);
    assert_eq!(stage.read().await.unwrap().ends, ends, "an invitation above the project ends, too");
}

#[tokio::test]
async fn a_group_that_was_forgotten_while_it_was_read_is_read_again() {
    let stage = Stage::of(1).await;
    let gate = stage.gitlab.faults().hold_answer("GET", "/groups/10", 1);
    let (found, ()) = tokio::join!(stage.client.group(GroupId(ACME)), async {
        gate.arrived().await;
        stage.gitlab.world().groups.get_mut(&ACME).unwrap().full_path = "renamed".to_owned();
        stage.client.forget_group(GroupId(ACME));
        gate.release();
    });
    assert_eq!(found.unwrap().unwrap().path, "renamed");
}

#[tokio::test]
async fn a_failure_is_not_kept_and_a_group_that_is_not_there_is() {
    let stage = Stage::of(1).await;
    stage.gitlab.faults().add(Fault::on("GET", "/groups/10").times(3).then(FaultKind::Status(500)));
    stage.client.group(GroupId(ACME)).await.unwrap_err();
    assert!(stage.client.group(GroupId(ACME)).await.unwrap().is_some());
    for _ in 0..2 {
        assert_eq!(stage.client.group(GroupId(99)).await.unwrap(), None);
    }
    assert_eq!(stage.asked_of("/groups/99"), 1);
}

#[tokio::test]
async fn members_of_groups_are_kept_within_bounds_and_age() {
    let stage = Stage::with(|world| {
        for id in 1..=150 {
            world.add_user(id, &format!("person-{id}"));
            world.add_member(Place::Group(ACME), id, level::DEVELOPER);
        }
        world.add_group(11, "acme/web");
        world.add_member(Place::Group(11), 1, level::OWNER);
    })
    .await;
    let (direct, all) = (
        stage.client.group_members(GroupId(11)).await.unwrap(),
        stage.client.all_group_members(GroupId(11)).await.unwrap(),
    );
    assert_eq!((direct.len(), all.len()), (1, 150));
    stage.client.all_group_members(GroupId(11)).await.unwrap();
    assert_eq!(stage.asked_of("/groups/11/members/all"), 2 * 2, "two pages, read twice, once");
    // A list that is larger than all that may be kept does not stay, nor does one that is too old.
    for (cache_rows, age) in [(100, Duration::from_secs(600)), (100_000, Duration::from_nanos(1))] {
        let small = client_of(&Config { cache_rows, cache_age: age, ..config(stage.gitlab.url(), TOKEN) });
        let before = stage.asked_of("/groups/11/members/all");
        until(async || {
            small.all_group_members(GroupId(11)).await.unwrap();
            (stage.asked_of("/groups/11/members/all") - before == 2 * 4).then_some(())
        })
        .await;
    }
}

#[tokio::test]
async fn unchanged_groups_and_lists_are_a_304_and_changed_ones_are_not() {
    let stage = Stage::of(1).await;
    let unchanged = || stage.gitlab.requests().iter().filter(|r| r.status == Some(304)).count();
    stage.gitlab.change(|world| world.add_member(Place::Group(ACME), 1, level::OWNER));
    let members = async || {
        stage.client.forget_group(GroupId(ACME));
        let group = stage.client.group(GroupId(ACME)).await.unwrap().unwrap();
        (group.path.clone(), stage.client.group_members(GroupId(ACME)).await.unwrap().len())
    };
    assert_eq!((members().await, unchanged()), (("acme".to_owned(), 1), 0));
    assert_eq!((members().await, unchanged()), (("acme".to_owned(), 1), 2));
    stage.gitlab.change(|world| {
        world.groups.get_mut(&ACME).unwrap().full_path = "renamed".to_owned();
        world.add_user(2, "another");
        world.add_member(Place::Group(ACME), 2, level::OWNER);
    });
    assert_eq!((members().await, unchanged()), (("renamed".to_owned(), 2), 2));
}

#[tokio::test]
async fn a_project_and_a_group_may_have_no_members_of_their_own() {
    let stage = Stage::with(|_| ()).await;
    assert_eq!(stage.client.project_members(ProjectId(SHOP)).await.unwrap(), []);
    assert!(stage.client.group_members(GroupId(ACME)).await.unwrap().is_empty());
    assert!(stage.asked_of("/user") > 0, "an empty list is believed of a proven user only");
}

#[tokio::test]
async fn a_personal_project_lies_in_no_group() {
    let stage = Stage::with(|world| {
        world.add_user(1, "jane");
        world.add_project(8, "jane/own");
    })
    .await;
    let reading = read(&stage.client, 8).await.unwrap();
    assert_eq!((reading.group, reading.personal, reading.rows.len()), (None, true, 1));
}
