//! Which of SonarQube's settings stands for the GitLab, and what is bound through it.

use proto::ProjectId;
use sandbox::sonarqube::Visibility;

use super::stage::Stage;
use crate::sonarqube::{Reader, SonarQubeError};

const HERE: &str = "https://gitlab.example.com/api/v4";
const THERE: &str = "https://gitlab.example.org/api/v4";
const SETTINGS: &str = "/api/v2/dop-translation/dop-settings";
const BINDINGS: &str = "/api/v2/dop-translation/project-bindings";

async fn bound(reader: &Reader, project: u64) -> Vec<String> {
    let keys = reader.bindings(ProjectId(project)).await.unwrap();
    keys.into_iter().map(|key| key.to_string()).collect()
}

#[tokio::test]
async fn a_monorepo_has_several_projects() {
    let stage = Stage::with(|world| {
        let setting = world.add_setting("gitlab", HERE);
        for key in ["shop-api", "shop-web", "other"] {
            world.add_project(key, Visibility::Private);
        }
        world.bind("shop-api", &setting, 7);
        world.bind("shop-web", &setting, 7);
        world.bind("other", &setting, 77);
    })
    .await;
    assert_eq!(bound(&stage.reader, 7).await, ["shop-api", "shop-web"]);
    assert_eq!(bound(&stage.reader, 77).await, ["other"]);
    assert_eq!((stage.calls(SETTINGS), stage.calls(BINDINGS)), (1, 2), "settings are read once");
}

#[tokio::test]
async fn without_any_gitlab_nothing_is_bound_until_one_is_added() {
    let stage = Stage::new().await;
    assert!(bound(&stage.reader, 7).await.is_empty());
    assert_eq!(stage.calls(BINDINGS), 0);
}

#[tokio::test]
async fn two_settings_for_one_gitlab_both_count() {
    let stage = Stage::with(|world| {
        let (first, second) = (world.add_setting("one", HERE), world.add_setting("two", &format!("{HERE}/")));
        world.add_project("shop-web", Visibility::Private);
        world.bind("shop", &first, 7);
        world.bind("shop-web", &second, 7);
    })
    .await;
    assert_eq!(bound(&stage.reader, 7).await, ["shop", "shop-web"]);
}

#[tokio::test]
async fn the_same_id_in_another_gitlab_is_another_project() {
    let stage = Stage::with(|world| {
        let (here, there) = (world.add_setting("here", HERE), world.add_setting("there", THERE));
        world.add_project("strangers", Visibility::Private);
        world.bind("shop", &here, 7);
        world.bind("strangers", &there, 7);
    })
    .await;
    assert_eq!(bound(&stage.reader_of("here"), 7).await, ["shop"]);
    let error = stage.reader.bindings(ProjectId(7)).await.unwrap_err();
    assert!(matches!(error, SonarQubeError::Misconfigured { .. }), "{error}");
    assert!(
        error.to_string().contains("SONARQUBE_ALM_KEY") && error.to_string().contains("here, there"),
        "{error}"
    );
}

#[tokio::test]
async fn a_key_that_names_no_setting_is_an_error_with_those_there_are() {
    let stage = Stage::with(|world| {
        world.add_setting("gitlab", HERE);
    })
    .await;
    let error = stage.reader_of("gitlap").bindings(ProjectId(7)).await.unwrap_err();
    assert!(error.to_string().contains("(gitlab)"), "{error}");
    assert!(error.retry_after().is_some());
}
