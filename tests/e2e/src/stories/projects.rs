//! Which SonarQube project, and who may see it.

use proto::Verdict;
use sandbox::gitlab::Visibility;

use super::grants::{DEVELOPER, MAINTAINER};
use crate::{Project, Scene, Target, grants};

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
