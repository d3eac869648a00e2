//! What GitLab renames or moves stays the same.

use proto::Verdict;

use super::grants::{DEVELOPER, MAINTAINER};
use crate::{Project, Scene, Target, grants};

/// GitLab moves the project to another group, under another name.
fn transfer(scene: &Scene, project: &Project) {
    let group = scene.id();
    let mut world = scene.gitlab.world();
    world.add_group(group, &format!("elsewhere-{group}"));
    world.move_project(project.id, &format!("elsewhere-{group}/renamed"));
}

pub async fn a_project_that_gitlab_moves_is_the_same_in_sonarqube(target: &Target) {
    let scene = Scene::start(target).await;
    let owner = scene.person("owner").await;
    let (bound, named) = (scene.project("bound").await, scene.gitlab_project("named"));
    scene.admin.project(&named.key, &named.path).await;
    for project in [&bound, &named] {
        scene.join(project, &owner, 40);
        assert_eq!(scene.sync(project).await.verdict(), Verdict::Done);
        transfer(&scene, project);
        let joins = scene.person("joins").await;
        scene.join(project, &joins, 30);
        let task = scene.sync(project).await;
        assert_eq!((task.verdict(), &task.only().key), (Verdict::Done, &project.key));
        let wanted = grants(&[(&owner, MAINTAINER), (&joins, DEVELOPER)]);
        assert_eq!(scene.grants(project).await, wanted);
    }
}

pub async fn a_project_that_takes_the_old_path_of_another_is_given_nothing_by_it(target: &Target) {
    let scene = Scene::start(target).await;
    let moved = scene.gitlab_project("taken");
    scene.admin.project(&moved.key, &moved.path).await;
    let (first, second) = (scene.person("first").await, scene.person("second").await);
    scene.join(&moved, &first, 30);
    assert_eq!(scene.sync(&moved).await.verdict(), Verdict::Done);
    transfer(&scene, &moved);
    let heir = Project { id: scene.id(), ..moved.clone() };
    scene.gitlab.world().add_project(heir.id, &heir.path);
    scene.join(&heir, &second, 30);
    let refused = scene.sync(&heir).await;
    assert_eq!(refused.verdict(), Verdict::Failed, "a person has to say whose it is");
    let reason = refused.reason.unwrap_or_default();
    assert!(reason.contains(&format!("was found for GitLab project {} before", moved.id)), "{reason}");
    assert_eq!(scene.grants(&moved).await, grants(&[(&first, DEVELOPER)]), "nothing is changed");
    assert_eq!(scene.sync(&moved).await.verdict(), Verdict::Done, "it is still the first one's");
}
