//! Which SonarQube project, and who may see it.

use std::collections::BTreeMap;

use access::{Layer, Policy, Scope};
use proto::{AccessLevel, Permission, Verdict};
use sandbox::gitlab::Visibility;

use super::grants::{DEVELOPER, MAINTAINER};
use crate::{Project, Scene, Settings, Target, grants};

pub async fn visibility_follows_gitlab_both_ways(target: &Target) {
    let scene = Scene::start(target).await;
    let project = scene.project("visible").await;
    let (owner, developer) = (scene.person("owner").await, scene.person("developer").await);
    scene.join(&project, &owner, 50);
    scene.join(&project, &developer, 30);
    let private = grants(&[(&owner, MAINTAINER), (&developer, DEVELOPER)]);
    scene.sync(&project).await;
    assert_eq!(scene.admin.visibility(&project.key).await, "private");
    assert_eq!(scene.grants(&project).await, private);

    scene.publish(&project, Visibility::Public);
    scene.sync(&project).await;
    assert_eq!(scene.admin.visibility(&project.key).await, "public");
    let (maintainer, others) =
        ("issueadmin securityhotspotadmin scan admin", "issueadmin securityhotspotadmin scan");
    assert_eq!(scene.grants(&project).await, grants(&[(&owner, maintainer), (&developer, others)]));
    assert_eq!(scene.sync(&project).await.writes(), 0, "a public project stores neither user nor codeviewer");

    scene.publish(&project, Visibility::Internal);
    scene.sync(&project).await;
    assert_eq!(scene.admin.visibility(&project.key).await, "private");
    assert_eq!(scene.grants(&project).await, private);
}

pub async fn a_monorepo_has_its_grants_on_each_project(target: &Target) {
    let scene = Scene::start(target).await;
    let project = scene.gitlab_project("monorepo");
    let (backend, frontend) = (format!("{}-backend", project.key), format!("{}-frontend", project.key));
    scene.admin.bound_project(&backend, project.id, true).await;
    scene.admin.bound_project(&frontend, project.id, true).await;
    let owner = scene.person("owner").await;
    scene.join(&project, &owner, 50);
    let task = scene.sync(&project).await;
    assert_eq!(task.outcome().projects.len(), 2);
    for key in [backend, frontend] {
        assert_eq!(scene.admin.grants(&key).await, grants(&[(&owner, MAINTAINER)]), "{key}");
    }
}

pub async fn a_project_that_sonarqube_lacks_is_skipped_with_the_reason(target: &Target) {
    let scene = Scene::start(target).await;
    let project = scene.gitlab_project("unknown");
    let owner = scene.person("owner").await;
    scene.join(&project, &owner, 50);
    let task = scene.sync(&project).await;
    assert_eq!(task.verdict(), Verdict::Skipped);
    let reason = task.reason.unwrap_or_default();
    assert!(reason.contains(&project.path), "{reason}");
}

pub async fn a_project_is_found_by_its_name(target: &Target) {
    let scene = Scene::start(target).await;
    let Project { id, path, key } = scene.gitlab_project("unbound");
    let project = Project { id, path, key };
    scene.admin.project(&project.key, &project.path).await;
    let owner = scene.person("owner").await;
    scene.join(&project, &owner, 50);
    assert_eq!(scene.sync(&project).await.verdict(), Verdict::Done);
    assert_eq!(scene.grants(&project).await, grants(&[(&owner, MAINTAINER)]));
}

/// A group that no other scene has, and the scope of what lies in it.
fn apart() -> (String, Scope) {
    let group = format!("apart-{}", std::process::id());
    let scope = group.parse().expect("the path of a group");
    (group, scope)
}

/// The project moves into the group.
fn move_to(scene: &Scene, project: &Project, group: &str) {
    let mut world = scene.gitlab.world();
    world.add_group(scene.id(), group);
    world.move_project(project.id, &format!("{group}/moved"));
}

pub async fn a_project_that_moves_below_what_is_skipped_is_left_alone(target: &Target) {
    let (group, scope) = apart();
    let policy = Policy { skip: [scope].into(), ..Policy::default() };
    let scene = Scene::with(target, Settings { policy, ..Settings::default() }).await;
    let project = scene.project("legacy").await;
    let (owner, leaver) = (scene.person("owner").await, scene.person("leaver").await);
    scene.join(&project, &owner, 50);
    scene.join(&project, &leaver, 30);
    assert_eq!(scene.sync(&project).await.verdict(), Verdict::Done);
    let before = scene.grants(&project).await;
    scene.leave(&project, &leaver);
    move_to(&scene, &project, &group);
    let task = scene.sync(&project).await;
    assert_eq!((task.verdict(), task.stages.planned), (Verdict::Skipped, None));
    let reason = task.reason.unwrap_or_default();
    assert!(reason.contains("access.skip") && reason.contains(&group), "{reason}");
    assert_eq!(scene.grants(&project).await, before);
}

pub async fn an_override_holds_where_the_project_lies(target: &Target) {
    let (group, scope) = apart();
    let table = BTreeMap::from([(AccessLevel::Developer, [Permission::User].into())]);
    let overrides = [(scope, Layer { table, ..Layer::default() })].into();
    let policy = Policy { overrides, ..Policy::default() };
    let scene = Scene::with(target, Settings { policy, ..Settings::default() }).await;
    let project = scene.project("secret").await;
    let (owner, developer) = (scene.person("owner").await, scene.person("developer").await);
    scene.join(&project, &owner, 50);
    scene.join(&project, &developer, 30);
    scene.sync(&project).await;
    assert_eq!(scene.grants(&project).await, grants(&[(&owner, MAINTAINER), (&developer, DEVELOPER)]));
    move_to(&scene, &project, &group);
    scene.sync(&project).await;
    assert_eq!(scene.grants(&project).await, grants(&[(&owner, MAINTAINER), (&developer, "user")]));
}
