//! The default template is closed, once.

use sandbox::{Fault, FaultKind, sonarqube::ARCHITECTURE_ADMIN};

use runtime::doctor::State;

use super::stage::{Stage, check, config, report_of};
use crate::{
    doctor::{CloseError, Closing},
    rules::{Exposed, Mode},
};

const CALL: &str = "remove_group_from_template";

/// What each group has in the default template: names and keys.
async fn template(stage: &Stage) -> Vec<(String, usize, Vec<String>)> {
    let groups = stage.reader.default_template().await.unwrap().groups;
    groups.into_iter().map(|group| (group.name, group.permissions.len(), group.other)).collect()
}

fn administrators() -> (String, usize, Vec<String>) {
    ("sonar-administrators".to_owned(), 1, vec![ARCHITECTURE_ADMIN.to_owned()])
}

#[tokio::test]
async fn new_projects_start_closed_and_the_administrators_stay() {
    let stage = Stage::new().await;
    let before = stage.sonarqube.world().granted_groups("shop");
    let closing = Closing::prepare(&config(&stage)).await.unwrap();
    let groups: Vec<_> = closing.changes().iter().map(|change| change.grantee.to_string()).collect();
    assert_eq!((closing.template(), groups.len()), ("Default template", 4));
    assert!(groups.iter().all(|group| group.contains("sonar-users")), "{groups:?}");
    assert!(stage.written().is_empty(), "nothing is done before it is agreed to");

    closing.carry_out().await.unwrap();
    assert_eq!(template(&stage).await, [administrators()]);
    assert_eq!(stage.sonarqube.world().granted_groups("shop"), before, "no project changes by it");
    assert_eq!(check(&report_of(&stage).await, "default template").state, State::Ok);

    let again = Closing::prepare(&config(&stage)).await.unwrap();
    assert!(again.changes().is_empty(), "{:?}", again.changes());
}

#[tokio::test]
async fn only_the_groups_that_settings_name_are_closed_whatever_becomes_of_projects() {
    let stage = Stage::new().await;
    let mut none = config(&stage);
    none.close_groups = ["sonar-administrators".to_owned()].into();
    assert!(Closing::prepare(&none).await.unwrap().changes().is_empty());
    let mut reported = config(&stage);
    reported.exposure = Exposed::Report;
    assert_eq!(Closing::prepare(&reported).await.unwrap().changes().len(), 4);
}

#[tokio::test]
async fn who_only_observes_closes_nothing() {
    let stage = Stage::new().await;
    let mut observing = config(&stage);
    observing.mode = Mode::Observe;
    let error = Closing::prepare(&observing).await.unwrap_err();
    assert!(matches!(error, CloseError::Observes), "{error}");
    assert!(stage.sonarqube.requests().is_empty());
}

#[tokio::test]
async fn what_sonarqube_refuses_is_told_and_may_be_done_again() {
    let stage = Stage::new().await;
    let closing = Closing::prepare(&config(&stage)).await.unwrap();
    stage.sonarqube.faults().add(Fault::on("POST", CALL).then(FaultKind::Status(500)));
    let error = closing.carry_out().await.unwrap_err();
    assert!(matches!(error, CloseError::SonarQube(_)), "{error}");
    closing.carry_out().await.unwrap();
    assert_eq!(template(&stage).await, [administrators()]);
}

#[tokio::test]
async fn without_a_default_template_nothing_can_be_closed() {
    let stage = Stage::new().await;
    "none".clone_into(&mut stage.sonarqube.world().default_template);
    let error = Closing::prepare(&config(&stage)).await.unwrap_err();
    assert!(error.to_string().contains("no default template of projects"), "{error}");
    let report = report_of(&stage).await;
    assert_eq!(check(&report, "default template").state, State::Fail);
}
