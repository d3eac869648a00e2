//! The effective access of hand-written worlds, and what the member list makes of them.

use sandbox::gitlab::{MembershipState, Place, UserState, Visibility, World, level};

use crate::support::{Api, gitlab};

const PROJECT: u64 = 7;
const TOP: u64 = 10;
const SUB: u64 = 11;
const INVITED: u64 = 20;
const FURTHER: u64 = 30;
const ANN: u64 = 101;

/// Project 7 in `top/sub`, and the unrelated groups `invited` and `further`.
fn world() -> World {
    let mut world = World::default();
    world.add_group(TOP, "top");
    world.add_group(SUB, "top/sub");
    world.add_group(INVITED, "invited");
    world.add_group(FURTHER, "further");
    world.add_project(PROJECT, "top/sub/project");
    world.add_user(ANN, "ann");
    world
}

fn access(build: impl FnOnce(&mut World)) -> Option<u16> {
    let mut world = world();
    build(&mut world);
    world.effective(PROJECT).get(&ANN).copied()
}

#[test]
fn the_highest_of_direct_and_inherited_levels_wins() {
    let level = access(|world| {
        world.add_member(Place::Project(PROJECT), ANN, level::GUEST);
        world.add_member(Place::Group(SUB), ANN, level::REPORTER);
        world.add_member(Place::Group(TOP), ANN, level::MAINTAINER);
    });
    assert_eq!(level, Some(level::MAINTAINER));
}

#[test]
fn an_invited_group_is_capped() {
    let level = access(|world| {
        world.add_member(Place::Group(INVITED), ANN, level::OWNER);
        world.invite_group(Place::Project(PROJECT), INVITED, level::REPORTER);
    });
    assert_eq!(level, Some(level::REPORTER));
}

#[test]
fn a_project_link_counts_ancestors_and_shared_members_of_the_invited_group() {
    let mut world = world();
    world.add_group(21, "invited/team");
    world.invite_group(Place::Project(PROJECT), 21, level::DEVELOPER);
    world.add_member(Place::Group(INVITED), ANN, level::MAINTAINER);
    world.add_user(102, "bob");
    world.add_member(Place::Group(FURTHER), 102, level::MAINTAINER);
    world.invite_group(Place::Group(21), FURTHER, level::REPORTER);
    assert_eq!(world.effective(PROJECT), [(ANN, level::DEVELOPER), (102, level::REPORTER)].into());
}

#[test]
fn a_group_link_counts_direct_members_only() {
    let level = access(|world| {
        world.add_group(21, "invited/team");
        world.add_member(Place::Group(INVITED), ANN, level::OWNER);
        world.invite_group(Place::Group(TOP), 21, level::DEVELOPER);
    });
    assert_eq!(level, None);
    let level = access(|world| {
        world.add_member(Place::Group(INVITED), ANN, level::OWNER);
        world.invite_group(Place::Group(TOP), INVITED, level::DEVELOPER);
    });
    assert_eq!(level, Some(level::DEVELOPER), "into an ancestor");
}

#[test]
fn the_share_lock_silences_links_of_the_project_only() {
    let level = access(|world| {
        world.add_member(Place::Group(INVITED), ANN, level::OWNER);
        world.invite_group(Place::Project(PROJECT), INVITED, level::DEVELOPER);
        world.invite_group(Place::Group(TOP), INVITED, level::GUEST);
        world.groups.get_mut(&SUB).unwrap().share_with_group_lock = true;
    });
    assert_eq!(level, Some(level::GUEST));
}

#[test]
fn minimal_access_requests_and_awaiting_members_give_nothing_and_expiry_decides_nothing() {
    let nothing: [fn(&mut World) -> u64; 3] = [
        |world| world.add_member(Place::Group(TOP), ANN, level::MINIMAL),
        |world| world.request_access(Place::Project(PROJECT), ANN),
        |world| world.add_awaiting(Place::Project(PROJECT), ANN, level::OWNER),
    ];
    for build in nothing {
        let level = access(|world| {
            build(world);
        });
        assert_eq!(level, None);
    }
    let expired = access(|world| {
        let row = world.add_member(Place::Project(PROJECT), ANN, level::DEVELOPER);
        world.change_membership(row, |row| row.expires_at = Some("2020-01-01".to_owned()));
    });
    assert_eq!(expired, Some(level::DEVELOPER));
}

#[test]
fn a_personal_project_belongs_to_its_person() {
    let mut world = world();
    world.add_project(8, "ann/notes");
    assert_eq!(world.effective(8), [(ANN, level::OWNER)].into());
}

/// User id, level, user state, membership state.
type Row = (u64, u64, String, String);

async fn rows(api: &Api) -> Vec<Row> {
    let list = api.get("/api/v4/projects/7/members/all?per_page=100").await.json();
    let text = |value: &serde_json::Value| value.as_str().unwrap().to_owned();
    let row = |row: &serde_json::Value| {
        let (id, level) = (row["id"].as_u64().unwrap(), row["access_level"].as_u64().unwrap());
        (id, level, text(&row["state"]), text(&row["membership_state"]))
    };
    list.as_array().unwrap().iter().map(row).collect()
}

async fn levels(api: &Api) -> Vec<(u64, u64)> {
    rows(api).await.into_iter().map(|row| (row.0, row.1)).collect()
}

#[tokio::test]
async fn an_accepted_invitation_makes_a_second_row() {
    let (gitlab, api) = gitlab().await;
    let mut built = world();
    built.invite_by_email(Place::Group(TOP), "ann@example.com", Some(ANN), level::REPORTER);
    built.add_member(Place::Group(SUB), ANN, level::DEVELOPER);
    built.invite_by_email(Place::Project(PROJECT), "later@example.com", None, level::OWNER);
    adopt(&gitlab, built);
    assert_eq!(levels(&api).await, [(ANN, 30), (ANN, 30)]);
}

fn adopt(gitlab: &sandbox::GitLab, built: World) {
    let mut world = gitlab.world();
    world.groups = built.groups;
    world.projects = built.projects;
    world.users.extend(built.users);
    world.memberships = built.memberships;
    world.links = built.links;
}

#[tokio::test]
async fn blocked_awaiting_and_bot_rows_are_listed_with_their_states() {
    let (gitlab, api) = gitlab().await;
    let mut built = world();
    built.add_member(Place::Project(PROJECT), ANN, level::DEVELOPER);
    built.set_state(ANN, UserState::Blocked);
    built.add_user(102, "bob");
    built.add_awaiting(Place::Project(PROJECT), 102, level::MAINTAINER);
    adopt(&gitlab, built);
    let bot = gitlab.world().add_bot(Place::Project(PROJECT), level::MAINTAINER);
    let text = str::to_owned;
    let expected: [Row; 3] = [
        (ANN, 30, text("blocked"), text("active")),
        (102, 40, text("active"), text("awaiting")),
        (bot, 40, text("active"), text("active")),
    ];
    assert_eq!(rows(&api).await, expected);
    assert_eq!(gitlab.world().memberships[1].state, MembershipState::Awaiting);
}

#[tokio::test]
async fn under_the_share_lock_invited_people_are_listed_with_level_0() {
    let (gitlab, api) = gitlab().await;
    let mut built = world();
    built.add_member(Place::Group(INVITED), ANN, level::OWNER);
    built.invite_group(Place::Project(PROJECT), INVITED, level::DEVELOPER);
    built.projects.get_mut(&PROJECT).unwrap().share_with_group_lock = true;
    adopt(&gitlab, built);
    assert_eq!(levels(&api).await, [(ANN, 0)]);
}

#[tokio::test]
async fn while_authorizations_lag_levels_are_raw_or_old() {
    let (gitlab, api) = gitlab().await;
    let mut built = world();
    built.add_user(102, "bob");
    built.add_member(Place::Project(PROJECT), 102, level::DEVELOPER);
    adopt(&gitlab, built);
    gitlab.change(|world| {
        world.start_lag();
        world.add_member(Place::Group(INVITED), ANN, level::OWNER);
        world.invite_group(Place::Project(PROJECT), INVITED, level::REPORTER);
        world.set_level(Place::Project(PROJECT), 102, level::GUEST);
    });
    assert_eq!(levels(&api).await, [(ANN, 50), (102, 30)]);
    gitlab.world().settle();
    assert_eq!(levels(&api).await, [(ANN, 20), (102, 10)]);
}

#[tokio::test]
async fn people_shared_into_an_invited_group_have_access_and_are_not_listed_by_older_versions() {
    let (gitlab, api) = gitlab().await;
    let mut built = world();
    built.add_member(Place::Group(FURTHER), ANN, level::DEVELOPER);
    built.invite_group(Place::Group(INVITED), FURTHER, level::DEVELOPER);
    built.invite_group(Place::Project(PROJECT), INVITED, level::DEVELOPER);
    adopt(&gitlab, built);
    assert_eq!(gitlab.world().effective(PROJECT)[&ANN], level::DEVELOPER);
    assert_eq!(levels(&api).await, []);
    gitlab.world().lists_shared_into_invited = true;
    assert_eq!(levels(&api).await, [(ANN, 30)]);
}

#[tokio::test]
async fn a_private_invited_group_is_hidden_from_callers_of_neither_side() {
    let (gitlab, _) = gitlab().await;
    let mut built = world();
    built.add_member(Place::Group(INVITED), ANN, level::DEVELOPER);
    built.invite_group(Place::Project(PROJECT), INVITED, level::DEVELOPER);
    built.set_visibility(PROJECT, Visibility::Public);
    built.add_user(150, "stranger");
    adopt(&gitlab, built);
    gitlab.world().add_token("glpat-stranger", 150, &["read_api"]);
    gitlab.world().add_group_token("glpat-group", TOP);
    assert_eq!(levels(&Api::new(gitlab.url(), "glpat-stranger")).await.len(), 1, "the group's bot alone");
    assert_eq!(levels(&Api::new(gitlab.url(), "glpat-group")).await.len(), 2);
}
