//! Whole lists: every kind of row, every length.

use access::{Account, MembershipRow, Seat};
use proto::{AccessLevel, GroupId};
use resolver::{Reading, gitlab::Share};
use sandbox::gitlab::{Place, UserState, Visibility, level};

use crate::stage::{ACME, SHOP, Stage, person, whole};

const GUESTS: u64 = 20;

#[tokio::test]
async fn every_kind_of_row_is_read_as_gitlab_lists_it() {
    let mut bots = (0, 0);
    let stage = Stage::with(|world| {
        let (shop, acme) = (Place::Project(SHOP), Place::Group(ACME));
        let names =
            ["owner", "both", "invited", "blocked", "awaiting", "mailed", "planner", "security", "minimal"];
        for (id, name) in (1..).zip(names) {
            world.add_user(id, name);
        }
        world.add_member(acme, 1, level::OWNER);
        world.add_member(shop, 2, level::REPORTER);
        world.add_member(acme, 2, level::MAINTAINER);
        world.add_group(GUESTS, "guests");
        world.add_member(Place::Group(GUESTS), 3, level::OWNER);
        world.invite_group(shop, GUESTS, level::REPORTER);
        world.add_member(shop, 4, level::DEVELOPER);
        world.set_state(4, UserState::Blocked);
        world.add_awaiting(shop, 5, level::DEVELOPER);
        world.add_member(shop, 6, level::REPORTER);
        world.invite_by_email(shop, "mailed@example.com", Some(6), level::DEVELOPER);
        world.invite_by_email(shop, "nobody@example.com", None, level::OWNER);
        world.add_member(shop, 7, level::PLANNER);
        world.add_member(shop, 8, level::SECURITY_MANAGER);
        world.add_member(shop, 9, level::MINIMAL);
        world.add_user(10, "asker");
        world.request_access(shop, 10);
        bots = (world.add_bot(shop, level::MAINTAINER), world.add_bot(acme, level::OWNER));
    })
    .await;
    let bot = |id: u64, place: &str, level| MembershipRow {
        bot: true,
        ..person(id, &format!("{place}_bot_{id:x}"), level)
    };
    let rows = vec![
        person(1, "owner", AccessLevel::Owner),
        person(2, "both", AccessLevel::Maintainer),
        person(3, "invited", AccessLevel::Reporter),
        MembershipRow { account: Account::Inactive, ..person(4, "blocked", AccessLevel::Developer) },
        MembershipRow { seat: Seat::Awaiting, ..person(5, "awaiting", AccessLevel::Developer) },
        // The plain membership and the accepted invitation: two rows, with one effective level.
        person(6, "mailed", AccessLevel::Developer),
        person(6, "mailed", AccessLevel::Developer),
        person(7, "planner", AccessLevel::Planner),
        person(8, "security", AccessLevel::SecurityManager),
        person(9, "minimal", AccessLevel::Minimal),
        bot(bots.0, "project_7", AccessLevel::Maintainer),
        bot(bots.1, "group_10", AccessLevel::Owner),
    ];
    let reading = stage.read().await.unwrap();
    let (group, path, cap) = (GroupId(GUESTS), "guests".to_owned(), AccessLevel::Reporter);
    let invited = vec![Share { group, path, cap, ends: None }];
    assert_eq!(reading, Reading { rows, invited, ..whole(0) });
}

#[tokio::test]
async fn under_the_share_lock_invited_people_are_listed_with_nothing() {
    let stage = Stage::with(|world| {
        world.add_user(1, "owner");
        world.add_member(Place::Project(SHOP), 1, level::OWNER);
        world.add_user(2, "invited");
        world.add_group(GUESTS, "guests");
        world.add_member(Place::Group(GUESTS), 2, level::OWNER);
        world.invite_group(Place::Project(SHOP), GUESTS, level::MAINTAINER);
        world.groups.get_mut(&ACME).unwrap().share_with_group_lock = true;
    })
    .await;
    let rows = [person(1, "owner", AccessLevel::Owner), person(2, "invited", AccessLevel::None)];
    assert_eq!(stage.read().await.unwrap().rows, rows);
}

#[tokio::test]
async fn only_public_is_public() {
    for (visibility, public) in
        [(Visibility::Private, false), (Visibility::Internal, false), (Visibility::Public, true)]
    {
        let stage = Stage::of(1).await;
        stage.gitlab.world().set_visibility(SHOP, visibility);
        assert_eq!(stage.read().await.unwrap().public, public, "{visibility}");
    }
}

#[tokio::test]
async fn a_sure_reading_asks_for_the_project_once_and_for_several_pages_twice() {
    for (members, pages) in [(1, 1), (99, 1), (100, 1), (101, 2), (200, 2), (250, 3)] {
        let stage = Stage::of(members).await;
        assert_eq!(stage.read().await.unwrap(), whole(members));
        let page = |page| format!("/api/v4/projects/7/members/all?per_page=100&page={page}");
        // One page is one moment; several may have shifted, and a second reading must agree.
        let passes = if pages == 1 { 1 } else { 2 };
        let group = "/api/v4/groups/10?with_projects=false".to_owned();
        let lists = (1..=pages).flat_map(|number| vec![page(number); passes]);
        // Whose the token is, before the first pass and after it.
        let user = || "/api/v4/user?".to_owned();
        let mut expected: Vec<String> =
            ["/api/v4/projects/7?".to_owned(), user(), user(), group].into_iter().chain(lists).collect();
        let mut asked = stage.asked();
        // Pages after the first are asked for side by side.
        expected.sort();
        asked.sort();
        assert_eq!(asked, expected, "{members} members");
    }
}

#[tokio::test]
async fn more_than_10_000_members_are_read_without_totals() {
    let stage = Stage::of(10_050).await;
    assert_eq!(stage.read().await.unwrap(), whole(10_050));
    assert_eq!(stage.asked_of("/members/all"), 2 * 101);
}

#[tokio::test]
async fn somebody_with_two_rows_is_accepted_when_a_second_reading_agrees() {
    let stage = Stage::of(250).await;
    stage.gitlab.change(|world| {
        let place = Place::Project(SHOP);
        world.invite_by_email(place, "person-100@example.com", Some(100), level::DEVELOPER);
    });
    let mut expected = whole(250);
    expected.rows.insert(100, expected.rows[99].clone());
    assert_eq!(stage.read().await.unwrap(), expected);
    assert_eq!(stage.asked_of("/members/all"), 2 * 3);
}

#[tokio::test]
async fn the_second_row_of_somebody_may_be_all_of_the_last_page() {
    let stage = Stage::of(100).await;
    stage.gitlab.change(|world| {
        let place = Place::Project(SHOP);
        world.invite_by_email(place, "person-100@example.com", Some(100), level::DEVELOPER);
    });
    let mut expected = whole(100);
    expected.rows.push(expected.rows[99].clone());
    assert_eq!(stage.read().await.unwrap(), expected);
}

#[tokio::test]
async fn a_project_that_was_moved_is_read_by_its_id() {
    let stage = Stage::of(3).await;
    stage.gitlab.change(|world| {
        world.add_group(11, "other");
        world.move_project(SHOP, "other/store");
    });
    assert_eq!(
        stage.read().await.unwrap(),
        Reading { path: "other/store".to_owned(), group: Some(GroupId(11)), ..whole(3) }
    );
}

#[tokio::test]
async fn a_member_who_joins_between_two_pages_is_in_the_list_or_the_list_is_read_again() {
    let stage = Stage::of(250).await;
    let gate = stage.gitlab.faults().hold("GET", "&page=2", 1);
    let (reading, ()) = tokio::join!(stage.read(), async {
        gate.arrived().await;
        stage.gitlab.change(|world| {
            world.add_user(251, "person-251");
            world.add_member(Place::Project(SHOP), 251, level::DEVELOPER);
        });
        gate.release();
    });
    assert_eq!(reading.unwrap(), whole(251));
}

#[tokio::test]
async fn a_member_who_leaves_between_two_pages_takes_nobody_along() {
    let stage = Stage::of(250).await;
    let gate = stage.gitlab.faults().hold("GET", "&page=2", 1);
    let (reading, ()) = tokio::join!(stage.read(), async {
        gate.arrived().await;
        // Person 101 moves to the first page, which was read already.
        stage.gitlab.world().remove_member(Place::Project(SHOP), 50);
        gate.release();
    });
    let mut expected = whole(250);
    expected.rows.remove(49);
    assert_eq!(reading.unwrap(), expected);
}
