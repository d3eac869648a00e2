//! When the list of accounts is read again.

use std::time::Duration;

use access::Owner;
use sandbox::{Fault, FaultKind};

use super::stage::{Stage, config, directory, logins, member, owner, resolve};
use crate::people::Config;
use crate::sonarqube::SonarQubeError;

const USERS: &str = "/api/v2/users-management/users";
const ACCOUNT: &str = "/api/users/current";

#[tokio::test]
async fn one_reading_serves_every_project() {
    let stage = Stage::with(|world| {
        world.add_gitlab_user("jane1", "Jane", 101, "jane");
    })
    .await;
    let directory = directory(&stage, config());
    let members = [member(101, "jane")];
    let all = futures::future::join_all((0..30).map(|_| resolve(&directory, &members))).await;
    assert!(all.iter().all(|matched| logins(matched) == ["jane1"]));
    assert_eq!((stage.calls(USERS), stage.calls(ACCOUNT)), (1, 1));
}

#[tokio::test]
async fn who_never_signed_in_is_pending_and_found_after_signing_in() {
    let stage = Stage::new().await;
    let directory = directory(&stage, config());
    let members = [member(101, "jane")];
    assert_eq!(resolve(&directory, &members).await.pending[0].username, "jane");
    stage.sonarqube.world().add_gitlab_user("jane1", "Jane", 101, "jane");
    let matched = resolve(&directory, &members).await;
    assert_eq!((logins(&matched), matched.pending.len()), (vec!["jane1"], 0));
}

#[tokio::test]
async fn people_who_never_sign_in_do_not_make_every_sync_read_the_list() {
    let stage = Stage::new().await;
    let directory = directory(&stage, Config { refresh_after: Duration::from_secs(30), ..config() });
    for _ in 0..5 {
        assert_eq!(resolve(&directory, &[member(101, "jane")]).await.pending.len(), 1);
    }
    assert_eq!(stage.calls(USERS), 1);
}

#[tokio::test]
async fn a_holder_whom_the_list_lacks_has_it_read_again() {
    let stage = Stage::new().await;
    let directory = directory(&stage, config());
    resolve(&directory, &[]).await;
    stage.sonarqube.world().add_gitlab_user("jane1", "Jane", 101, "jane");
    let matched = directory.resolve(&[], &[], &["jane1"]).await.unwrap();
    assert_eq!(owner(&matched, "jane1"), Owner::Ours);
}

#[tokio::test]
async fn who_signs_in_after_the_reading_is_foreign_to_it() {
    let stage = Stage::new().await;
    let directory = directory(&stage, config());
    let before = resolve(&directory, &[member(101, "jane")]).await;
    stage.sonarqube.world().add_gitlab_user("jane1", "Jane", 101, "jane");
    resolve(&directory, &[member(101, "jane")]).await;
    assert_eq!(
        owner(&before, "jane1"),
        Owner::Foreign,
        "a member whom this reading does not know loses nothing"
    );
}

#[tokio::test]
async fn a_login_that_is_gone_is_forgotten_on_demand() {
    let stage = Stage::with(|world| {
        world.add_gitlab_user("jane1", "Jane", 101, "jane");
    })
    .await;
    let directory = directory(&stage, config());
    assert_eq!(logins(&resolve(&directory, &[member(101, "jane")]).await), ["jane1"]);
    let id = stage.sonarqube.world().user_by_login("jane1").unwrap().id.clone();
    stage.sonarqube.world().deactivate(&id);
    directory.forget().await;
    assert_eq!(resolve(&directory, &[member(101, "jane")]).await.pending.len(), 1);
}

#[tokio::test]
async fn an_empty_list_of_accounts_is_not_believed() {
    let stage = Stage::new().await;
    stage.sonarqube.faults().add(Fault::on("GET", USERS).then(FaultKind::EmptyList));
    let error = directory(&stage, config()).resolve(&[], &[], &[]).await.unwrap_err();
    assert!(matches!(error, SonarQubeError::Incomplete { .. }), "{error}");
}

#[tokio::test]
async fn a_failed_reading_is_tried_again_by_the_next_caller() {
    let stage = Stage::new().await;
    stage.sonarqube.faults().add(Fault::on("GET", USERS).then(FaultKind::Status(502)));
    let directory = directory(&stage, config());
    assert!(directory.resolve(&[], &[], &[]).await.is_err());
    assert!(directory.resolve(&[], &[], &[]).await.is_ok());
}
