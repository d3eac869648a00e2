//! The order of the rules, and that nothing is guessed.

use std::collections::BTreeMap;

use proto::{PlannedProject, ProjectId, Visibility};
use sandbox::sonarqube::{Visibility as Shown, World};

use super::{Config, Projects};
use crate::sonarqube::SonarQubeError;
use crate::sonarqube::tests::stage::Stage;

const SEARCH: &str = "/api/projects/search";

fn config() -> Config {
    Config { keys: BTreeMap::new(), key_template: Some("gitlab:{id}".to_owned()), by_name: true }
}

fn planned() -> PlannedProject {
    PlannedProject { id: ProjectId(7), path: "acme/backend/shop".to_owned(), visibility: None }
}

fn add(world: &mut World, key: &str, name: &str) {
    world.add_project(key, Shown::Private);
    name.clone_into(&mut world.projects.get_mut(key).unwrap().name);
}

fn bind(world: &mut World, keys: &[&str]) {
    let setting = world.add_setting("gitlab", "https://gitlab.example.com/api/v4");
    keys.iter().for_each(|key| world.bind(key, &setting, 7));
}

/// Everything at once: a bound project, one of the template's key, one of the path's name.
fn add_everything(world: &mut World) {
    add(world, "gitlab:7", "Shop by key");
    add(world, "acme_shop", "acme/backend/shop");
    bind(world, &["shop"]);
}

async fn found(stage: &Stage, config: Config) -> Vec<String> {
    let projects = Projects::new(stage.reader.clone(), config).unwrap();
    projects.find(&planned()).await.unwrap().into_iter().map(|project| project.key.to_string()).collect()
}

fn mapped(keys: &[&str]) -> Config {
    let keys = keys.iter().map(|key| (*key).to_owned()).collect();
    Config { keys: [(ProjectId(7), keys)].into(), ..config() }
}

#[tokio::test]
async fn a_binding_comes_before_everything_else_and_costs_two_calls() {
    let stage = Stage::with(add_everything).await;
    let projects = Projects::new(stage.reader.clone(), mapped(&["acme_shop"])).unwrap();
    projects.find(&planned()).await.unwrap();
    let before = stage.sonarqube.requests().len();
    let [project] = projects.find(&planned()).await.unwrap().try_into().unwrap();
    assert_eq!(
        (project.key.as_str(), project.visibility, project.managed),
        ("shop", Visibility::Private, false)
    );
    assert_eq!(stage.sonarqube.requests().len() - before, 2);
}

#[tokio::test]
async fn all_projects_of_a_monorepo_are_found_in_one_search() {
    let stage = Stage::with(|world| {
        world.add_project("shop-web", Shown::Public);
        world.projects.get_mut("shop").unwrap().managed = true;
        bind(world, &["shop", "shop-web"]);
    })
    .await;
    let projects = Projects::new(stage.reader.clone(), config()).unwrap();
    let found = projects.find(&planned()).await.unwrap();
    let told: Vec<_> = found.iter().map(|p| (p.key.as_str(), p.visibility, p.managed)).collect();
    assert_eq!(told, [("shop", Visibility::Private, true), ("shop-web", Visibility::Public, false)]);
    assert_eq!(stage.calls(SEARCH), 1);
}

#[tokio::test]
async fn an_explicit_map_comes_before_template_and_name() {
    let stage = Stage::with(|world| {
        add_everything(world);
        world.bindings.clear();
    })
    .await;
    assert_eq!(found(&stage, mapped(&["shop", "not-analysed-yet"])).await, ["shop"]);
    assert!(found(&stage, mapped(&["not-analysed-yet"])).await.is_empty(), "a map is not second-guessed");
}

#[tokio::test]
async fn the_template_comes_before_the_name_and_must_fit_exactly() {
    let stage = Stage::with(|world| {
        add(world, "gitlab:77", "acme/backend/shop-77");
        add(world, "acme_shop", "acme/backend/shop");
    })
    .await;
    assert_eq!(found(&stage, config()).await, ["acme_shop"]);
    add(&mut stage.sonarqube.world(), "gitlab:7", "Shop by key");
    assert_eq!(found(&stage, config()).await, ["gitlab:7"]);
}

#[tokio::test]
async fn a_name_must_be_the_whole_path_in_the_same_case() {
    let stage = Stage::with(|world| {
        add(world, "a", "acme/backend/shop-old");
        add(world, "b", "Acme/backend/shop");
        add(world, "acme/backend/shop", "Something else");
    })
    .await;
    assert!(found(&stage, config()).await.is_empty());
    add(&mut stage.sonarqube.world(), "c", "acme/backend/shop");
    assert_eq!(found(&stage, config()).await, ["c"]);
    assert!(found(&stage, Config { by_name: false, ..config() }).await.is_empty());
}

#[tokio::test]
async fn several_projects_of_one_name_are_refused_and_named() {
    let stage = Stage::with(|world| {
        add(world, "a", "acme/backend/shop");
        add(world, "b", "acme/backend/shop");
    })
    .await;
    let projects = Projects::new(stage.reader.clone(), config()).unwrap();
    let error = projects.find(&planned()).await.unwrap_err();
    assert!(matches!(error, SonarQubeError::Ambiguous { .. }), "{error}");
    assert!(error.to_string().contains("(a, b)"), "{error}");
    assert_eq!(error.retry_after(), None);
}

#[tokio::test]
async fn settings_that_could_mean_every_project_are_refused() {
    let stage = Stage::new().await;
    let refused = |config| Projects::new(stage.reader.clone(), config).unwrap_err().to_string();
    for template in ["", "gitlab", " {id}", "{id},x"] {
        let message = refused(Config { key_template: Some(template.to_owned()), ..config() });
        assert!(message.starts_with("sonarqube.key_template"), "{message}");
    }
    for key in ["", " ", "a,b"] {
        assert!(refused(mapped(&[key])).starts_with("sonarqube.projects.7"), "{key:?}");
    }
}
