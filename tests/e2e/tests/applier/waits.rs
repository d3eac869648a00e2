//! What is looked for again and again, and what is no longer found.

use std::time::Duration;

use access::{Policy, Scope};
use e2e::{Scene, Settings, Target, grants, wait};
use proto::Verdict;
use sandbox::gitlab::level;

use super::count;

/// How often an applier has looked whether what projects wait for is there.
fn looks(scene: &Scene) -> usize {
    let requests = scene.model().requests();
    requests.iter().filter(|request| request.path == "/api/system/status").count()
}

#[tokio::test]
async fn a_project_that_is_left_out_by_now_is_asked_for_once_when_somebody_signs_in() {
    let scope: Scope = "legacy".parse().expect("a scope");
    let policy = Policy { skip: [scope].into(), ..Policy::default() };
    let pending_every = Duration::from_millis(50);
    let scene = Scene::with(&Target::Model, Settings { policy, pending_every, ..Settings::default() }).await;
    let (project, other) = (scene.project("shop").await, scene.project("other").await);
    let newcomer = scene.stranger("newcomer");
    // Whoever never comes keeps the applier looking.
    for (project, person) in [(&project, &newcomer), (&other, &scene.stranger("never"))] {
        scene.join(project, person, level::DEVELOPER);
        assert_eq!(scene.sync(project).await.outcome().pending, 1);
    }
    {
        let mut world = scene.gitlab.world();
        world.add_group(scene.id(), "legacy");
        world.move_project(project.id, "legacy/shop");
    }
    scene.sign_in(&newcomer).await;
    let asked = async || (count(&scene, &project, "signed_in", Verdict::Skipped).await > 0).then_some(());
    wait::until("a task that is skipped", asked).await;
    let before = looks(&scene);
    wait::until("ten more looks", async || (looks(&scene) >= before + 10).then_some(())).await;
    scene.quiet(&project).await;
    assert_eq!(count(&scene, &project, "signed_in", Verdict::Skipped).await, 1);
}

#[tokio::test]
async fn a_project_that_somebody_renames_in_sonarqube_is_not_matched_any_more() {
    let scene = Scene::start(&Target::Model).await;
    let project = scene.gitlab_project("named");
    scene.admin.project(&project.key, &project.path).await;
    let (owner, joins) = (scene.person("owner").await, scene.person("joins").await);
    scene.join(&project, &owner, level::REPORTER);
    assert_eq!(scene.sync(&project).await.verdict(), Verdict::Done);
    scene.model().change(|world| {
        let found = world.projects.get_mut(&project.key).expect("the project");
        "Something else".clone_into(&mut found.name);
    });
    scene.join(&project, &joins, level::REPORTER);
    assert_eq!(scene.sync(&project).await.verdict(), Verdict::Skipped);
    // Nor when GitLab renames it, too.
    {
        let mut world = scene.gitlab.world();
        world.add_group(scene.id(), "elsewhere");
        world.move_project(project.id, "elsewhere/shop");
    }
    assert_eq!(scene.sync(&project).await.verdict(), Verdict::Skipped);
    assert_eq!(scene.grants(&project).await, grants(&[(&owner, "user codeviewer")]));
}
