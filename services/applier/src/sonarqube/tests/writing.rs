//! Writing: one grant of one person on one project, or the visibility of one project.

use proto::{Permission, Visibility};
use sandbox::sonarqube::Visibility as Shown;
use sandbox::{Fault, FaultKind};

use super::stage::{OWN_LOGIN, Stage, shop};
use crate::sonarqube::{ProjectKey, SonarQubeError};

async fn stage() -> Stage {
    Stage::with(|world| {
        world.add_gitlab_user("jane-doe48213", "Jane Doe", 101, "jane");
    })
    .await
}

#[tokio::test]
async fn a_grant_and_its_revoke_touch_one_permission_of_one_project() {
    let stage = stage().await;
    stage.writer.grant(&shop(), "jane-doe48213", Permission::Scan).await.unwrap();
    stage.writer.grant(&shop(), "jane-doe48213", Permission::Scan).await.unwrap();
    stage.writer.revoke(&shop(), "jane-doe48213", Permission::Scan).await.unwrap();
    let written =
        ["add_user jane-doe48213 scan", "add_user jane-doe48213 scan", "remove_user jane-doe48213 scan"];
    assert_eq!(stage.written(), written);
    assert!(stage.sonarqube.writes().iter().all(|write| write.project.as_deref() == Some("shop")));
}

#[tokio::test]
async fn browse_on_a_public_project_is_dropped_and_cannot_be_revoked() {
    let stage = stage().await;
    stage.sonarqube.world().add_project("open", Shown::Public);
    let open = ProjectKey::new("open").unwrap();
    stage.writer.grant(&open, "jane-doe48213", Permission::User).await.unwrap();
    assert!(stage.reader.holders(&open).await.unwrap().is_empty());
    let error = stage.writer.revoke(&open, "jane-doe48213", Permission::User).await.unwrap_err();
    // Nobody asks for that of a project that is known to be public: it became so a moment ago, and is read again.
    assert!(matches!(error, SonarQubeError::Incomplete { .. }), "{error}");
    assert_eq!(error.retry_after(), Some(std::time::Duration::ZERO));
}

#[tokio::test]
async fn an_account_that_is_gone_is_told_from_a_project_that_is() {
    let stage = stage().await;
    let id = stage.sonarqube.world().user_by_login("jane-doe48213").unwrap().id.clone();
    stage.sonarqube.world().deactivate(&id);
    let error = stage.writer.grant(&shop(), "jane-doe48213", Permission::Scan).await.unwrap_err();
    assert!(matches!(error, SonarQubeError::UserGone { .. }), "{error}");
    assert!(error.is_about_accounts());
    let gone = ProjectKey::new("gone").unwrap();
    let error = stage.writer.grant(&gone, OWN_LOGIN, Permission::Scan).await.unwrap_err();
    assert!(matches!(error, SonarQubeError::ProjectGone { .. }), "{error}");
    let error = stage.writer.set_visibility(&gone, Visibility::Public).await.unwrap_err();
    assert!(matches!(error, SonarQubeError::ProjectGone { .. }), "{error}");
}

#[tokio::test]
async fn visibility_needs_a_right_on_the_project_itself() {
    let stage = stage().await;
    let error = stage.writer.set_visibility(&shop(), Visibility::Public).await.unwrap_err();
    assert!(error.to_string().contains("\"Administer on the project itself\""), "{error}");
    stage.writer.grant(&shop(), OWN_LOGIN, Permission::Admin).await.unwrap();
    stage.writer.set_visibility(&shop(), Visibility::Public).await.unwrap();
    let [project] = stage.reader.projects(&[shop()]).await.unwrap().try_into().unwrap();
    assert_eq!(project.visibility, Visibility::Public);
}

#[tokio::test]
async fn visibility_waits_for_an_analysis() {
    let stage = stage().await;
    stage.writer.grant(&shop(), OWN_LOGIN, Permission::Admin).await.unwrap();
    stage.sonarqube.world().projects.get_mut("shop").unwrap().task_running = true;
    let error = stage.writer.set_visibility(&shop(), Visibility::Public).await.unwrap_err();
    assert!(matches!(error, SonarQubeError::Busy { .. }), "{error}");
    assert!(error.retry_after() > Some(std::time::Duration::ZERO));
}

#[tokio::test]
async fn a_write_that_another_program_answered_is_not_taken_for_done() {
    let stage = stage().await;
    stage.sonarqube.faults().add(Fault::on("POST", "add_user").then(FaultKind::Html));
    let error = stage.writer.grant(&shop(), "jane-doe48213", Permission::Scan).await.unwrap_err();
    assert!(matches!(error, SonarQubeError::Strange { .. }), "{error}");
    assert!(stage.written().is_empty());
}

#[tokio::test]
async fn a_write_that_took_effect_unseen_may_be_made_again() {
    let stage = stage().await;
    stage
        .sonarqube
        .faults()
        .add(Fault::on("POST", "add_user").after_effect().then(FaultKind::ConnectionReset));
    let error = stage.writer.grant(&shop(), "jane-doe48213", Permission::Scan).await.unwrap_err();
    assert!(matches!(error, SonarQubeError::Unavailable { .. }), "{error}");
    stage.writer.grant(&shop(), "jane-doe48213", Permission::Scan).await.unwrap();
    assert_eq!(stage.sonarqube.writes().iter().filter(|write| write.effective).count(), 1);
}
