//! The order of the rules, and that nothing is guessed.

use std::collections::{BTreeMap, BTreeSet};

use proto::{PlannedProject, ProjectId, Visibility};
use sandbox::sonarqube::{Visibility as Shown, World};

use super::{Config, Projects};
use crate::sonarqube::tests::stage::Stage;
use crate::sonarqube::{ProjectKey, SonarQubeError};

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
    projects
        .find(&planned())
        .await
        .unwrap()
        .projects
        .into_iter()
        .map(|project| project.key.to_string())
        .collect()
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
    let [project] = projects.find(&planned()).await.unwrap().projects.try_into().unwrap();
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
    let found = projects.find(&planned()).await.unwrap().projects;
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

#[tokio::test]
async fn what_is_there_now_is_told_by_the_rules_that_find_it() {
    let stage = Stage::with(|world| add(world, "any", "acme/backend/shop")).await;
    let mapped = (ProjectId(8), vec!["not-analysed-yet".to_owned()]);
    let config = Config { keys: [mapped].into(), key_template: None, ..config() };
    let sighted = Projects::new(stage.reader.clone(), config.clone()).unwrap().sight().await.unwrap();
    assert!(sighted.has(ProjectId(7), "acme/backend/shop"));
    assert!(!sighted.has(ProjectId(7), "acme/backend/other"));
    assert!(!sighted.has(ProjectId(8), "acme/backend/shop"), "a name does not count where a map does");
    let nameless = Config { by_name: false, ..config };
    let sighted = Projects::new(stage.reader.clone(), nameless).unwrap().sight().await.unwrap();
    assert!(!sighted.has(ProjectId(7), "acme/backend/shop"));
}

#[tokio::test]
async fn one_project_named_for_two_is_refused() {
    let stage = Stage::new().await;
    let keys = [7, 8].map(|id| (ProjectId(id), vec!["shop".to_owned()])).into();
    let refused = Projects::new(stage.reader.clone(), Config { keys, ..config() }).unwrap_err().to_string();
    assert!(
        refused.starts_with("sonarqube.projects.8") && refused.contains("sonarqube.projects.7"),
        "{refused}"
    );
}

/// Every GitLab project with its keys, as the lists show it.
async fn list(stage: &Stage, config: Config) -> Vec<(u64, Vec<String>)> {
    let listing = Projects::new(stage.reader.clone(), config).unwrap().list().await.unwrap();
    let keys = |keys: BTreeSet<ProjectKey>| keys.iter().map(ToString::to_string).collect();
    listing.into_iter().map(|(project, found)| (project.0, keys(found))).collect()
}

fn one(project: u64, keys: &[&str]) -> (u64, Vec<String>) {
    (project, keys.iter().map(|key| (*key).to_owned()).collect())
}

#[tokio::test]
async fn the_lists_show_what_is_bound_mapped_or_of_the_templates_key_in_the_order_of_the_rules() {
    let stage = Stage::with(|world| {
        let setting = world.add_setting("gitlab", "https://gitlab.example.com/api/v4");
        for (key, project) in [("shop", 7), ("shop-web", 7), ("blog", 8)] {
            if key != "shop" {
                add(world, key, key);
            }
            world.bind(key, &setting, project);
        }
        for key in ["gitlab:7", "gitlab:9", "gitlab:10", "gitlab:11", "mapped", "by-name"] {
            add(world, key, "acme/backend/shop");
        }
    })
    .await;
    let keys = [(8, "by-name"), (10, "mapped"), (11, "not-analysed-yet")];
    let keys = keys.map(|(project, key)| (ProjectId(project), vec![key.to_owned()])).into();
    let wanted =
        [one(7, &["shop", "shop-web"]), one(8, &["blog"]), one(9, &["gitlab:9"]), one(10, &["mapped"])];
    assert_eq!(list(&stage, Config { keys, ..config() }).await, wanted);
    assert_eq!(list(&stage, Config { key_template: None, ..config() }).await, wanted[..2]);
}

#[tokio::test]
async fn bindings_of_another_gitlab_are_in_no_list() {
    let stage = Stage::with(|world| {
        world.add_setting("gitlab", "https://gitlab.example.com/api/v4");
        let other = world.add_setting("other", "https://other.example.com/api/v4");
        world.bind("shop", &other, 7);
    })
    .await;
    let projects =
        |key| Projects::new(stage.reader_of(key), Config { key_template: None, ..config() }).unwrap();
    assert!(projects("gitlab").list().await.unwrap().is_empty());
    assert_eq!(projects("other").list().await.unwrap().len(), 1);
}

#[tokio::test]
async fn a_thousand_bindings_are_listed_by_pages() {
    let stage = Stage::with(|world| {
        let setting = world.add_setting("gitlab", "https://gitlab.example.com/api/v4");
        for project in 1..=1001 {
            add(world, &format!("p{project}"), "p");
            world.bind(&format!("p{project}"), &setting, project);
        }
    })
    .await;
    assert_eq!(list(&stage, Config { key_template: None, ..config() }).await.len(), 1001);
    assert_eq!(stage.calls("/api/v2/dop-translation/project-bindings"), 3);
}
