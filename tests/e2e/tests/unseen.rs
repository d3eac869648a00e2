//! A token that GitLab may hide people from: whoever joins gets the permissions, and nobody loses any.

use e2e::{Scene, Target, grants};
use proto::Verdict;
use sandbox::gitlab::{Visibility, level};

#[tokio::test]
async fn a_token_that_may_not_see_everybody_grants_and_does_not_revoke() {
    let scene = Scene::start(&Target::Model).await;
    let project = scene.project("shop").await;
    scene.publish(&project, Visibility::Public);
    let (stays, leaves, joins) =
        (scene.person("stays").await, scene.person("leaves").await, scene.person("joins").await);
    scene.join(&project, &stays, level::DEVELOPER);
    scene.join(&project, &leaves, level::DEVELOPER);
    let administrator = |is: bool| {
        let mut world = scene.gitlab.world();
        world
            .users
            .values_mut()
            .filter(|user| user.username.starts_with("root"))
            .for_each(|user| user.admin = is);
    };
    administrator(false);
    assert_eq!(scene.sync(&project).await.verdict(), Verdict::Done);
    scene.leave(&project, &leaves);
    scene.join(&project, &joins, level::DEVELOPER);
    let task = scene.sync(&project).await;
    let held = "issueadmin securityhotspotadmin scan";
    assert_eq!(scene.grants(&project).await, grants(&[(&stays, held), (&leaves, held), (&joins, held)]));
    let kept = task.outcome.expect("an outcome").projects.remove(0).kept;
    assert!(kept.iter().any(|kept| kept.contains("kept back") && kept.contains("GITLAB_TOKEN")), "{kept:?}");

    // A smaller plan asks again whose the token is, and what that account is now.
    administrator(true);
    scene.leave(&project, &joins);
    assert_eq!(scene.sync(&project).await.verdict(), Verdict::Done);
    assert_eq!(scene.grants(&project).await, grants(&[(&stays, held)]));
}
