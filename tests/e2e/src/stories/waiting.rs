//! What a sync could not do yet is done without another trigger.

use std::time::Duration;

use proto::{Cause, Event, Outcome, Verdict};

use super::grants::{DEVELOPER, MAINTAINER};
use crate::{Project, Scene, Settings, Target, grants, wait};

async fn scene(target: &Target) -> Scene {
    let pending_every = Duration::from_millis(200);
    Scene::with(target, Settings { pending_every, ..Settings::default() }).await
}

/// How the project's task ended that this had caused.
async fn caused(scene: &Scene, project: &Project, cause: &Cause) -> Outcome {
    let end = async || {
        scene.events(project).await.into_iter().find_map(|event| match event {
            Event::TaskEnded(end) if end.cause == *cause => Some(end.outcome),
            _ => None,
        })
    };
    wait::until(&format!("a task because {cause:?}"), end).await
}

pub async fn somebody_who_signs_in_gets_the_grants_without_another_trigger(target: &Target) {
    let scene = scene(target).await;
    let project = scene.project("newcomers").await;
    let (owner, newcomer) = (scene.person("owner").await, scene.stranger("newcomer"));
    let never = scene.stranger("never");
    scene.join(&project, &owner, 40);
    scene.join(&project, &newcomer, 30);
    scene.join(&project, &never, 30);
    let task = scene.sync(&project).await;
    assert_eq!((task.verdict(), task.outcome().pending), (Verdict::Done, 2));
    let waiting = scene.waiting(&project).await.expect("somebody to wait for");
    let ids: Vec<u64> = waiting.people.iter().map(|person| person.id.0).collect();
    assert_eq!((ids, waiting.project_missing), (vec![newcomer.id, never.id], false));

    scene.sign_in(&newcomer).await;
    let outcome = caused(&scene, &project, &Cause::SignedIn { user: Scene::user(&newcomer) }).await;
    assert_eq!((outcome.verdict, outcome.pending), (Verdict::Done, 1));
    assert_eq!(scene.grants(&project).await, grants(&[(&owner, MAINTAINER), (&newcomer, DEVELOPER)]));
    let waiting = scene.waiting(&project).await.expect("somebody to wait for");
    assert_eq!(waiting.people.iter().map(|person| person.id.0).collect::<Vec<_>>(), [never.id]);
}

pub async fn a_project_that_appears_is_synchronised_without_another_trigger(target: &Target) {
    let scene = scene(target).await;
    let owner = scene.person("owner").await;
    let (named, bound) = (scene.gitlab_project("named"), scene.gitlab_project("bound"));
    for project in [&named, &bound] {
        scene.join(project, &owner, 40);
        let task = scene.sync(project).await;
        assert_eq!(task.verdict(), Verdict::Skipped);
        assert!(task.reason.as_ref().is_some_and(|reason| reason.contains(&project.path)), "{task:?}");
        assert!(scene.waiting(project).await.is_some_and(|waiting| waiting.project_missing));
    }
    scene.admin.project(&named.key, &named.path).await;
    scene.admin.bound_project(&bound.key, bound.id, false).await;
    for project in [&named, &bound] {
        assert_eq!(caused(&scene, project, &Cause::Appeared).await.verdict, Verdict::Done);
        assert_eq!(scene.grants(project).await, grants(&[(&owner, MAINTAINER)]));
        assert_eq!(scene.waiting(project).await, None);
    }
}
