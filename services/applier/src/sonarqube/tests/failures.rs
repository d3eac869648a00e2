//! What each failure means, and that nothing is ever concluded from one.

use std::time::Duration;

use proto::ProjectId;
use sandbox::sonarqube::{Mode, TokenKind};
use sandbox::{Fault, FaultKind};

use super::stage::{OWN_LOGIN, Stage, add_visitor, shop};
use crate::sonarqube::{ProjectKey, SonarQubeError};

#[tokio::test]
async fn a_server_that_is_not_up_means_nothing() {
    let stage = Stage::new().await;
    for (mode, state) in
        [(Mode::MigrationNeeded, "DB_MIGRATION_NEEDED"), (Mode::Starting, "STARTING"), (Mode::Down, "503")]
    {
        stage.sonarqube.world().mode = mode;
        for error in [
            stage.reader.holders(&shop()).await.unwrap_err(),
            stage.reader.users().await.unwrap_err(),
            stage.reader.status().await.unwrap_err(),
            stage.writer.grant(&shop(), OWN_LOGIN, proto::Permission::Scan).await.unwrap_err(),
        ] {
            assert!(matches!(error, SonarQubeError::NotReady { .. }), "{mode:?}: {error}");
            assert!(error.to_string().contains(state), "{error}");
            assert!(error.retry_after().is_some());
        }
    }
    stage.sonarqube.world().mode = Mode::Up;
    assert_eq!(stage.reader.status().await.unwrap(), "26.8.0.126808");
}

#[tokio::test]
async fn a_wrong_token_is_named_though_the_body_is_empty() {
    let stage = Stage::new().await;
    let (reader, _) = stage.signed_in_with("squ_expired");
    let error = reader.users().await.unwrap_err();
    assert!(matches!(error, SonarQubeError::Refused { .. }), "{error}");
    assert!(error.to_string().contains("SONARQUBE_TOKEN"), "{error}");
    assert!(!error.to_string().contains("squ_expired"), "{error}");
    assert!(error.retry_after() > Some(Duration::ZERO), "somebody may renew it");
}

#[tokio::test]
async fn a_visitor_is_not_taken_for_an_account() {
    let stage = Stage::with(|world| world.force_authentication = false).await;
    // A proxy that strips the header does the same.
    let (reader, _) = stage.signed_in_with("");
    let error = reader.account().await.unwrap_err();
    assert!(error.to_string().contains("SONARQUBE_TOKEN"), "{error}");
}

#[tokio::test]
async fn a_missing_right_is_named() {
    let stage = Stage::with(|world| add_visitor(world, "squ_visitor")).await;
    let (reader, _) = stage.signed_in_with("squ_visitor");
    for error in [
        reader.holders(&shop()).await.unwrap_err(),
        reader.projects(&[shop()]).await.unwrap_err(),
        reader.account().await.unwrap().with_rights().unwrap_err(),
    ] {
        assert!(matches!(error, SonarQubeError::Forbidden { .. }), "{error}");
        assert!(error.to_string().contains("\"Administer System\""), "{error}");
    }
}

#[tokio::test]
async fn the_right_to_read_bindings_is_named() {
    let stage = Stage::with(|world| {
        add_visitor(world, "squ_visitor");
        world.global = sandbox::sonarqube::Grants::default();
    })
    .await;
    let (reader, _) = stage.signed_in_with("squ_visitor");
    let error = reader.bindings(ProjectId(7)).await.unwrap_err();
    assert!(error.to_string().contains("\"Create Projects\""), "{error}");
}

#[tokio::test]
async fn an_analysis_token_is_told_from_a_user_token() {
    let stage = Stage::with(|world| {
        let own = world.user_by_login(OWN_LOGIN).unwrap().id.clone();
        world.add_token("sqa_analysis", &own, TokenKind::GlobalAnalysis);
    })
    .await;
    let (reader, _) = stage.signed_in_with("sqa_analysis");
    let error = reader.account().await.unwrap().with_rights().unwrap_err();
    assert!(error.to_string().contains("no analysis token"), "{error}");
}

#[tokio::test]
async fn a_project_that_is_gone_is_told_from_everything_else() {
    let stage = Stage::new().await;
    let error = stage.reader.holders(&ProjectKey::new("gone").unwrap()).await.unwrap_err();
    assert!(matches!(error, SonarQubeError::ProjectGone { .. }), "{error}");
}

#[tokio::test]
async fn an_old_server_is_refused_with_its_version() {
    for version in ["9.9.8.100196", "10.7.0.96327"] {
        let stage = Stage::with(|world| version.clone_into(&mut world.version)).await;
        let error = stage.reader.status().await.unwrap_err();
        assert!(matches!(error, SonarQubeError::TooOld { .. }), "{error}");
        assert!(error.to_string().contains(version), "{error}");
    }
    for version in ["10.8.1.101195", "24.12.0.100206", "2025.1.0.102418", "unknown"] {
        let stage = Stage::with(|world| version.clone_into(&mut world.version)).await;
        assert_eq!(stage.reader.status().await.unwrap(), version);
    }
}

#[tokio::test]
async fn a_call_that_the_server_does_not_know_is_told_with_its_version() {
    let stage = Stage::new().await;
    stage.sonarqube.faults().add(Fault::on("GET", "users-management").then(FaultKind::Status(404)));
    let error = stage.reader.users().await.unwrap_err();
    assert!(matches!(error, SonarQubeError::UnknownCall { .. }), "{error}");
    assert!(error.to_string().contains("26.8.0.126808"), "{error}");
    assert_eq!(error.retry_after(), Some(Duration::ZERO), "it may have left its safe mode since");
    assert!(error.is_of_the_whole());
}

#[tokio::test]
async fn a_call_that_an_old_server_does_not_know_is_told_with_its_version() {
    let stage = Stage::with(|world| world.version = "9.9.8.100196".to_owned()).await;
    stage.sonarqube.faults().add(Fault::on("GET", "users-management").then(FaultKind::Status(404)));
    let error = stage.reader.users().await.unwrap_err();
    assert!(matches!(error, SonarQubeError::TooOld { .. }), "{error}");
    assert!(error.to_string().contains("9.9.8.100196"), "{error}");
    assert_eq!(error.retry_after(), Some(Duration::from_secs(60)), "until somebody has upgraded it");
}

#[tokio::test]
async fn an_answer_of_another_program_is_never_a_list() {
    for kind in [FaultKind::Html, FaultKind::Redirect("/sessions/new".to_owned())] {
        let stage = Stage::new().await;
        stage.sonarqube.faults().add(Fault::on("GET", "/api/permissions/users").then(kind));
        let error = stage.reader.holders(&shop()).await.unwrap_err();
        assert!(matches!(error, SonarQubeError::Strange { .. }), "{error}");
        assert!(error.to_string().contains("SONARQUBE_URL"), "{error}");
    }
}

#[tokio::test]
async fn a_broken_answer_is_worth_another_try() {
    for kind in
        [FaultKind::CutBody, FaultKind::ConnectionReset, FaultKind::Status(500), FaultKind::Status(502)]
    {
        let stage = Stage::new().await;
        stage.sonarqube.faults().add(Fault::on("GET", "/api/permissions/users").then(kind));
        let error = stage.reader.holders(&shop()).await.unwrap_err();
        assert!(matches!(error, SonarQubeError::Unavailable { .. }), "{error}");
        assert_eq!(error.retry_after(), Some(Duration::ZERO));
        assert!(stage.reader.holders(&shop()).await.unwrap().is_empty());
    }
}

#[tokio::test]
async fn the_wait_that_is_asked_for_is_kept() {
    let stage = Stage::new().await;
    let throttled = FaultKind::TooManyRequests { retry_after: Some(7) };
    stage.sonarqube.faults().add(Fault::on("GET", "/api/permissions/users").then(throttled));
    let error = stage.reader.holders(&shop()).await.unwrap_err();
    assert_eq!(error.retry_after(), Some(Duration::from_secs(7)));
}
