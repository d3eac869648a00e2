//! Groups: what they hold, who is in them, and what is given to them and taken.

use proto::Permission;
use sandbox::sonarqube::{ANYONE, ARCHITECTURE_ADMIN, Visibility, World};
use sandbox::{Fault, FaultKind};

use super::lists::add_people;
use super::stage::{Stage, shop};
use crate::sonarqube::{GroupHolding, ProjectKey, SonarQubeError};

const HOLDERS: &str = "/api/permissions/groups";
const MEMBERSHIPS: &str = "/api/v2/authorizations/group-memberships";

fn add_groups(world: &mut World, count: usize) {
    for number in 1..=count {
        world.add_group(&format!("g{number:04}"));
    }
}

fn names(holders: &[GroupHolding]) -> Vec<&str> {
    holders.iter().map(|holding| holding.name.as_str()).collect()
}

#[tokio::test]
async fn groups_are_read_with_all_they_hold_in_one_call() {
    let stage = Stage::with(|world| {
        add_groups(world, 300);
        world.grant_group("shop", "sonar-administrators", "admin");
        world.grant_group("shop", "sonar-users", "user");
        world.grant_group("shop", "sonar-users", "scan");
        world.grant_group("shop", "g0300", "codeviewer");
    })
    .await;
    let holders = stage.reader.group_holders(&shop()).await.unwrap();
    assert_eq!(names(&holders), ["g0300", "sonar-administrators", "sonar-users"]);
    assert_eq!(holders[1].permissions, [Permission::Admin].into());
    assert_eq!(holders[2].permissions, [Permission::User, Permission::Scan].into());
    assert_eq!(stage.calls(HOLDERS), 1, "groups without permissions are not read");
}

#[tokio::test]
async fn a_row_without_a_permission_among_the_holders_does_not_end_the_list() {
    // Both seen on 26.8: `Anyone` stands there, and a group of which the list shows no permission.
    let stage = Stage::with(|world| {
        world.grant_group("shop", "sonar-administrators", ARCHITECTURE_ADMIN);
        world.grant_group("shop", "sonar-users", "user");
    })
    .await;
    assert_eq!(names(&stage.reader.group_holders(&shop()).await.unwrap()), ["sonar-users"]);
}

#[tokio::test]
async fn a_project_without_any_group_has_no_holders() {
    let stage = Stage::with(|world| add_groups(world, 300)).await;
    assert!(stage.reader.group_holders(&shop()).await.unwrap().is_empty());
    assert_eq!(stage.calls(HOLDERS), 1);
}

#[tokio::test]
async fn everybody_is_one_of_the_groups() {
    let stage = Stage::with(|world| {
        world.add_project("open", Visibility::Public);
        world.clear_grants("open");
        world.grant_group("open", ANYONE, "issueadmin");
    })
    .await;
    let open = ProjectKey::new("open").unwrap();
    assert_eq!(names(&stage.reader.group_holders(&open).await.unwrap()), [ANYONE]);
}

#[tokio::test]
async fn permissions_of_groups_that_are_not_known_are_kept_apart() {
    let stage = Stage::with(|world| {
        world.project_permissions.push(ARCHITECTURE_ADMIN.to_owned());
        world.grant_group("shop", "sonar-users", ARCHITECTURE_ADMIN);
        world.grant_group("shop", "sonar-users", "user");
    })
    .await;
    let [holding] = stage.reader.group_holders(&shop()).await.unwrap().try_into().unwrap();
    assert_eq!(holding.permissions, [Permission::User].into());
    assert_eq!(holding.other, [ARCHITECTURE_ADMIN]);
}

#[tokio::test]
async fn more_groups_than_a_page_has_are_all_read() {
    for count in [97, 98, 100, 250] {
        let stage = Stage::with(|world| {
            add_groups(world, 400);
            (1..=count).for_each(|number| world.grant_group("shop", &format!("g{number:04}"), "scan"));
        })
        .await;
        assert_eq!(stage.reader.group_holders(&shop()).await.unwrap().len(), count);
    }
}

#[tokio::test]
async fn a_list_of_groups_that_moves_while_it_is_read_is_refused() {
    let stage = Stage::with(|world| {
        add_groups(world, 150);
        (1..=150).for_each(|number| world.grant_group("shop", &format!("g{number:04}"), "scan"));
    })
    .await;
    stage.sonarqube.faults().add(Fault::on("GET", "p=2").then(FaultKind::RepeatPage));
    let error = stage.reader.group_holders(&shop()).await.unwrap_err();
    assert!(matches!(error, SonarQubeError::Incomplete { .. }), "{error}");
}

#[tokio::test]
async fn every_group_is_read_and_the_default_one_is_told() {
    let stage = Stage::with(|world| add_groups(world, 600)).await;
    let groups = stage.reader.groups().await.unwrap();
    assert_eq!(groups.len(), 602);
    let default: Vec<_> = groups.iter().filter(|group| group.default).map(|group| &group.name).collect();
    assert_eq!(default, ["sonar-users"]);
}

#[tokio::test]
async fn everybody_is_a_member_of_the_default_group() {
    let stage = Stage::with(|world| add_people(world, 700)).await;
    let groups = stage.reader.groups().await.unwrap();
    let default = groups.iter().find(|group| group.default).unwrap();
    // With admin and the own account.
    assert_eq!(stage.reader.members_of(default).await.unwrap().len(), 702);
    assert_eq!(stage.calls(MEMBERSHIPS), 2);
}

#[tokio::test]
async fn a_group_that_is_gone_is_not_taken_for_one_without_members() {
    let stage = Stage::with(|world| add_groups(world, 2)).await;
    let groups = stage.reader.groups().await.unwrap();
    let group = groups.iter().find(|group| group.name == "g0001").unwrap();
    assert!(stage.reader.members_of(group).await.unwrap().is_empty());
    stage.sonarqube.world().groups.remove(&group.id);
    // One of the same name is another.
    stage.sonarqube.world().add_group("g0001");
    let error = stage.reader.members_of(group).await.unwrap_err();
    assert!(matches!(error, SonarQubeError::Incomplete { .. }), "{error}");
}

#[tokio::test]
async fn the_members_of_exactly_the_named_group_are_read() {
    let mut expected = String::new();
    let stage = Stage::with(|world| {
        add_people(world, 3);
        let (named, longer) = (world.add_group("release"), world.add_group("release-managers"));
        let id = |login: &str, world: &World| world.user_by_login(login).unwrap().id.clone();
        expected = id("p00002", world);
        world.add_membership(&expected, &named);
        let other = id("p00003", world);
        world.add_membership(&other, &longer);
    })
    .await;
    let members = stage.reader.group_members("release").await.unwrap();
    assert_eq!(members.into_iter().collect::<Vec<_>>(), [expected]);
    let error = stage.reader.group_members("Release").await.unwrap_err();
    assert!(error.to_string().contains("SONARQUBE_SKIP_GROUPS"), "{error}");
}

#[tokio::test]
async fn a_grant_of_a_group_and_its_revoke_touch_one_permission_of_one_project() {
    let stage = Stage::with(|world| add_groups(world, 1)).await;
    for _ in 0..2 {
        stage.writer.grant_group(&shop(), "g0001", Permission::Scan).await.unwrap();
    }
    stage.writer.grant_group(&shop(), "sonar-administrators", Permission::Admin).await.unwrap();
    for _ in 0..2 {
        stage.writer.revoke_group(&shop(), "g0001", Permission::Scan).await.unwrap();
    }
    let written = stage.sonarqube.writes();
    let done: Vec<_> = written.iter().filter(|write| write.effective).map(|write| write.action).collect();
    assert_eq!(done, ["add_group", "add_group", "remove_group"]);
    assert!(written.iter().all(|write| write.project.as_deref() == Some("shop")));
    assert_eq!(names(&stage.reader.group_holders(&shop()).await.unwrap()), ["sonar-administrators"]);
}

#[tokio::test]
async fn nothing_is_taken_from_the_administrators() {
    let stage = Stage::with(|world| world.grant_group("shop", "sonar-administrators", "admin")).await;
    for name in
        ["sonar-administrators", " sonar-administrators ", "Sonar-Administrators", "\tsonar-administrators\0"]
    {
        let error = stage.writer.revoke_group(&shop(), name, Permission::Admin).await.unwrap_err();
        assert!(matches!(error, SonarQubeError::Protected { .. }), "{name:?}: {error}");
        assert_eq!(error.retry_after(), None);
    }
    assert!(stage.sonarqube.requests().is_empty(), "SonarQube would do it");
}

#[tokio::test]
async fn what_the_visibility_forbids_is_read_again() {
    let stage = Stage::with(|world| {
        world.add_project("open", Visibility::Public);
    })
    .await;
    let open = ProjectKey::new("open").unwrap();
    for error in [
        stage.writer.grant_group(&shop(), ANYONE, Permission::Scan).await.unwrap_err(),
        stage.writer.revoke_group(&open, "sonar-users", Permission::User).await.unwrap_err(),
    ] {
        assert!(matches!(error, SonarQubeError::Incomplete { .. }), "{error}");
    }
    let error = stage.writer.grant_group(&open, ANYONE, Permission::Admin).await.unwrap_err();
    assert!(matches!(error, SonarQubeError::Rejected { .. }), "{error}");
}

#[tokio::test]
async fn a_missing_group_is_told_from_a_missing_project() {
    let stage = Stage::new().await;
    for error in [
        stage.writer.grant_group(&shop(), "nobodies", Permission::Scan).await.unwrap_err(),
        stage.writer.revoke_group(&shop(), "nobodies", Permission::Scan).await.unwrap_err(),
    ] {
        assert!(matches!(error, SonarQubeError::GroupGone { .. }), "{error}");
        assert_eq!(error.retry_after(), Some(std::time::Duration::ZERO));
    }
    let confusing = "User with login 'x'";
    let error = stage.writer.grant_group(&shop(), confusing, Permission::Scan).await.unwrap_err();
    assert!(matches!(error, SonarQubeError::GroupGone { .. }), "{error}");
    let gone = ProjectKey::new("gone").unwrap();
    for error in [
        stage.writer.grant_group(&gone, "sonar-users", Permission::Scan).await.unwrap_err(),
        stage.writer.revoke_group(&gone, "sonar-users", Permission::Scan).await.unwrap_err(),
        stage.reader.group_holders(&gone).await.unwrap_err(),
    ] {
        assert!(matches!(error, SonarQubeError::ProjectGone { .. }), "{error}");
    }
}
