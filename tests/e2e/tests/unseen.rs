//! A token that GitLab may hide people from: whoever joins gets the permissions, and nobody loses any.

use e2e::{Person, Project, Scene, Target, TaskView, grants};
use proto::{TaskState, Verdict};
use sandbox::{
    Fault, FaultKind,
    gitlab::{Place, Visibility, level},
};

const HELD: &str = "issueadmin securityhotspotadmin scan";

/// A public project, which GitLab shows everybody; the members of private invited groups it does not.
async fn public_project() -> (Scene, Project) {
    let scene = Scene::start(&Target::Model).await;
    let project = scene.project("shop").await;
    scene.publish(&project, Visibility::Public);
    (scene, project)
}

/// The token's user becomes an administrator, or is none any more.
fn administrator(scene: &Scene, is: bool) {
    let mut world = scene.gitlab.world();
    let roots = world.users.values_mut().filter(|user| user.username.starts_with("root"));
    roots.for_each(|user| user.admin = is);
}

/// A private group in which the person is, is invited to the project.
fn invite(scene: &Scene, project: &Project, person: &Person) {
    let partners = scene.id();
    let mut world = scene.gitlab.world();
    world.add_group(partners, &format!("partners-{partners}"));
    world.add_member(Place::Group(partners), person.id, level::DEVELOPER);
    world.invite_group(Place::Project(project.id), partners, level::DEVELOPER);
}

/// What the task kept back, and why.
fn kept(task: TaskView) -> Vec<String> {
    task.outcome.expect("an outcome").projects.remove(0).kept
}

fn is_told(kept: &[String]) -> bool {
    kept.iter().any(|kept| kept.contains("kept back") && kept.contains("GITLAB_TOKEN"))
}

#[tokio::test]
async fn a_token_that_may_not_see_everybody_grants_and_does_not_revoke() {
    let (scene, project) = public_project().await;
    let (stays, leaves, joins) =
        (scene.person("stays").await, scene.person("leaves").await, scene.person("joins").await);
    scene.join(&project, &stays, level::DEVELOPER);
    scene.join(&project, &leaves, level::DEVELOPER);
    administrator(&scene, false);
    assert_eq!(scene.sync(&project).await.verdict(), Verdict::Done);
    scene.leave(&project, &leaves);
    scene.join(&project, &joins, level::DEVELOPER);
    let kept = kept(scene.sync(&project).await);
    assert_eq!(scene.grants(&project).await, grants(&[(&stays, HELD), (&leaves, HELD), (&joins, HELD)]));
    assert!(is_told(&kept), "{kept:?}");

    // A smaller plan asks again whose the token is, and what that account is now.
    administrator(&scene, true);
    scene.leave(&project, &joins);
    assert_eq!(scene.sync(&project).await.verdict(), Verdict::Done);
    assert_eq!(scene.grants(&project).await, grants(&[(&stays, HELD)]));
}

#[tokio::test]
async fn a_demoted_administrators_token_takes_nobody_for_gone_whose_place_another_has_taken() {
    let (scene, project) = public_project().await;
    let (stays, hidden, joins) =
        (scene.person("stays").await, scene.person("hidden").await, scene.person("joins").await);
    invite(&scene, &project, &hidden);
    scene.join(&project, &stays, level::DEVELOPER);
    assert_eq!(scene.sync(&project).await.verdict(), Verdict::Done);
    assert_eq!(scene.grants(&project).await, grants(&[(&stays, HELD), (&hidden, HELD)]));
    // The list has as many people as before.
    administrator(&scene, false);
    scene.join(&project, &joins, level::DEVELOPER);
    let kept = kept(scene.sync(&project).await);
    assert_eq!(scene.grants(&project).await, grants(&[(&stays, HELD), (&hidden, HELD), (&joins, HELD)]));
    assert!(is_told(&kept), "{kept:?}");
}

#[tokio::test]
async fn whom_a_plan_has_granted_in_part_is_not_gone_because_the_list_is_that_of_the_plan_before() {
    let (scene, project) = public_project().await;
    let (stays, hidden) = (scene.person("stays").await, scene.person("hidden").await);
    scene.join(&project, &stays, level::DEVELOPER);
    assert_eq!(scene.sync(&project).await.verdict(), Verdict::Done);
    invite(&scene, &project, &hidden);
    let faults = scene.model().faults();
    faults.add(Fault::on("POST", "add_user").nth(2).always().then(FaultKind::Status(500)));
    assert_eq!(scene.sync(&project).await.state, TaskState::Failed);
    faults.clear();
    let half = scene.grants(&project).await;
    assert!(half.contains_key(&hidden.login), "{half:?}");
    administrator(&scene, false);
    let kept = kept(scene.sync(&project).await);
    assert_eq!(scene.grants(&project).await, half);
    assert!(is_told(&kept), "{kept:?}");
}
