//! Lists are read whole or not at all.

use proto::Permission;
use sandbox::sonarqube::{ARCHITECTURE_ADMIN, Visibility, World};
use sandbox::{Fault, FaultKind};

use super::stage::{OWN_LOGIN, Stage, shop};
use crate::sonarqube::SonarQubeError;

const USERS: &str = "/api/v2/users-management/users";
const HOLDERS: &str = "/api/permissions/users";

pub(super) fn add_people(world: &mut World, count: u64) {
    for id in 1..=count {
        world.add_gitlab_user(&format!("p{id:05}"), &format!("Person {id:05}"), id, &format!("user{id}"));
    }
}

fn add_holders(world: &mut World, count: u64) {
    add_people(world, count);
    for id in 1..=count {
        world.grant("shop", &format!("p{id:05}"), "scan");
    }
}

#[tokio::test]
async fn every_user_is_read_over_several_pages() {
    // 1198 people, admin and the own account: exactly two and a half pages of 500.
    let stage = Stage::with(|world| add_people(world, 1198)).await;
    let users = stage.reader.users().await.unwrap();
    assert_eq!(users.len(), 1200);
    assert_eq!(stage.calls(USERS), 3);
    let person = users.iter().find(|user| user.login == "p00700").unwrap();
    assert_eq!(person.external_provider.as_deref(), Some("gitlab"));
    assert_eq!(person.external_id.as_deref(), Some("700"));
    assert_eq!(person.external_login.as_deref(), Some("user700"));
}

#[tokio::test]
async fn a_list_of_users_that_moves_while_it_is_read_is_refused() {
    for kind in [FaultKind::RepeatPage, FaultKind::SkipPage, FaultKind::ShrinkingTotal] {
        let stage = Stage::with(|world| add_people(world, 1100)).await;
        let second_page = Fault::on("GET", "pageIndex=2").then(kind.clone());
        stage.sonarqube.faults().add(second_page);
        let error = stage.reader.users().await.map(|users| users.len()).unwrap_err();
        assert!(matches!(error, SonarQubeError::Incomplete { .. }), "{kind:?}: {error}");
        assert!(error.retry_after().is_some());
        assert_eq!(stage.reader.users().await.unwrap().len(), 1102);
    }
}

#[tokio::test]
async fn every_holder_is_read_and_nobody_else() {
    let stage = Stage::with(|world| {
        add_holders(world, 250);
        for id in 1000..1400 {
            world.add_gitlab_user(&format!("q{id}"), &format!("Quiet {id}"), id, &format!("quiet{id}"));
        }
    })
    .await;
    let holders = stage.reader.holders(&shop()).await.unwrap();
    assert_eq!(holders.len(), 250);
    assert!(holders.iter().all(|holding| holding.permissions == [Permission::Scan].into()));
    assert_eq!(stage.calls(HOLDERS), 3, "the 400 people without grants are not read");
}

#[tokio::test]
async fn a_page_that_is_full_of_holders_is_not_taken_for_the_last() {
    let stage = Stage::with(|world| add_holders(world, 100)).await;
    assert_eq!(stage.reader.holders(&shop()).await.unwrap().len(), 100);
    assert_eq!(stage.calls(HOLDERS), 2);
}

#[tokio::test]
async fn holders_listed_twice_are_refused() {
    let stage = Stage::with(|world| add_holders(world, 150)).await;
    stage.sonarqube.faults().add(Fault::on("GET", "p=2").then(FaultKind::RepeatPage));
    let error = stage.reader.holders(&shop()).await.unwrap_err();
    assert!(matches!(error, SonarQubeError::Incomplete { .. }), "{error}");
}

#[tokio::test]
async fn permissions_that_are_not_known_are_kept_apart() {
    let stage = Stage::with(|world| {
        add_people(world, 2);
        world.project_permissions.push(ARCHITECTURE_ADMIN.to_owned());
        world.grant("shop", "p00001", "architectureadmin");
        world.grant("shop", "p00001", "user");
        world.grant("shop", "p00002", "architectureadmin");
    })
    .await;
    let holders = stage.reader.holders(&shop()).await.unwrap();
    assert_eq!(holders.len(), 2);
    assert_eq!(holders[0].permissions, [Permission::User].into());
    assert_eq!(holders[0].other, ["architectureadmin"]);
    assert!(holders[1].permissions.is_empty());
}

#[tokio::test]
async fn somebody_whose_only_permission_is_hidden_does_not_end_the_list() {
    // 26.8 has rows of a permission that it does not show: who holds that alone stands among the holders.
    let stage = Stage::with(|world| {
        add_people(world, 3);
        world.grant("shop", "p00001", "scan");
        world.grant("shop", "p00002", ARCHITECTURE_ADMIN);
        world.grant("shop", "p00003", "admin");
    })
    .await;
    let holders = stage.reader.holders(&shop()).await.unwrap();
    let logins: Vec<_> = holders.iter().map(|holding| holding.login.as_str()).collect();
    assert_eq!(logins, ["p00001", "p00003"]);
}

#[tokio::test]
async fn all_projects_are_read_with_what_is_known_of_them() {
    let stage = Stage::with(|world| {
        for id in 1..=600 {
            world.add_project(&format!("project-{id:03}"), Visibility::Public);
        }
        world.projects.get_mut("project-600").unwrap().name = "acme/last".to_owned();
    })
    .await;
    let projects = stage.reader.all_projects().await.unwrap();
    assert_eq!((projects.len(), stage.calls("/api/projects/search")), (601, 2));
    let named = projects.iter().find(|project| project.name == "acme/last").unwrap();
    assert_eq!(named.key.as_str(), "project-600");
    assert_eq!(named.visibility, proto::Visibility::Public);
}

#[tokio::test]
async fn an_address_is_read_and_never_printed() {
    let stage = Stage::with(|world| add_people(world, 1)).await;
    let users = stage.reader.users().await.unwrap();
    let person = users.iter().find(|user| user.login == "p00001").unwrap();
    assert_eq!(person.email.as_deref(), Some("p00001@example.com"));
    let printed = format!("{users:?} {person:#?}");
    assert!(printed.contains("p00001") && !printed.contains("example.com"), "{printed}");
}

#[tokio::test]
async fn the_own_account_and_its_rights_are_one_call() {
    let stage = Stage::new().await;
    let account = stage.reader.account().await.unwrap();
    assert_eq!(account.login, OWN_LOGIN);
    assert!(account.administers_system && account.creates_projects);
    assert_eq!(stage.sonarqube.requests().len(), 1);
}
